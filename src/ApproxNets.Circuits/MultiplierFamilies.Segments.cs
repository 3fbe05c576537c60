namespace ApproxNets.Circuits;

/// <content>Families that multiply a segment of each operand.</content>
public static partial class MultiplierFamilies
{
    /// <summary>
    /// Makes a dynamic range unbiased multiplier, DRUM(k): each operand is cut to k bits from its leading one and its last kept bit
    /// set to 1 (operands below <c>2^k</c> stay exact), the k x k product is exact and shifted back. Each cut
    /// operand is 1/2 too great on average, the only bias; the relative error is at most <c>(1 + 2^(1-k))^2 - 1</c>.
    /// </summary>
    /// <param name="signedness">Unsigned, or signed (sign-magnitude).</param>
    /// <param name="bits">k, 3..8; 8 is exact.</param>
    /// <remarks>Source: Hashemi, Bahar and Reda, "DRUM: a dynamic range unbiased multiplier for approximate applications", ICCAD
    /// 2015.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is out of range.</exception>
    public static MultiplierCircuit Drum(Signedness signedness, int bits)
    {
        Check(signedness);
        Check(bits, 3, 8);
        return FromCore(signedness, $"drum{bits}", (circuit, x, w) => DynamicSegments(circuit, x, w, bits, unbiased: true));
    }

    /// <summary>
    /// Makes a dynamic segment multiplier, DSM(k): each operand is cut to k bits from its leading one (operands below <c>2^k</c> stay
    /// exact), the k x k product is exact and shifted back. Never above the exact product; relative error less than
    /// <c>1 - (1 - 2^(1-k))^2</c>.
    /// </summary>
    /// <param name="signedness">Unsigned, or signed (sign-magnitude).</param>
    /// <param name="bits">k, 3..8; 8 is exact.</param>
    /// <remarks>Source: Narayanamoorthy, Moghaddam, Liu, Park and Kim, "Energy-efficient approximate multiplication for digital signal
    /// processing and classification applications", IEEE TVLSI 23(6), 2015.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is out of range.</exception>
    public static MultiplierCircuit DynamicSegment(Signedness signedness, int bits)
    {
        Check(signedness);
        Check(bits, 3, 8);
        return FromCore(signedness, $"dsm{bits}", (circuit, x, w) => DynamicSegments(circuit, x, w, bits, unbiased: false));
    }

    /// <summary>
    /// Makes a static segment multiplier, SSM(k): an operand of n bits below <c>2^k</c> is used as it is, any other keeps its k most
    /// significant of n bits; the k x k product is exact and shifted back. Never above the exact product.
    /// </summary>
    /// <param name="signedness">Unsigned, n = 8; or signed (sign-magnitude), n = 7: fixed segments of 8 bits would waste one on the
    /// magnitude 128 alone, so |-128| is read as 127.</param>
    /// <param name="bits">k, 4..7 unsigned, 4..6 signed (at least half of n).</param>
    /// <remarks>Source: Narayanamoorthy, Moghaddam, Liu, Park and Kim, "Energy-efficient approximate multiplication for digital signal
    /// processing and classification applications", IEEE TVLSI 23(6), 2015.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is out of range.</exception>
    public static MultiplierCircuit StaticSegment(Signedness signedness, int bits)
    {
        Check(signedness);
        int magnitudeBits = signedness == Signedness.Signed ? 7 : 8, shift = magnitudeBits - bits;
        Check(bits, 4, magnitudeBits - 1);
        return FromCore(signedness, $"ssm{bits}", (circuit, x, w) =>
        {
            (int[] ofX, int xHigh) = Segment(circuit, x);
            (int[] ofW, int wHigh) = Segment(circuit, w);
            int[] product = Shifted(circuit, ExactProduct(circuit, ofX, ofW), xHigh);
            return Shifted(circuit, product, wHigh);
        });

        (int[] Segment, int High) Segment(NetlistBuilder circuit, int[] operand)
        {
            int[] magnitude = magnitudeBits == 8 ? operand : [.. operand[..7].Select(bit => circuit.Or(bit, operand[7]))];
            int high = circuit.AnyOf(magnitude.AsSpan(bits));
            return ([.. Enumerable.Range(0, bits).Select(i => circuit.Mux(high, magnitude[i], magnitude[i + shift]))], high);
        }

        int[] Shifted(NetlistBuilder circuit, int[] product, int high) =>
            [.. Enumerable.Range(0, 16).Select(i => circuit.Mux(
                high, i < product.Length ? product[i] : circuit.Zero,
                i >= shift && i - shift < product.Length ? product[i - shift] : circuit.Zero))];
    }

    private static int[] DynamicSegments(NetlistBuilder circuit, int[] x, int[] w, int bits, bool unbiased)
    {
        (int[] ofX, int[] xShift) = Segment(x);
        (int[] ofW, int[] wShift) = Segment(w);
        return circuit.ShiftedLeft(ExactProduct(circuit, ofX, ofW), circuit.Sum(xShift, wShift, circuit.Zero), 16);

        (int[] Segment, int[] Shift) Segment(int[] operand)
        {
            int[] leading = circuit.LeadingOne(operand[bits..]);
            int isCut = circuit.AnyOf(leading);
            int[] shift = [circuit.Not(isCut), .. leading]; // one-hot: 0 for a small operand
            int[] segment = [.. Enumerable.Range(0, bits).Select(bit => circuit.Selected(operand, shift, bit))];
            if (unbiased)
            {
                segment[0] = circuit.Or(segment[0], isCut);
            }

            return (segment, circuit.Encoded(shift));
        }
    }

    private static int[] ExactProduct(NetlistBuilder circuit, int[] x, int[] w) =>
        CarrySaveArray.Product(circuit, x, w, Signedness.Unsigned, (_, _) => true);
}
