using ApproxNets.Foundation;
using ApproxNets.Multipliers;

namespace ApproxNets.ErrorModels;

/// <summary>
/// Draws outputs at random: each is the sum of n errors of operand pairs drawn from <c>p_x p_w</c> (Marchisio et al.,
/// "ReD-CaNe", arXiv 1912.00700). Converges to the single-distribution model: a check on it, not a better model.
/// </summary>
/// <remarks>All multipliers of a layer see the same draws, and every run has draws of its own: estimates of one layer are correlated, each
/// by itself is an ordinary Monte Carlo estimate. The deviation of R runs has a relative standard error of about
/// <c>1 / sqrt(2 R)</c> where sums are nearly normal: 0.7 % at 10,000 runs, 0.2 % at the papers' 100,000.</remarks>
public sealed class MonteCarloErrorModel : IErrorModel
{
    // Runs of one stream of random numbers: the unit of parallel work. The result does not depend on the number of threads.
    private const int ChunkRuns = 128;

    private readonly int _runs;
    private readonly int _seed;

    /// <summary>Makes a model.</summary>
    /// <param name="runs">Outputs to draw, &gt;= 2; the papers use 100,000.</param>
    /// <param name="seed">Seed of the draws; the same for every pair of layer and multiplier.</param>
    public MonteCarloErrorModel(int runs, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(runs, 2);
        (_runs, _seed) = (runs, seed);
    }

    /// <inheritdoc/>
    public string Name => "monte-carlo";

    private int Chunks => (_runs + ChunkRuns - 1) / ChunkRuns;

    /// <inheritdoc/>
    public ErrorEstimate Estimate(Multiplier multiplier, LayerSample sample)
    {
        sample.Check(multiplier);
        int[] errors = multiplier.ErrorMap();
        var pairs = new ushort[ChunkRuns * sample.FanIn];
        double mean = 0, squares = 0;
        for (int run = 0; run < _runs; run++)
        {
            int within = run % ChunkRuns;
            if (within == 0)
            {
                Draw(sample, run / ChunkRuns, pairs);
            }

            long sum = 0;
            foreach (ushort pair in pairs.AsSpan(within * sample.FanIn, sample.FanIn))
            {
                sum += errors[pair];
            }

            // Welford's update: stable where the mean is large against the deviation.
            double difference = sum - mean;
            mean += difference / (run + 1);
            squares += difference * (sum - mean);
        }

        return sample.OfAllChannels(mean, squares / _runs);
    }

    /// <inheritdoc/>
    public ErrorEstimate[,] EstimateAll(
        IReadOnlyList<LayerSample> samples, IReadOnlyList<Multiplier> multipliers, CancellationToken cancellation = default)
    {
        LayerSample.Check(samples, multipliers);
        var blocks = multipliers.Chunk(InterleavedProducts.Lanes).AsParallel().AsOrdered().Select(b => new InterleavedProducts(b)).ToArray();
        var parts = new (double Sum, double Squares)[samples.Count * Chunks][];
        Parallel.For(
            0, parts.Length, new ParallelOptions { CancellationToken = cancellation }, unit =>
            {
                (int layer, int chunk) = Math.DivRem(unit, Chunks);
                parts[unit] = Run(samples[layer], chunk, blocks);
            });
        var estimates = new ErrorEstimate[samples.Count, multipliers.Count];
        for (int l = 0; l < samples.Count; l++)
        {
            for (int m = 0; m < multipliers.Count; m++)
            {
                double sum = 0, squares = 0;
                for (int chunk = 0; chunk < Chunks; chunk++)
                {
                    sum += parts[(l * Chunks) + chunk][m].Sum;
                    squares += parts[(l * Chunks) + chunk][m].Squares;
                }

                double mean = sum / _runs;
                estimates[l, m] = samples[l].OfAllChannels(mean, (squares / _runs) - (mean * mean));
            }
        }

        return estimates;
    }

    /// <summary>Does the runs of a chunk under all multipliers.</summary>
    private (double Sum, double Squares)[] Run(LayerSample sample, int chunk, InterleavedProducts[] blocks)
    {
        int n = sample.FanIn, runs = Math.Min(ChunkRuns, _runs - (chunk * ChunkRuns)), least = sample.Scheme == Signedness.Signed ? -128 : 0;
        var pairs = new ushort[runs * n];
        Draw(sample, chunk, pairs);
        var exact = new int[runs];
        for (int i = 0; i < pairs.Length; i++)
        {
            exact[i / n] += ((pairs[i] >> 8) + least) * ((pairs[i] & 255) + least);
        }

        var moments = new (double Sum, double Squares)[blocks.Length * InterleavedProducts.Lanes];
        Span<int> errors = stackalloc int[InterleavedProducts.Lanes];
        for (int b = 0; b < blocks.Length; b++)
        {
            for (int run = 0; run < runs; run++)
            {
                blocks[b].SumErrors(pairs.AsSpan(run * n, n), exact[run], errors);
                for (int m = 0; m < errors.Length; m++)
                {
                    ref var moment = ref moments[(b * InterleavedProducts.Lanes) + m];
                    double error = errors[m];
                    moment.Sum += error;
                    moment.Squares += error * error;
                }
            }
        }

        return moments;
    }

    /// <summary>Draws the operand pairs of a chunk's runs, <c>xCode * 256 + wCode</c>.</summary>
    private void Draw(LayerSample sample, int chunk, Span<ushort> pairs)
    {
        // Drawing one of the observed codes at random is drawing from their distribution.
        byte[] x = sample.ReceptiveFields, w = sample.WeightCodes;
        var random = new SplitMix64(_seed, chunk);
        for (int i = 0; i < pairs.Length; i++)
        {
            // One number of 64 bits gives both operands; the bias of the multiplication is below length / 2^32.
            ulong bits = random.Next();
            int xCode = x[(int)(((bits >> 32) * (uint)x.Length) >> 32)], wCode = w[(int)(((bits & uint.MaxValue) * (uint)w.Length) >> 32)];
            pairs[i] = (ushort)((xCode << 8) | wCode);
        }
    }
}
