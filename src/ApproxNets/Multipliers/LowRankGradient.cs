namespace ApproxNets.Multipliers;

/// <summary>
/// The difference-based gradient of a multiplier in separable terms. The slope is linear in the table, so that of
/// <c>m(x, w) = x w + sum_r u_r(x) v_r(w)</c> is <c>dm/dx = w + sum_r u_r'(x) v_r(w)</c>, <c>dm/dw = x + sum_r u_r(x) v_r'(w)</c> with the
/// slopes <c>u_r'</c>, <c>v_r'</c> of the factors. Immutable.
/// </summary>
/// <remarks>
/// Term 0 is the exact product of the numbers that codes stand for, <c>(x - z_x) (w - z_w)</c>: with it, and
/// <c>y = s_x s_w (sum m - z_w sum x - z_x sum w + n z_x z_w) + b</c>, the zero points need no further terms, and neither does their
/// gradient.
/// </remarks>
internal sealed class LowRankGradient
{
    private readonly float[] _u;
    private readonly float[] _v;
    private readonly float[] _uSlopes;
    private readonly float[] _vSlopes;

    private LowRankGradient(LowRankErrorTable table, int halfWindow)
    {
        Rank = table.Rank;
        _u = Rows(table.U.Span, table.Rank);
        _v = Rows(table.V.Span, table.Rank);
        _uSlopes = Slopes(_u, halfWindow);
        _vSlopes = Slopes(_v, halfWindow);
    }

    /// <summary>R, the number of terms besides the exact product.</summary>
    public int Rank { get; }

    /// <summary>Terms of the product, R + 1.</summary>
    public int Terms => Rank + 1;

    /// <summary>
    /// Takes as few terms as leave out at most a share of what the multiplier's gradient has beyond that of the exact product: root mean
    /// square of both gradient tables together, all pairs of operands alike.
    /// </summary>
    public static LowRankGradient Of(LowRankErrorTable full, int halfWindow, double share)
    {
        DifferenceGradient.Check(halfWindow);
        var all = new LowRankGradient(full, halfWindow);
        float[] errors = Array.ConvertAll(full.Multiplier.ScaledErrors(), e => (float)e);
        float[] left = [.. DifferenceGradient.AlongActivation(errors, halfWindow), .. DifferenceGradient.AlongWeight(errors, halfWindow)];
        double allowed = share * share * left.Sum(d => (double)d * d);
        for (int rank = 0; rank < full.Rank; rank++)
        {
            if (left.Sum(d => (double)d * d) <= allowed)
            {
                return new LowRankGradient(full.Truncate(rank), halfWindow);
            }

            Subtract(left.AsSpan(0, errors.Length), all._uSlopes, all._v, rank);
            Subtract(left.AsSpan(errors.Length), all._u, all._vSlopes, rank);
        }

        return all;
    }

    /// <summary><c>u_r</c>: <c>[R + 1, 256]</c>, the first row <c>x - z_x</c>.</summary>
    public float[] U(int zeroCode) => WithExact(_u, code => code - zeroCode);

    /// <summary><c>v_r</c>: <c>[R + 1, 256]</c>, the first row <c>w - z_w</c>.</summary>
    public float[] V(int zeroCode) => WithExact(_v, code => code - zeroCode);

    /// <summary>Slopes of <c>u_r</c>: <c>[R + 1, 256]</c>.</summary>
    public float[] USlopes() => WithExact(_uSlopes, _ => 1);

    /// <summary>Slopes of <c>v_r</c>: <c>[R + 1, 256]</c>.</summary>
    public float[] VSlopes() => WithExact(_vSlopes, _ => 1);

    private static void Subtract(Span<float> left, float[] ofX, float[] ofW, int term)
    {
        for (int i = 0; i < left.Length; i++)
        {
            left[i] -= ofX[(term * Multiplier.Codes) + (i / Multiplier.Codes)] * ofW[(term * Multiplier.Codes) + (i % Multiplier.Codes)];
        }
    }

    private static float[] WithExact(float[] rows, Func<int, float> exact) =>
        [.. Enumerable.Range(0, Multiplier.Codes).Select(exact), .. rows];

    private static float[] Rows(ReadOnlySpan<float> columns, int rank)
    {
        var rows = new float[columns.Length];
        for (int i = 0; i < columns.Length; i++)
        {
            rows[(i % rank * Multiplier.Codes) + (i / rank)] = columns[i];
        }

        return rows;
    }

    private static float[] Slopes(float[] rows, int halfWindow)
    {
        var slopes = new float[rows.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            int code = i % Multiplier.Codes;
            slopes[i] = DifferenceGradient.Slope(rows.AsSpan(i - code, Multiplier.Codes), 1, code, halfWindow);
        }

        return slopes;
    }
}
