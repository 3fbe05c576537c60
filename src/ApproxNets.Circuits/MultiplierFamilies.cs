using System.Runtime.CompilerServices;

namespace ApproxNets.Circuits;

/// <summary>
/// Multiplier designs from the literature as circuits: the exact one and parametrised approximate families, unsigned and signed. Every
/// member has its <see cref="MultiplierCircuit.Netlist"/>; power, area and delay follow from it by <see cref="CircuitCost"/>.
/// </summary>
/// <remarks>
/// <para>Signed array families (truncated, broken array, perforated, operand truncation, lower-part OR) work on the
/// two's-complement bit products of a Baugh-Wooley array: cell (i, j) is worth <c>s_i s_j x_i w_j 2^(i+j)</c> with <c>s_7 = -1</c>,
/// and a cell left out counts as 0. The signed forms of segments, logarithms and 2x2 blocks are sign-magnitude:
/// <c>m(x, w) = sign(x) sign(w) core(|x|, |w|)</c> with the unsigned 8-bit core, which takes <c>|-128| = 128</c> as
/// it is (but see <see cref="StaticSegment"/>).</para>
/// <para>Relative power may exceed 1: at 8 bits a leading-one detector, shifters and sign-magnitude conversion can cost more than they
/// save, much more than at the 16 or 32 bits of many papers. The cores are written plainly here, not optimised as the papers' were.</para>
/// <para>Where a family takes operand bits n, fewer than 8 mean that the upper n bits of both operands are multiplied, as in
/// <see cref="Netlist.Widened"/>.</para>
/// </remarks>
public static partial class MultiplierFamilies
{
    /// <summary>Makes the exact multiplier, <c>m(x, w) = x w</c>, of relative power 1: <see cref="CarrySaveArray.Exact"/>.</summary>
    /// <param name="signedness">How operands and product are read.</param>
    /// <param name="operandBits">n, 4 to 8.</param>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is out of range.</exception>
    public static MultiplierCircuit Exact(Signedness signedness, int operandBits = 8)
    {
        Check(signedness, operandBits);
        return FromCircuit(signedness, "exact", CarrySaveArray.Exact(signedness, operandBits));
    }

    private static MultiplierCircuit FromCircuit(Signedness signedness, string family, Netlist circuit) =>
        circuit.ToMultiplier($"mul{circuit.OperandBits}{(signedness == Signedness.Signed ? 's' : 'u')}_{family}", signedness);

    private static MultiplierCircuit FromCore(Signedness signedness, string family, Func<NetlistBuilder, int[], int[], int[]> core) =>
        FromCircuit(signedness, family, NetlistBuilder.AroundCore(signedness, core));

    private static void Check(Signedness signedness, int operandBits = 8)
    {
        signedness.Checked();
        Check(operandBits, 4, 8);
    }

    private static void Check(int value, int least, int greatest, [CallerArgumentExpression(nameof(value))] string? name = null)
    {
        if (value < least || value > greatest)
        {
            throw new ArgumentOutOfRangeException(name, $"Found {name} = {value}, expected {least}..{greatest}.");
        }
    }
}
