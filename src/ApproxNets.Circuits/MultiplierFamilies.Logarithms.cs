namespace ApproxNets.Circuits;

/// <content>Families that add logarithms, or round operands to powers of two.</content>
public static partial class MultiplierFamilies
{
    /// <summary>
    /// Makes a logarithmic multiplier. With <c>x = 2^k1 (1 + f1)</c>, <c>w = 2^k2 (1 + f2)</c> and <c>log2(1 + f) ~ f</c>:
    /// <c>m = 2^(k1+k2) (1 + f1 + f2)</c> if <c>f1 + f2 &lt; 1</c>, else <c>2^(k1+k2+1) (f1 + f2)</c>; 0 if an operand is 0.
    /// Never above the exact product; with all fraction bits the relative error is at most 1/9 (11.1 %).
    /// </summary>
    /// <param name="signedness">Unsigned, or signed (sign-magnitude).</param>
    /// <param name="fractionBits">Bits kept of f1 and f2, 1..7; 7 is Mitchell's multiplier, fewer cut the fractions off.</param>
    /// <remarks>Sources: Mitchell, "Computer multiplication and division using binary logarithms", IRE Trans. Electronic Computers
    /// EC-11(4), 1962; cut fractions: Kim, Del Barrio, Oliveira, Hermida and Bagherzadeh, "Efficient Mitchell's approximate log
    /// multipliers for convolutional neural networks", IEEE Trans. Computers 68(5), 2019.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is out of range.</exception>
    public static MultiplierCircuit Mitchell(Signedness signedness, int fractionBits)
    {
        Check(signedness);
        Check(fractionBits, 1, 7);
        return FromCore(signedness, $"mitchell{fractionBits}", (circuit, x, w) =>
        {
            (int[] ofX, int xNonZero) = Logarithm(circuit, x, fractionBits);
            (int[] ofW, int wNonZero) = Logarithm(circuit, w, fractionBits);
            int[] sum = circuit.Sum(ofX, ofW, circuit.Zero);
            int[] product = circuit.ShiftedLeft([.. sum[..fractionBits], circuit.One], sum[fractionBits..], 16 + fractionBits);
            return NonZero(circuit, product[fractionBits..], xNonZero, wNonZero);
        });
    }

    /// <summary>
    /// Makes Mitchell's multiplier with a correction: the mean error of a pair of mantissas, <c>2^(k1+k2) / 12</c>, is added as
    /// <c>2^(k1+k2) c</c>, c being 1/12 rounded to an even number of units <c>2^-t</c>; products above 16 bits become 65,535.
    /// </summary>
    /// <param name="signedness">Unsigned, or signed (sign-magnitude).</param>
    /// <param name="fractionBits">Bits t kept of f1 and f2, 5..7.</param>
    /// <remarks>Source: Saadat, Bokhari and Parameswaran, "Minimally biased multipliers for approximate integer and floating-point
    /// multiplication", IEEE TCAD 37(11), 2018. The rounding of c and the saturation are this library's.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is out of range.</exception>
    public static MultiplierCircuit MitchellCorrected(Signedness signedness, int fractionBits)
    {
        Check(signedness);
        Check(fractionBits, 5, 7);
        int half = (int)Math.Round((1 << fractionBits) / 24.0, MidpointRounding.AwayFromZero); // c / 2
        return FromCore(signedness, $"mbm{fractionBits}", (circuit, x, w) =>
        {
            (int[] ofX, int xNonZero) = Logarithm(circuit, x, fractionBits);
            (int[] ofW, int wNonZero) = Logarithm(circuit, w, fractionBits);
            int[] fractions = circuit.Sum(ofX[..fractionBits], ofW[..fractionBits], circuit.Zero);
            int[] shift = circuit.Sum(ofX[fractionBits..], ofW[fractionBits..], fractions[fractionBits]);

            // With f1 + f2 >= 1 the mantissa counts twice: half of the correction.
            int[] correction = [.. Enumerable.Range(0, NetlistBuilder.BitsFor(2 * half)).Select(bit =>
                circuit.Mux(fractions[fractionBits], Constant(circuit, half, bit - 1), Constant(circuit, half, bit)))];
            int[] mantissa = circuit.Sum([.. fractions[..fractionBits], circuit.One], correction, circuit.Zero);
            int[] product = circuit.ShiftedLeft(mantissa, shift, 17 + fractionBits)[fractionBits..];
            return NonZero(circuit, [.. product[..16].Select(bit => circuit.Or(bit, product[16]))], xNonZero, wNonZero);
        });
    }

