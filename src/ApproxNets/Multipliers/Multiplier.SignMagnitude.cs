using System.Numerics;
using ApproxNets.Foundation;

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

    // Of the cost model of ApproxNets.Circuits, an XOR of gscl45nm divided by the exact signed array: its energy and that of its input's load
    // when a net changes in every transition, and its leakage. A test computes them anew.
    internal const double XorEnergy = 0.033784, XorLoad = 0.013072, XorLeakage = 0.00011073;

    // The cost model's transitions: every bit of an operand toggles with this probability.
    private const double ToggleProbability = 1 / 16.0;
    private const int Transitions = 1 << 14;

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
    /// of the fraction; rounding stands for them here. Its power is that of the XOR cells at the activity that the table's bits have in
    /// 16,384 random transitions, as the cost model of ApproxNets.Circuits counts it: bits of a product depend on many operand bits and
    /// change far oftener than those, so the logic takes 0.01 of the exact signed multiplier for a circuit of next to nothing, 0.05 to 0.08
    /// for coarse ones and 0.17 behind an exact one. That the lowest bits of both operands are 0 now, which saves a fifth of an exact circuit and
    /// nothing of a truncated one, is not counted, as published power has it not.</para>
    /// </remarks>
    /// <param name="unsigned">The circuit.</param>
    /// <param name="swapped">Gives the activation to the circuit's second operand, which matters where the table is not symmetric.</param>
    /// <param name="exactUnsignedPower">What the circuit's power is relative to, divided by the power of the exact signed multiplier.</param>
    /// <returns>The multiplier, named as the circuit with <see cref="SignMagnitudeSuffix"/> or <see cref="SwappedSuffix"/>. Its power is
    /// that of the circuit and the sign logic. Area and delay are not known. Deterministic.</returns>
    /// <exception cref="ArgumentException">The circuit is signed.</exception>
    public static Multiplier SignMagnitude(Multiplier unsigned, bool swapped = false, double exactUnsignedPower = ExactUnsignedPower)
    {
        if (unsigned.Signedness != Signedness.Unsigned)
        {
            throw new ArgumentException($"Sign and magnitude: found {unsigned}, expected an unsigned multiplier.", nameof(unsigned));
        }

        int ones = 0, zeros = 0;
        int[] circuit = new int[Magnitudes * Magnitudes], magnitudes = new int[Magnitudes * Magnitudes];
        for (int i = 0; i < magnitudes.Length; i++)
        {
            (int ofX, int ofW) = (2 * (i / Magnitudes), 2 * (i % Magnitudes));
            int product = unsigned._products[swapped ? (ofW * Codes) + ofX : (ofX * Codes) + ofW];
            (ones, zeros, circuit[i]) = (ones | product, zeros | ~product, product);
            magnitudes[i] = (product + 2) / 4;
        }

        var products = new int[Codes * Codes];
        for (int i = 0; i < products.Length; i++)
        {
            int x = (i >> 8) - 128, w = (i & 255) - 128;
            int product = magnitudes[(Math.Min(Math.Abs(x), Magnitudes - 1) * Magnitudes) + Math.Min(Math.Abs(w), Magnitudes - 1)];
            products[i] = (x < 0) == (w < 0) ? product : -product;
        }

        double power = unsigned.RelativePower * exactUnsignedPower, logic = SignLogicPower(circuit, ones & zeros);
        return new Multiplier(
            unsigned.Name + (swapped ? SwappedSuffix : SignMagnitudeSuffix), Signedness.Signed, products, power + logic,
            FormattableString.Invariant(
                $"{unsigned.PowerSource}; sign logic {logic:G3}: {1 + BitOperations.PopCount((uint)(ones & zeros))} XOR in gscl45nm cells"))
        {
            PowerWithoutSignLogic = power,
        };
    }

    /// <summary>The power of the XOR of the signs and of those behind the bits of the product that vary, relative to the exact signed
    /// multiplier. The sign changes when one of two bits toggles, independently of the product.</summary>
    private static double SignLogicPower(int[] products, int varying)
    {
        var random = new SplitMix64(1);
        int changes = 0, gates = BitOperations.PopCount((uint)varying);
        for (int i = 0; i < Transitions; i++)
        {
            int operands = (int)(random.Next() % (uint)products.Length);
            int toggles = (int)((random.Next() & random.Next() & random.Next() & random.Next()) % (uint)products.Length);
            changes += BitOperations.PopCount((uint)((products[operands] ^ products[operands ^ toggles]) & varying));
        }

        return SignLogicPower((double)changes / Transitions, gates);
    }

    /// <summary>The power of the sign logic behind bits of known activity, relative to the exact signed multiplier.</summary>
    /// <param name="bits">Sum of the varying bits' activities: shares of the transitions that change them, when every bit of an operand toggles
    /// with probability 1/16.</param>
    /// <param name="gates">Number of the varying bits.</param>
    public static double SignLogicPower(double bits, int gates)
    {
        double sign = 2 * ToggleProbability * (1 - ToggleProbability);
        double outputs = bits + (gates * sign) - (2 * bits * sign);
        return (XorEnergy * (outputs + sign)) + (XorLoad * (bits + (gates * sign))) + ((gates + 1) * XorLeakage);
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
