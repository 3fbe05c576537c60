namespace ApproxNets.Multipliers;

/// <content>Families with an unsigned core: 2x2 blocks, segments, logarithms. Signed forms are sign-magnitude.</content>
public static partial class MultiplierFamilies
{
    /// <summary>
    /// Makes an underdesigned multiplier of 2x2 blocks: a block gives 7 for 3 x 3 and is exact otherwise; the product is
    /// <c>sum_(p,q) 4^(p+q) block(x digit p, w digit q)</c> over base-4 digits. Never above the exact product; relative error at most 2/9.
    /// </summary>
    /// <param name="signedness">Unsigned, or signed (sign-magnitude).</param>
    /// <param name="diagonals">1..7: blocks with <c>p + q &lt; diagonals</c> are underdesigned, the others exact; 7 is the published
    /// design.</param>
    /// <remarks>Source: Kulkarni, Gupta and Ercegovac, "Trading accuracy for power with an underdesigned multiplier architecture",
    /// VLSI Design 2011.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is out of range.</exception>
    public static Multiplier Underdesigned(Signedness signedness, int diagonals)
    {
        Check(signedness);
        Check(diagonals, 1, 7);
        var heights = new int[16];
        int gates = 0;
        for (int block = 0; block < 16; block++)
        {
            int diagonal = (block >> 2) + (block & 3), column = 2 * diagonal;
            bool inexact = diagonal < diagonals;
            heights[column]++;
            heights[column + 1] += inexact ? 1 : 2;
            heights[column + 2]++;
            gates += inexact ? 5 : 4; // four ANDs; the inexact block ORs its middle two
        }

        return FromCore(signedness, $"udm{diagonals}", Core, gates + UnitGates.ColumnSum(heights));

        int Core(int x, int w)
        {
            int product = x * w;
            for (int p = 0; p < 4; p++)
            {
                for (int q = 0; q < 4 && p + q < diagonals; q++)
                {
                    bool bothThree = ((x >> (2 * p)) & 3) == 3 && ((w >> (2 * q)) & 3) == 3;
                    product -= bothThree ? 2 << (2 * (p + q)) : 0;
                }
            }

            return product;
        }
    }

    /// <summary>
    /// Makes a dynamic range unbiased multiplier, DRUM(k): each operand is cut to k bits from its leading one and its last kept bit
    /// set to 1 (operands below <c>2^k</c> stay exact), the k x k product is exact and shifted back. Each cut
    /// operand is 1/2 too great on average, the only bias; the relative error is at most <c>(1 + 2^(1-k))^2 - 1</c>.
    /// </summary>
    /// <param name="signedness">Unsigned, or signed (sign-magnitude).</param>
    /// <param name="bits">k, 3..7.</param>
    /// <remarks>Source: Hashemi, Bahar and Reda, "DRUM: a dynamic range unbiased multiplier for approximate applications", ICCAD
    /// 2015.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is out of range.</exception>
    public static Multiplier Drum(Signedness signedness, int bits)
    {
        Check(signedness);
        Check(bits, 3, 7);
        int positions = 9 - bits, greatest = 8 - bits;
        int operand = UnitGates.LeadingOne(positions) + UnitGates.Encoder(positions) + UnitGates.Select(bits - 1, positions);
        int gates = (2 * operand) + UnitGates.Array(bits) + UnitGates.Adder(UnitGates.BitsFor(greatest))
            + UnitGates.LeftShifter(2 * bits, 2 * greatest);
        return FromCore(signedness, $"drum{bits}", (x, w) => Segment(x) * Segment(w), gates);

        int Segment(int operand)
        {
            int shift = Math.Max(UnitGates.BitsFor(operand) - bits, 0);
            return shift == 0 ? operand : ((operand >> shift) | 1) << shift;
        }
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
    public static Multiplier StaticSegment(Signedness signedness, int bits)
    {
        Check(signedness);
        int magnitudeBits = signedness == Signedness.Signed ? 7 : 8, shift = magnitudeBits - bits;
        Check(bits, 4, magnitudeBits - 1);
        (int first, int width) = UnitGates.ShiftStage(2 * bits, shift);
        (int second, _) = UnitGates.ShiftStage(width, shift);
        int gates = (2 * ((shift - 1) + (UnitGates.Mux * bits))) + UnitGates.Array(bits) + first + second;
        return FromCore(signedness, $"ssm{bits}", (x, w) => Segment(x) * Segment(w), gates);

        int Segment(int operand)
        {
            int magnitude = Math.Min(operand, (1 << magnitudeBits) - 1);
            return magnitude >> bits == 0 ? magnitude : magnitude >> shift << shift;
        }
    }

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
    public static Multiplier Mitchell(Signedness signedness, int fractionBits)
    {
        Check(signedness);
        Check(fractionBits, 1, 7);
        int t = fractionBits;
        int normaliser = UnitGates.Mux * (Math.Min(7, t + 3) + Math.Min(7, t + 1) + t); // shifts by 4, 2, 1; only the bits used later
        int gates = (2 * (UnitGates.LeadingOne(8) + UnitGates.Encoder(8) + normaliser)) + UnitGates.Adder(t + 3)
            + UnitGates.LeftShifter(t + 1, 15) + 17; // zero detection and gating of the result
        return FromCore(signedness, $"mitchell{t}", Core, gates);

        int Core(int x, int w)
        {
            if (x == 0 || w == 0)
            {
                return 0;
            }

            int k1 = UnitGates.BitsFor(x) - 1, k2 = UnitGates.BitsFor(w) - 1;
            int fraction = Fraction(x, k1) + Fraction(w, k2);
            int mantissa = fraction < 128 ? 128 + fraction : 2 * fraction;
            return (mantissa << (k1 + k2)) >> 7; // exact: 128 f has at least 7 - max(k1, k2) zero bits at its end
        }

        // f in units of 2^-7, cut to t bits.
        int Fraction(int operand, int k) => ((operand - (1 << k)) << (7 - k)) >> (7 - t) << (7 - t);
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
    public static Multiplier RoundingBased(Signedness signedness)
    {
        Check(signedness);
        int rounding = UnitGates.LeadingOne(8) + 16 + UnitGates.Encoder(9); // two gates a bit decide on rounding up
        int gates = (2 * (rounding + UnitGates.LeftShifter(8, 8))) + UnitGates.Adder(4) + 24 // r(x) r(w): exponents, 4-to-16 decoder
            + UnitGates.Adder(16) + (16 * UnitGates.HalfAdder);
        return FromCore(signedness, "roba", (x, w) => (x * w) - ((Rounded(x) - x) * (Rounded(w) - w)), gates);

        static int Rounded(int operand)
        {
            if (operand is 0 or 3)
            {
                return operand == 0 ? 0 : 2;
            }

            int power = 1 << (UnitGates.BitsFor(operand) - 1);
            return 2 * operand >= 3 * power ? 2 * power : power;
        }
    }
}