    /// <summary>
    /// Makes a logarithmic multiplier with a set-one adder, ALM-SOA(m): as Mitchell's, but the m least bits of the sum of the fractions are
    /// 1, and the carry into the others is the AND of the fractions' bits m - 1.
    /// </summary>
    /// <param name="signedness">Unsigned, or signed (sign-magnitude).</param>
    /// <param name="setBits">m, 1..6.</param>
    /// <remarks>Source: Liu, Xu, Wang, Wang, Montuschi and Lombardi, "Design and evaluation of approximate logarithmic multipliers for low
    /// power error-tolerant applications", IEEE TCAS-I 65(9), 2018.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is out of range.</exception>
    public static MultiplierCircuit LogarithmicSetOne(Signedness signedness, int setBits)
    {
        Check(signedness);
        Check(setBits, 1, 6);
        return FromCore(signedness, $"almsoa{setBits}", (circuit, x, w) =>
        {
            (int[] ofX, int xNonZero) = Logarithm(circuit, x, 7);
            (int[] ofW, int wNonZero) = Logarithm(circuit, w, 7);
            int[] upper = circuit.Sum(ofX[setBits..], ofW[setBits..], circuit.And(ofX[setBits - 1], ofW[setBits - 1]));
            int[] sum = [.. Enumerable.Repeat(circuit.One, setBits), .. upper];
            int[] product = circuit.ShiftedLeft([.. sum[..7], circuit.One], sum[7..], 16 + 7);
            return NonZero(circuit, product[7..], xNonZero, wNonZero);
        });
    }

    /// <summary>
    /// Makes a rounding-based multiplier (RoBA): with r(.) the nearest power of two,
    /// <c>m = r(x) w + x r(w) - r(x) r(w) = x w - (r(x) - x)(r(w) - w)</c>. Relative error at most 1/9; always within 16 bits.
    /// </summary>
    /// <param name="signedness">Unsigned, or signed (sign-magnitude).</param>
    /// <remarks>A tie, <c>3 * 2^p</c>, rounds up, but 3 rounds to 2, and 0 stays 0. Source: Zendegani, Kamal, Bahadori, Afzali-Kusha and
    /// Pedram, "RoBA multiplier: a rounding-based approximate multiplier for high-speed yet energy-efficient digital signal
    /// processing", IEEE TVLSI 25(2), 2017.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The signedness is unknown.</exception>
    public static MultiplierCircuit RoundingBased(Signedness signedness)
    {
        Check(signedness);
        return FromCore(signedness, "roba", (circuit, x, w) =>
        {
            int[] ofX = Rounded(circuit, x), ofW = Rounded(circuit, w);
            var tree = new ColumnTree(circuit, 16);
            for (int column = 0; column < 16; column++)
            {
                tree.Add(column, Shifted(circuit, w, ofX, column));
                tree.Add(column, Shifted(circuit, x, ofW, column));
                tree.Add(column, circuit.Not(Shifted(circuit, ofX, ofW, column)));
            }

            tree.AddConstant(1);
            return tree.Dadda();
        });

        // Bit c of word * oneHot.
        static int Shifted(NetlistBuilder circuit, int[] word, int[] oneHot, int column) =>
            circuit.AnyOf([.. from position in Enumerable.Range(0, oneHot.Length)
                              where column - position >= 0 && column - position < word.Length
                              select circuit.And(oneHot[position], word[column - position])]);

        static int[] Rounded(NetlistBuilder circuit, int[] operand)
        {
            int[] leading = circuit.LeadingOne(operand);
            return [.. Enumerable.Range(0, 9).Select(power =>
            {
                int stays = power == 8 ? circuit.Zero
                    : power < 2 ? leading[power] : circuit.And(leading[power], circuit.Not(operand[power - 1]));
                return power < 3 ? stays : circuit.Or(stays, circuit.And(leading[power - 1], operand[power - 2]));
            })];
        }
    }

    private static int Constant(NetlistBuilder circuit, int value, int bit) =>
        bit >= 0 && ((value >> bit) & 1) != 0 ? circuit.One : circuit.Zero;

    /// <summary><c>log2 x</c> by Mitchell: the fraction's upper t bits, then the 3 bits of the characteristic k.</summary>
    private static (int[] Logarithm, int NonZero) Logarithm(NetlistBuilder circuit, int[] operand, int fractionBits)
    {
        int[] leading = circuit.LeadingOne(operand);
        IEnumerable<int> fraction = Enumerable.Range(7 - fractionBits, fractionBits)
            .Select(bit => circuit.Selected(operand, leading, bit - 7));
        return ([.. fraction, .. circuit.Encoded(leading)], circuit.AnyOf(leading));
    }

    private static int[] NonZero(NetlistBuilder circuit, int[] product, int x, int w)
    {
        int both = circuit.And(x, w);
        return [.. product.Select(bit => circuit.And(bit, both))];
    }
}
