using System.Runtime.CompilerServices;

namespace ApproxNets.Multipliers;

/// <summary>
/// Behavioural models of 8x8 multiplier designs from the literature: the exact one and parametrised approximate families, unsigned
/// and signed.
/// </summary>
/// <remarks>
/// <para>Signed array families (truncated, broken array, perforated, operand truncation, lower-part OR) work on the
/// two's-complement bit products of a Baugh-Wooley array: cell (i, j) is worth <c>s_i s_j x_i w_j 2^(i+j)</c> with <c>s_7 = -1</c>,
/// and a cell left out counts as 0. The signed forms of the others are sign-magnitude:
/// <c>m(x, w) = sign(x) sign(w) core(|x|, |w|)</c> with the unsigned 8-bit core, which takes <c>|-128| = 128</c> as
/// it is (but see <see cref="StaticSegment"/>).</para>
/// <para><see cref="Multiplier.RelativePower"/> is a unit-gate estimate relative to the exact 8x8 array multiplier of the same
/// signedness (AND/OR 1, XOR 2, multiplexer 3, half adder 3, full adder 7): it leaves out switching activity and wires. It may
/// exceed 1: at 8 bits a leading-one detector, shifters and sign-magnitude conversion can cost more than they save.</para>
/// </remarks>
public static partial class MultiplierFamilies
{
    /// <summary>Makes the exact multiplier, <c>m(x, w) = x w</c>, of relative power 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The signedness is unknown.</exception>
    public static Multiplier Exact(Signedness signedness)
    {
        Check(signedness);
        return FromArray(signedness, "exact", (x, w) => x * w, PartialProducts.All(signedness).Gates());
    }

    private static Multiplier FromArray(Signedness signedness, string family, Func<int, int, int> product, int gates) =>
        Multiplier.FromFunction(
            $"mul8{(signedness == Signedness.Signed ? 's' : 'u')}_{family}",
            signedness,
            product,
            UnitGates.Relative(signedness, gates),
            UnitGates.Source);

    /// <summary>Wraps an unsigned core, which must give 0 for a zero operand.</summary>
    private static Multiplier FromCore(Signedness signedness, string family, Func<int, int, int> core, int gates) => signedness switch
    {
        Signedness.Unsigned => FromArray(signedness, family, core, gates),
        _ => FromArray(
            signedness,
            family,
            (x, w) => (x < 0) != (w < 0) ? -core(Math.Abs(x), Math.Abs(w)) : core(Math.Abs(x), Math.Abs(w)),
            gates + UnitGates.SignMagnitude),
    };

    private static void Check(Signedness signedness)
    {
        if (signedness is not (Signedness.Unsigned or Signedness.Signed))
        {
            throw new ArgumentOutOfRangeException(nameof(signedness), $"Found signedness {(int)signedness}, expected Unsigned or Signed.");
        }
    }

    private static void Check(int value, int least, int greatest, [CallerArgumentExpression(nameof(value))] string? name = null)
    {
        if (value < least || value > greatest)
        {
            throw new ArgumentOutOfRangeException(name, $"Found {name} = {value}, expected {least}..{greatest}.");
        }
    }
}
