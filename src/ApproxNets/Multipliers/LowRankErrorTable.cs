using MathNet.Numerics.LinearAlgebra;

namespace ApproxNets.Multipliers;

/// <summary>
/// A multiplier's error map as a sum of R separable terms, <c>m(x, w) ~ x w + sum_r u_r(x) v_r(w)</c>, by truncated singular value
/// decomposition. A sum of such products over a fan-in is R + 1 exact sums of products, hence a float convolution. Immutable.
/// </summary>
/// <remarks>
/// <para>That float arithmetic replaces the table is the idea of Trommer, Waschneck, Kumar, "High-Throughput Approximate Multiplication
/// Models in PyTorch", DDECS 2023; the decomposition is this library's choice.</para>
/// <para>With operand distributions <c>p_x</c>, <c>p_w</c> the expected squared error <c>sum p_x p_w D^2</c> is least of all
/// approximations of that rank: the decomposition is that of <c>sqrt(p_x) E sqrt(p_w)</c> (Eckart, Young, 1936, for the scaled
/// matrix), unscaled afterwards. A code that a sample has not seen may still occur, so every distribution is mixed with 1 % of
/// the uniform one first. Without distributions all pairs count the same.</para>
/// </remarks>
public sealed class LowRankErrorTable
{
    private const double UniformShare = 0.01;

    private readonly float[] _u;
    private readonly float[] _v;
    private readonly LowRankResidual[] _residuals;

    private LowRankErrorTable(Multiplier multiplier, int rank, float[] u, float[] v, LowRankResidual[] residuals) =>
        (Multiplier, Rank, _u, _v, _residuals) = (multiplier, rank, u, v, residuals);

    /// <summary>The multiplier whose error map is approximated.</summary>
    public Multiplier Multiplier { get; }

    /// <summary>R, the number of terms; 0 means exact products.</summary>
    public int Rank { get; }

    /// <summary>Factors of the activation, <c>u_r(x)</c>: 256 x R, <c>[xCode * R + r]</c>, terms by falling weight.</summary>
    public ReadOnlyMemory<float> U => _u;

    /// <summary>Factors of the weight, <c>v_r(w)</c>: 256 x R, <c>[wCode * R + r]</c>.</summary>
    public ReadOnlyMemory<float> V => _v;

    /// <summary>What is left out with the first 0, 1, .. R terms, each compared with the exact table; R + 1 entries.</summary>
    public IReadOnlyList<LowRankResidual> Residuals => _residuals;

    /// <summary>
    /// Decomposes the error map into as many terms as its numerical rank (singular values above rounding, <c>256 * 2^-52</c> of the
    /// greatest); see <see cref="Truncate"/> for fewer.
    /// </summary>
    /// <param name="multiplier">The multiplier.</param>
    /// <param name="activationDistribution"><c>p_x</c> by code, 256 values &gt;= 0 with the sum 1; null: uniform.</param>
    /// <param name="weightDistribution"><c>p_w</c> by code, likewise.</param>
    /// <returns>A table that reproduces every product up to float rounding.</returns>
    /// <exception cref="ArgumentException">A distribution is not one over 256 codes.</exception>
    public static LowRankErrorTable Of(
        Multiplier multiplier, IReadOnlyList<double>? activationDistribution = null, IReadOnlyList<double>? weightDistribution = null)
    {
        ArgumentNullException.ThrowIfNull(multiplier);
        double[] px = Smooth(activationDistribution, nameof(activationDistribution));
        double[] pw = Smooth(weightDistribution, nameof(weightDistribution));
        int[] errors = multiplier.ErrorMap();
        const int N = Multiplier.Codes;
        var svd = Matrix<double>.Build.Dense(N, N, (x, w) => Math.Sqrt(px[x] * pw[w]) * errors[(x * N) + w]).Svd();
        double noise = svd.S[0] * N * Math.Pow(2, -52);
        int rank = svd.S.Count(s => s > noise);
        float[] u = new float[N * rank], v = new float[N * rank];
        for (int r = 0; r < rank; r++)
        {
            double root = Math.Sqrt(svd.S[r]);
            for (int code = 0; code < N; code++)
            {
                u[(code * rank) + r] = (float)(svd.U[code, r] * root / Math.Sqrt(px[code]));
                v[(code * rank) + r] = (float)(svd.VT[r, code] * root / Math.Sqrt(pw[code]));
            }
        }

        return new LowRankErrorTable(multiplier, rank, u, v, Measure(errors, rank, u, v, px, pw));
    }

