using ApproxNets.Multipliers;

namespace ApproxNets.Quantization;

/// <summary>
/// The 8-bit affine code of a tensor: <c>x ~ Scale (q - ZeroPoint)</c> with integers <c>q</c> in <c>Min..Max</c>.
/// The operand code that kernels and product tables use is <c>q - Offset</c>, 0..255.
/// </summary>
/// <param name="Scale">Width of one step, in real units, &gt; 0.</param>
/// <param name="ZeroPoint">The integer that stands for 0.</param>
/// <param name="Min">Least integer.</param>
/// <param name="Max">Greatest integer.</param>
public readonly record struct AffineParameters(double Scale, int ZeroPoint, int Min, int Max)
{
    /// <summary>The integer whose operand code is 0: -128 for signed codes, 0 for unsigned ones.</summary>
    public int Offset => Min < 0 ? -128 : 0;

    /// <summary>The operand code of 0, with which padding is filled.</summary>
    public byte ZeroCode => (byte)(ZeroPoint - Offset);

    /// <summary>
    /// Computes the parameters of activations in the range <paramref name="least"/>..<paramref name="greatest"/>, widened to
    /// include 0. Signed: symmetric, <c>z = 0</c>, so that a non-negative tensor uses 0..127. Unsigned: affine over 0..255.
    /// </summary>
    /// <exception cref="ArgumentException">The range is empty or not finite.</exception>
    public static AffineParameters ForActivations(double least, double greatest, Signedness scheme) =>
        scheme == Signedness.Signed ? Symmetric(least, greatest, -128) : Affine(least, greatest);

    /// <summary>
    /// Computes the parameters of weights in the range <paramref name="least"/>..<paramref name="greatest"/>. Signed:
    /// symmetric over -127..127, <c>z = 0</c>. Unsigned: affine over 0..255.
    /// </summary>
    /// <exception cref="ArgumentException">The range is empty or not finite.</exception>
    public static AffineParameters ForWeights(double least, double greatest, Signedness scheme) =>
        scheme == Signedness.Signed ? Symmetric(least, greatest, -127) : Affine(least, greatest);

    private static AffineParameters Symmetric(double least, double greatest, int min)
    {
        Check(least, greatest);
        double scale = Math.Max(Math.Abs(least), Math.Abs(greatest)) / 127;
        return new AffineParameters(AtLeastTiny(scale), 0, min, 127);
    }

    private static AffineParameters Affine(double least, double greatest)
    {
        Check(least, greatest);
        (least, greatest) = (Math.Min(least, 0), Math.Max(greatest, 0));
        double scale = AtLeastTiny((greatest - least) / 255);
        return new AffineParameters(scale, Math.Clamp((int)Math.Round(-least / scale), 0, 255), 0, 255);
    }

    // An all-zero tensor has no range; any positive scale codes it exactly. Single precision, as the tensors are.
    private static double AtLeastTiny(double scale) => Math.Max((float)scale, 1e-12f);

    private static void Check(double least, double greatest)
    {
        if (!double.IsFinite(least) || !double.IsFinite(greatest) || least > greatest)
        {
            throw new ArgumentException($"Quantisation: found the range {least}..{greatest}, expected finite bounds in order.");
        }
    }
}
