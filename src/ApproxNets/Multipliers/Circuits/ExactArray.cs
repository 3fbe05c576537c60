namespace ApproxNets.Multipliers.Circuits;

/// <summary>
/// The exact carry-save array multiplier that costs are related to: row by row the bit products of one b_j are added to sum and carry
/// of the row before, and a ripple-carry adder ends it (Braun, 1963). Signed operands by Baugh and Wooley (IEEE Trans. Computers 1973):
/// products with one sign bit are inverted, and <c>2^n + 2^(2n-1)</c> is added.
/// </summary>
public static class ExactArray
{
    /// <summary>Makes the circuit of two n-bit operands with its 2n-bit product.</summary>
    /// <param name="signedness">How operands and product are read.</param>
    /// <param name="operandBits">n, 4 to 8.</param>
    /// <exception cref="ArgumentOutOfRangeException">The signedness is unknown, or the width not 4 to 8.</exception>
    public static Netlist Of(Signedness signedness, int operandBits = 8) =>
        signedness is Signedness.Signed or Signedness.Unsigned
            ? CarrySaveArray.Of(signedness, operandBits, (_, _) => true)
            : throw new ArgumentOutOfRangeException(
                nameof(signedness), $"Found signedness {(int)signedness}, expected Unsigned or Signed.");
}
