namespace ApproxNets.Multipliers;

/// <summary>How an 8x8-bit multiplier reads its two operands.</summary>
public enum Signedness
{
    /// <summary>Both operands are 0..255 (EvoApproxLib <c>mul8u</c>).</summary>
    Unsigned,

    /// <summary>Both operands are -128..127 in two's complement (EvoApproxLib <c>mul8s</c>).</summary>
    Signed,
}
