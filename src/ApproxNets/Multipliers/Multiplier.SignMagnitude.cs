using System.Numerics;

namespace ApproxNets.Multipliers;

/// <content>Signed multipliers of unsigned circuits.</content>
public sealed partial class Multiplier
{
    // Magnitudes 0..127.
    private const int Magnitudes = Codes / 2;

    /// <summary>Ending of the names of multipliers by <see cref="SignMagnitude"/>.</summary>
    public const string SignMagnitudeSuffix = "_sm";

    /// <summary>Ending of their names where the circuit's operands are swapped.</summary>
    public const string SwappedSuffix = "_sm_swapped";

    /// <summary>
    /// Power of one XOR of the sign logic (<see cref="SignMagnitude"/>), relative to the exact signed multiplier: of EvoApproxLib's 0.425 mW
    /// that is 0.0015 mW. By the cost model of ApproxNets.Circuits: an XOR of two bits from registers, each 1 half of the time,
    /// divided by the exact signed array; the same for the XOR of the signs as for that of a bit of the product with it. A test computes it
    /// anew.
    /// </summary>
    public const double SignXorPower = 0.00361;

    /// <summary>Power of EvoApproxLib's exact unsigned multiplier, <c>mul8u_1JJQ</c>, relative to the exact signed one,
    /// <c>mul8s_1KV6</c>, as published: 0.391 mW of 0.425 mW.</summary>
    public const double ExactUnsignedPower = 0.391 / 0.425;

    /// <summary>Power of the unsigned circuit alone, relative to the exact signed multiplier; null where the multiplier is not one of sign
    /// and magnitude. <see cref="RelativePower"/> has the sign logic, too.</summary>
    public double? PowerWithoutSignLogic { get; private init; }

    /// <summary>
    /// Makes a signed multiplier of an unsigned circuit that works on magnitudes:
    /// <c>m_s(x, w) = sgn(x) sgn(w) round(m_u(2|x|, 2|w|) / 4)</c>, halves rounded up, <c>sgn(0) = 1</c>. The seven bits of a magnitude are
    /// the upper ones of the circuit's operand. The magnitude of -128 saturates at 127.
    /// </summary>
    /// <remarks>
    /// <para>An approximate circuit errs by about as much as its product is large, so small weights of either sign err little, and the
    /// errors of both signs cancel. The codes of affine unsigned operands are large numbers around a zero point, and err as such.</para>
    /// <para>Sign logic: an XOR of the signs, and an XOR of it with every bit of the product that is not constant, which inverts a negative
    /// one. The 1 that an inverted number lacks to the negative one enters the accumulator as its carry. The accumulator keeps the two bits
    /// of the fraction; rounding stands for them here.</para>
    /// </remarks>
    /// <param name="unsigned">The circuit.</param>
    /// <param name="swapped">Gives the activation to the circuit's second operand, which matters where the table is not symmetric.</param>
    /// <param name="exactUnsignedPower">What the circuit's power is relative to, divided by the power of the exact signed multiplier.</param>
    /// <returns>The multiplier, named as the circuit with <see cref="SignMagnitudeSuffix"/> or <see cref="SwappedSuffix"/>. Its power is
    /// that of the circuit and the sign logic, <see cref="SignXorPower"/> for every XOR. Area and delay are not known.</returns>
    /// <exception cref="ArgumentException">The circuit is signed.</exception>
    public static Multiplier SignMagnitude(Multiplier unsigned, bool swapped = false, double exactUnsignedPower = ExactUnsignedPower)
    {
        if (unsigned.Signedness != Signedness.Unsigned)
        {
            throw new ArgumentException($"Sign and magnitude: found {unsigned}, expected an unsigned multiplier.", nameof(unsigned));
        }

        int ones = 0, zeros = 0;
        var magnitudes = new int[Magnitudes * Magnitudes];
        for (int i = 0; i < magnitudes.Length; i++)
        {
            (int ofX, int ofW) = (2 * (i / Magnitudes), 2 * (i % Magnitudes));
            int product = unsigned._products[swapped ? (ofW * Codes) + ofX : (ofX * Codes) + ofW];
            (ones, zeros) = (ones | product, zeros | ~product);
            magnitudes[i] = (product + 2) / 4;
        }

        var products = new int[Codes * Codes];
        for (int i = 0; i < products.Length; i++)
        {
            int x = (i >> 8) - 128, w = (i & 255) - 128;
            int product = magnitudes[(Math.Min(Math.Abs(x), Magnitudes - 1) * Magnitudes) + Math.Min(Math.Abs(w), Magnitudes - 1)];
            products[i] = (x < 0) == (w < 0) ? product : -product;
        }

        int gates = 1 + BitOperations.PopCount((uint)(ones & zeros));
        double power = unsigned.RelativePower * exactUnsignedPower;
        return new Multiplier(
            unsigned.Name + (swapped ? SwappedSuffix : SignMagnitudeSuffix), Signedness.Signed, products, power + (gates * SignXorPower),
            FormattableString.Invariant($"{unsigned.PowerSource}; sign logic {gates * SignXorPower:G4}: {gates} XOR in gscl45nm cells"))
        {
            PowerWithoutSignLogic = power,
        };
    }

    /// <summary>Makes the multipliers of sign and magnitude of unsigned circuits in both operand orders, without those that take no less
    /// power than the exact signed one. Of several with one table that of least power is made, of equal ones the first.</summary>
    /// <param name="unsigned">The circuits.</param>
    /// <param name="exactUnsignedPower">As of <see cref="SignMagnitude"/>.</param>
    internal static IEnumerable<Multiplier> SignMagnitudes(IEnumerable<Multiplier> unsigned, double exactUnsignedPower = ExactUnsignedPower) => unsigned
        .AsParallel().AsOrdered()
        .SelectMany(circuit => new[] { SignMagnitude(circuit, false, exactUnsignedPower), SignMagnitude(circuit, true, exactUnsignedPower) })
        .Where(m => m.RelativePower < 1)
        .Select(m => (Multiplier: m, Hash: m.TableHash)).ToList()
        .GroupBy(m => m.Hash, (_, same) => same.MinBy(m => m.Multiplier.RelativePower).Multiplier);
}