    /// <summary>Keeps the first terms only.</summary>
    /// <param name="rank">Number of terms, 0..<see cref="Rank"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are not so many terms.</exception>
    public LowRankErrorTable Truncate(int rank)
    {
        if (rank < 0 || rank > Rank)
        {
            throw new ArgumentOutOfRangeException(
                nameof(rank), $"Low-rank table of '{Multiplier.Name}': found rank {rank}, expected 0..{Rank}.");
        }

        return new LowRankErrorTable(Multiplier, rank, Columns(_u), Columns(_v), _residuals[..(rank + 1)]);

        float[] Columns(float[] factors) => [.. factors.Where((_, i) => i % Rank < rank)];
    }

    /// <summary>Keeps as few terms as leave out no more than a share of the error.</summary>
    /// <param name="relativeRms">Greatest <see cref="LowRankResidual.RelativeRms"/> allowed, e.g. 0.01.</param>
    /// <exception cref="ArgumentOutOfRangeException">Even all terms leave out more.</exception>
    public LowRankErrorTable TruncateTo(double relativeRms)
    {
        int rank = Array.FindIndex(_residuals, r => r.RelativeRms <= relativeRms);
        return rank >= 0
            ? Truncate(rank)
            : throw new ArgumentOutOfRangeException(
                nameof(relativeRms), $"Low-rank table of '{Multiplier.Name}': found a share of {relativeRms}, "
                + $"expected at least {_residuals[Rank].RelativeRms}, what all {Rank} terms leave out.");
    }

    private static double[] Smooth(IReadOnlyList<double>? distribution, string parameter)
    {
        const double Uniform = 1.0 / Multiplier.Codes;
        if (distribution is null)
        {
            return [.. Enumerable.Repeat(Uniform, Multiplier.Codes)];
        }

        double sum = distribution.Sum();
        if (distribution.Count != Multiplier.Codes || distribution.Any(p => !(p >= 0)) || !(Math.Abs(sum - 1) <= 1e-6))
        {
            throw new ArgumentException(
                $"Operand distribution: found {distribution.Count} values, the least {distribution.DefaultIfEmpty().Min()}, "
                + $"with the sum {sum}, expected {Multiplier.Codes} values >= 0 with the sum 1.", parameter);
        }

        return [.. distribution.Select(p => ((1 - UniformShare) * p) + (UniformShare * Uniform))];
    }

    private static LowRankResidual[] Measure(int[] errors, int rank, float[] u, float[] v, double[] px, double[] pw)
    {
        var left = Array.ConvertAll(errors, e => (double)e);
        var residuals = new LowRankResidual[rank + 1];
        for (int terms = 0; terms <= rank; terms++)
        {
            double greatest = 0, square = 0;
            for (int x = 0; x < Multiplier.Codes; x++)
            {
                double factor = terms == 0 ? 0 : u[(x * rank) + terms - 1], rowSquare = 0;
                for (int w = 0; w < Multiplier.Codes; w++)
                {
                    ref double d = ref left[(x * Multiplier.Codes) + w];
                    d -= terms == 0 ? 0 : factor * v[(w * rank) + terms - 1];
                    greatest = Math.Max(greatest, Math.Abs(d));
                    rowSquare += pw[w] * d * d;
                }

                square += px[x] * rowSquare;
            }

            double rms = Math.Sqrt(square);
            residuals[terms] = new LowRankResidual(greatest, rms, terms == 0 ? (rms > 0 ? 1 : 0) : rms / residuals[0].Rms);
        }

        return residuals;
    }
}

/// <summary>
/// What a low-rank approximation of an error map leaves out, <c>D(x, w) = E(x, w) - sum_r u_r(x) v_r(w)</c>, in units of the integer
/// product; with the factors as they are kept, rounded to float.
/// </summary>
/// <param name="MaxAbsolute">The greatest <c>|D|</c> of all 65,536 operand pairs.</param>
/// <param name="Rms">Root of the mean of <c>D^2</c> under the operand distributions of the table.</param>
/// <param name="RelativeRms"><see cref="Rms"/> divided by that of E itself; 0 where E is zero.</param>
public readonly record struct LowRankResidual(double MaxAbsolute, double Rms, double RelativeRms);
