using MathNet.Numerics.LinearAlgebra;

namespace ApproxNets.Multipliers;

/// <summary>
/// A multiplier's error map as a sum of R separable terms, <c>m(x, w) ~ x w + sum_r u_r(x) v_r(w)</c>, by truncated singular value
/// decomposition; of a tuned multiplier <c>alpha m(x, w)</c>, with its <see cref="Multiplier.Scale"/>. A sum of such products over a fan-in is
/// R + 1 exact sums of products, hence a float convolution. Immutable.
/// </summary>
/// <remarks>
/// <para>That float arithmetic replaces the table is the idea of Trommer, Waschneck, Kumar, "High-Throughput Approximate Multiplication
/// Models in PyTorch", DDECS 2023; the decomposition is this library's choice.</para>
/// <para>All operand pairs count the same. The expected squared error is then least of all approximations of that rank (Eckart, Young,
/// 1936).</para>
/// </remarks>
public sealed class LowRankErrorTable
{
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
    /// <returns>A table that reproduces every product up to float rounding.</returns>
    public static LowRankErrorTable Of(Multiplier multiplier)
    {
        double[] errors = multiplier.ScaledErrors();
        const int N = Multiplier.Codes;
        var svd = Matrix<double>.Build.Dense(N, N, (x, w) => errors[(x * N) + w] / N).Svd();
        double noise = svd.S[0] * N * Math.Pow(2, -52);
        int rank = svd.S.Count(s => s > noise);
        float[] u = new float[N * rank], v = new float[N * rank];
        for (int r = 0; r < rank; r++)
        {
            double root = Math.Sqrt(svd.S[r] * N);
            for (int code = 0; code < N; code++)
            {
                u[(code * rank) + r] = (float)(svd.U[code, r] * root);
                v[(code * rank) + r] = (float)(svd.VT[r, code] * root);
            }
        }

        return new LowRankErrorTable(multiplier, rank, u, v, Measure(errors, rank, u, v));
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

    private static LowRankResidual[] Measure(double[] errors, int rank, float[] u, float[] v)
    {
        var left = (double[])errors.Clone();
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
                    rowSquare += d * d;
                }

                square += rowSquare;
            }

            double rms = Math.Sqrt(square / errors.Length);
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
/// <param name="Rms">Root of the mean of <c>D^2</c> over all operand pairs.</param>
/// <param name="RelativeRms"><see cref="Rms"/> divided by that of E itself; 0 where E is zero.</param>
public readonly record struct LowRankResidual(double MaxAbsolute, double Rms, double RelativeRms);
