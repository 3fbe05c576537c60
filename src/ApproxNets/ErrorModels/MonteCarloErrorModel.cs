using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using ApproxNets.Foundation;
using ApproxNets.Multipliers;

namespace ApproxNets.ErrorModels;

/// <summary>
/// Draws outputs at random. Each is the sum of n errors of operand pairs drawn from <c>p_x p_w</c> (Marchisio et al., "ReD-CaNe",
/// arXiv 1912.00700). It converges to the single-distribution model, so it is a check on that one, not a better model.
/// </summary>
/// <remarks>All multipliers of a layer see the same draws, and every run has draws of its own. So the estimates of one layer are
/// correlated, and each by itself is an ordinary Monte Carlo estimate. The deviation of R runs has a relative standard error of about
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
        double[] errors = multiplier.ScaledErrors();
        var pairs = new ushort[ChunkRuns * sample.FanIn];
        double mean = 0, squares = 0;
        for (int run = 0; run < _runs; run++)
        {
            int within = run % ChunkRuns;
            if (within == 0)
            {
                Draw(sample, run / ChunkRuns, pairs);
            }

            double sum = 0;
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
        Span<int> sums = stackalloc int[InterleavedProducts.Lanes];
        for (int b = 0; b < blocks.Length; b++)
        {
            for (int run = 0; run < runs; run++)
            {
                blocks[b].Sum(pairs.AsSpan(run * n, n), sums);
                for (int m = 0; m < sums.Length; m++)
                {
                    ref var moment = ref moments[(b * InterleavedProducts.Lanes) + m];
                    double error = (blocks[b].Scales[m] * sums[m]) - exact[run];
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

/// <summary>
/// The tables of up to 32 multipliers side by side: the products of one operand pair, 16 bits each, fill one cache line, so that one
/// access looks a pair up under all of them.
/// </summary>
/// <remarks>Signed products are stored plus 32,768. An error would need 17 bits; so the sum of products is looked up, and the caller takes
/// the exact sum, common to all multipliers, off afterwards.</remarks>
internal sealed unsafe class InterleavedProducts
{
    /// <summary>Multipliers of one block.</summary>
    public const int Lanes = 32;

    private const int LineBytes = Lanes * sizeof(ushort);

    // Pinned for good, so that lines stay aligned to cache lines.
    private readonly ushort[] _memory = GC.AllocateArray<ushort>((Multiplier.Codes * Multiplier.Codes * Lanes) + Lanes, pinned: true);
    private readonly ushort* _lines;
    private readonly int _offset;

    /// <summary>The scale of every multiplier; 0 of lanes without one.</summary>
    public double[] Scales { get; } = new double[Lanes];

    public InterleavedProducts(IReadOnlyList<Multiplier> multipliers)
    {
        _lines = (ushort*)(((nuint)Unsafe.AsPointer(ref _memory[0]) + LineBytes - 1) & ~(nuint)(LineBytes - 1));
        _offset = multipliers[0].Signedness == Signedness.Signed ? -short.MinValue : 0;
        for (int m = 0; m < multipliers.Count; m++)
        {
            Scales[m] = multipliers[m].Scale;
            ReadOnlySpan<int> products = multipliers[m].Products.Span;
            for (int pair = 0; pair < products.Length; pair++)
            {
                _lines[(pair * Lanes) + m] = (ushort)(products[pair] + _offset);
            }
        }
    }

    /// <summary>Computes the sum of products of operand pairs under every multiplier.</summary>
    /// <param name="pairs">Operand pairs <c>xCode * 256 + wCode</c>, at most <c>Conv2dShape.MaxFanIn</c>.</param>
    /// <param name="sums">Sums by multiplier, <see cref="Lanes"/> entries (written).</param>
    public void Sum(ReadOnlySpan<ushort> pairs, Span<int> sums)
    {
        // Sums of 16-bit values of a layer's fan-in fit 32 bits without sign.
        Vector256<uint> s0 = default, s1 = default, s2 = default, s3 = default;
        foreach (ushort pair in pairs)
        {
            ushort* line = _lines + (pair * Lanes);
            s0 += Vector256.WidenLower(Vector128.LoadAligned(line).ToVector256Unsafe());
            s1 += Vector256.WidenLower(Vector128.LoadAligned(line + 8).ToVector256Unsafe());
            s2 += Vector256.WidenLower(Vector128.LoadAligned(line + 16).ToVector256Unsafe());
            s3 += Vector256.WidenLower(Vector128.LoadAligned(line + 24).ToVector256Unsafe());
        }

        Vector256<int> common = Vector256.Create(_offset * pairs.Length);
        (s0.AsInt32() - common).CopyTo(sums);
        (s1.AsInt32() - common).CopyTo(sums[8..]);
        (s2.AsInt32() - common).CopyTo(sums[16..]);
        (s3.AsInt32() - common).CopyTo(sums[24..]);
        GC.KeepAlive(_memory);
    }
}
