using ApproxNets.Multipliers;
using Xunit;

namespace ApproxNets.Tests.Circuits;

public sealed class MultiplierFamiliesTests
{
    public static TheoryData<Signedness> BothSignednesses => [Signedness.Unsigned, Signedness.Signed];

    [Theory]
    [MemberData(nameof(BothSignednesses))]
    public void MembersWithNothingLeftOutAreExact(Signedness signedness)
    {
        foreach (Multiplier multiplier in new[]
        {
            MultiplierFamilies.Exact(signedness),
            MultiplierFamilies.BrokenArray(signedness, 0, 0),
            MultiplierFamilies.OperandTruncated(signedness, 0, 0),
        })
        {
            Assert.True(multiplier.IsExact, multiplier.Name);
            Assert.Equal(1, multiplier.RelativePower);
        }
    }

    [Theory]
    [MemberData(nameof(BothSignednesses))]
    public void ExactParametersGiveTheExactProduct(Signedness signedness)
    {
        Multiplier[] exact =
        [
            MultiplierFamilies.Wallace(signedness), MultiplierFamilies.Dadda(signedness), MultiplierFamilies.Underdesigned(signedness, 0),
            MultiplierFamilies.Drum(signedness, 8), MultiplierFamilies.DynamicSegment(signedness, 8),
            .. Enum.GetValues<ApproximateCompressor>().Select(design => MultiplierFamilies.Compressed(signedness, design, 0)),
        ];
        Assert.All(exact, multiplier => Assert.True(multiplier.IsExact, multiplier.Name));
        for (int bits = 4; bits < 8; bits++)
        {
            int cut = 8 - bits;
            Multiplier operands = MultiplierFamilies.OperandTruncated(signedness, cut, cut);
            foreach (Multiplier narrow in new[]
            {
                MultiplierFamilies.Exact(signedness, bits), MultiplierFamilies.Wallace(signedness, bits),
                MultiplierFamilies.Dadda(signedness, bits), MultiplierFamilies.BrokenArray(signedness, 0, 0, bits),
                MultiplierFamilies.Compressed(signedness, ApproximateCompressor.Yang, 0, bits),
            })
            {
                Assert.Equal(operands.TableHash, narrow.TableHash);
                Assert.StartsWith($"mul{bits}", narrow.Name, StringComparison.Ordinal);
            }
        }
    }

    /// <summary>Eight bits: n^2 - 4n + 3 = 35 full and n - 1 = 7 half adders reduce (Dadda 1965), 14 bits are added in the end: the adders
    /// of the array in another order.</summary>
    [Fact]
    public void TreesHaveTheTextbookNumberOfAdders()
    {
        MultiplierCircuit array = MultiplierFamilies.Exact(Signedness.Unsigned), dadda = MultiplierFamilies.Dadda(Signedness.Unsigned);
        Multiplier wallace = MultiplierFamilies.Wallace(Signedness.Unsigned);

        Assert.Equal(64 + 8 + 48, CircuitCost.Of(array.Netlist).Cells);
        Assert.Equal(64 + (7 + 1) + (35 + 13), CircuitCost.Of(dadda.Netlist).Cells);
        Assert.Equal(array.Multiplier.AreaSquareMicrometres!.Value, dadda.Multiplier.AreaSquareMicrometres!.Value, 1e-9);
        Assert.True(wallace.AreaSquareMicrometres > dadda.Multiplier.AreaSquareMicrometres);
    }

    /// <summary>Errors over the 16 inputs, as the papers' truth tables have them.</summary>
    [Theory]
    [InlineData(ApproximateCompressor.Momeni, 4, 1, -1)]
    [InlineData(ApproximateCompressor.Yang, 1, 0, -1)]
    [InlineData(ApproximateCompressor.Venkatachalam, 5, 0, -1)]
    public void CompressorsErrAsPublished(ApproximateCompressor design, int wrong, int greatest, int least)
    {
        var circuit = new NetlistBuilder(4);
        (int sum, int carry) = ColumnTree.Compress(circuit, design, circuit.A(0), circuit.A(1), circuit.A(2), circuit.A(3));
        int[] values = circuit.Build(sum, carry).Products(Signedness.Unsigned);
        int[] errors = [.. Enumerable.Range(0, 16).Select(input => values[input << 4] - int.PopCount(input))];

        Assert.Equal((wrong, greatest, least), (errors.Count(error => error != 0), errors.Max(), errors.Min()));
    }

    [Fact]
    public void DynamicSegmentCutsBelowItsLeadingOne()
    {
        for (int bits = 3; bits <= 7; bits++)
        {
            Multiplier dsm = MultiplierFamilies.DynamicSegment(Signedness.Unsigned, bits);
            int Cut(int operand) => operand >> bits == 0 ? operand : operand & -(1 << (int.Log2(operand) - bits + 1));
            AssertProducts(dsm, (x, w) => Cut(x) * Cut(w));
            double[] relative = RelativeErrors(dsm);
            Assert.Equal(0, relative.Max());
            Assert.InRange(relative.Min(), Math.Pow(1 - Math.Pow(2, 1 - bits), 2) - 1, 0);
        }
    }

    /// <summary>The correction is the mean error: what is left is a small part of Mitchell's bias.</summary>
    [Fact]
    public void CorrectedMitchellIsNearlyUnbiased()
    {
        double plain = ErrorStatistics.Of(MultiplierFamilies.Mitchell(Signedness.Unsigned, 7)).MeanError;
        Multiplier corrected = MultiplierFamilies.MitchellCorrected(Signedness.Unsigned, 7);
        Assert.InRange(ErrorStatistics.Of(corrected).MeanError / plain, -0.1, 0.1);
        AssertProducts(corrected, (x, w) =>
        {
            if (x == 0 || w == 0)
            {
                return 0;
            }

            int k1 = int.Log2(x), k2 = int.Log2(w);
            int sum = ((x << (7 - k1)) & 127) + ((w << (7 - k2)) & 127), mantissa = sum < 128 ? 128 + sum : 2 * sum;
            return Math.Min(((mantissa + 10) << (k1 + k2)) >> 7, 65535); // 10 / 128 for 1 / 12
        });
    }

    [Fact]
    public void SetOneLogarithmFollowsItsFormula()
    {
        for (int m = 1; m <= 6; m++)
        {
            AssertProducts(MultiplierFamilies.LogarithmicSetOne(Signedness.Unsigned, m), (x, w) =>
            {
                if (x == 0 || w == 0)
                {
                    return 0;
                }

                int k1 = int.Log2(x), k2 = int.Log2(w), f1 = (x << (7 - k1)) & 127, f2 = (w << (7 - k2)) & 127;
                int sum = (((f1 >> m) + (f2 >> m) + ((f1 >> (m - 1)) & (f2 >> (m - 1)) & 1)) << m) | ((1 << m) - 1);
                return ((128 + (sum & 127)) << (k1 + k2 + (sum >> 7))) >> 7;
            });
        }
    }

    /// <summary>Cell by cell: x_i w_j 2^(i+j), negative where exactly one of i, j is the sign bit.</summary>
    [Theory]
    [MemberData(nameof(BothSignednesses))]
    public void ArrayFamiliesAreSumsOfKeptCells(Signedness signedness)
    {
        AssertCells(MultiplierFamilies.Truncated(signedness, 9), (i, j) => i + j >= 9);
        AssertCells(MultiplierFamilies.BrokenArray(signedness, 3, 8), (i, j) => j >= 3 && i + j >= 8);
        AssertCells(MultiplierFamilies.Perforated(signedness, 2, 3), (i, j) => j is < 2 or >= 5);
        AssertCells(MultiplierFamilies.OperandTruncated(signedness, 2, 5), (i, j) => i >= 2 && j >= 5);
    }

    [Theory]
    [MemberData(nameof(BothSignednesses))]
    public void ArrayFamiliesHaveClosedForms(Signedness signedness)
    {
        AssertProducts(MultiplierFamilies.Perforated(signedness, 1, 2), (x, w) => x * (w & ~6));
        AssertProducts(MultiplierFamilies.OperandTruncated(signedness, 3, 1), (x, w) => (x & ~7) * (w & ~1));
        AssertProducts(MultiplierFamilies.BrokenArray(signedness, 4, 0), (x, w) => x * (w & ~15));
        AssertProducts(MultiplierFamilies.LowerPartOr(signedness, 2), (x, w) => (x * w) - ((x & w & 3) == 3 ? 2 : 0));
    }

    [Theory]
    [MemberData(nameof(BothSignednesses))]
    public void CompensationRemovesTheBias(Signedness signedness)
    {
        for (int columns = 2; columns <= 14; columns++)
        {
            ErrorStatistics plain = ErrorStatistics.Of(MultiplierFamilies.Truncated(signedness, columns));
            ErrorStatistics compensated = ErrorStatistics.Of(MultiplierFamilies.TruncatedCompensated(signedness, columns));
            Assert.InRange(compensated.MeanError, -0.5, 0.5);
            Assert.True(compensated.MeanSquaredError <= plain.MeanSquaredError, $"columns {columns}");
        }
    }

    [Fact]
    public void DrumIsNearlyUnbiasedWithinItsBound()
    {
        for (int bits = 3; bits <= 7; bits++)
        {
            Multiplier drum = MultiplierFamilies.Drum(Signedness.Unsigned, bits);
            double bound = Math.Pow(1 + Math.Pow(2, 1 - bits), 2) - 1;
            Assert.Equal(bound, RelativeErrors(drum).Max(Math.Abs), 1e-12);

            // A cut operand stands for the middle of 2, 4, 8... integers, 1/2 above their mean. That is the only bias: 0.8 %.
            double mean = 127.5 + ((256 - (1 << bits)) / 512.0);
            Assert.Equal((mean * mean) - (127.5 * 127.5), ErrorStatistics.Of(drum).MeanError, 1e-9);
            AssertExactBelow(drum, 1 << bits);
        }

        // Hashemi et al. give mean relative errors of 11.9 % and 5.9 % for k = 3 and 4 at 16 bits; 8 bits differ a little.
        Assert.Equal(0.12, ErrorStatistics.Of(MultiplierFamilies.Drum(Signedness.Unsigned, 3)).MeanRelativeError, 0.01);
        Assert.Equal(0.059, ErrorStatistics.Of(MultiplierFamilies.Drum(Signedness.Unsigned, 4)).MeanRelativeError, 0.005);
    }

    [Theory]
    [InlineData(5, 5, 25)]
    [InlineData(200, 10, 2080)] // 200 = 11001000b -> 1101b << 4 = 208
    [InlineData(16, 16, 324)] // 10000b -> 1001b << 1 = 18
    [InlineData(255, 255, 57600)] // 1111b << 4 = 240
    public void DrumOfFourBitsByHand(int x, int w, int product) =>
        Assert.Equal(product, MultiplierFamilies.Drum(Signedness.Unsigned, 4).Multiplier[x, w]);

    [Fact]
    public void MitchellUnderestimatesByAtMostOneNinth()
    {
        double[] relative = RelativeErrors(MultiplierFamilies.Mitchell(Signedness.Unsigned, 7));
        Assert.Equal(-1.0 / 9, relative.Min(), 1e-12);
        Assert.Equal(0, relative.Max());
        Assert.Equal(0.038, -relative.Average(), 0.001); // Mitchell 1962: 3.8 % on average
    }

    [Fact]
    public void MitchellFollowsTheLogarithm()
    {
        Multiplier mitchell = MultiplierFamilies.Mitchell(Signedness.Unsigned, 7);
        for (int x = 1; x < 256; x++)
        {
            for (int w = 1; w < 256; w++)
            {
                double log = Log(x) + Log(w), power = Math.Floor(log);
                Assert.Equal(Math.Pow(2, power) * (1 + log - power), mitchell[x, w]); // all exact in binary64
            }
        }

        static double Log(int operand)
        {
            int k = int.Log2(operand);
            return k + ((double)operand / (1 << k)) - 1;
        }
    }

    [Fact]
    public void UnderdesignedBlockIsSevenForThreeTimesThree()
    {
        Multiplier published = MultiplierFamilies.Underdesigned(Signedness.Unsigned, 7);
        for (int x = 0; x < 4; x++)
        {
            for (int w = 0; w < 4; w++)
            {
                Assert.Equal(x * w == 9 ? 7 : x * w, published[x, w]);
            }
        }

        double[] relative = RelativeErrors(published);
        Assert.Equal(-2.0 / 9, relative.Min(), 1e-12);
        Assert.Equal(0, relative.Max());
        Assert.Equal(65025 * 7 / 9, published[255, 255]);
        Assert.Equal(85 * 85 / 8.0, ErrorStatistics.Of(published).MeanAbsoluteError); // 2/16 for each block, blocks sum to 85^2
    }

    [Fact]
    public void StaticSegmentUnderestimatesAndIsExactBelowItsSegment()
    {
        for (int bits = 4; bits <= 7; bits++)
        {
            Multiplier multiplier = MultiplierFamilies.StaticSegment(Signedness.Unsigned, bits);
            AssertExactBelow(multiplier, 1 << bits);
            Assert.Equal(0, RelativeErrors(multiplier).Max());
        }

        Assert.Equal(0xF0 * 0x0F, MultiplierFamilies.StaticSegment(Signedness.Unsigned, 4).Multiplier[0xFF, 0x0F]);
        Assert.Equal(-0x78 * 0x0F, MultiplierFamilies.StaticSegment(Signedness.Signed, 4).Multiplier[-0x7F, 0x0F]);
        Assert.Equal(-0x78 * 0x0F, MultiplierFamilies.StaticSegment(Signedness.Signed, 4).Multiplier[-0x80, 0x0F]);
    }

    [Fact]
    public void RoundingBasedStaysWithinOneNinth()
    {
        Multiplier roba = MultiplierFamilies.RoundingBased(Signedness.Unsigned);
        double[] relative = RelativeErrors(roba);
        Assert.Equal(1.0 / 9, relative.Max(Math.Abs), 1e-12);
        Assert.Equal((8, 160, 65024), (roba[3, 3], roba[32, 5], roba[255, 255]));
    }

    [Fact]
    public void SignMagnitudeFamiliesAreOdd()
    {
        foreach (Multiplier multiplier in new[]
        {
            MultiplierFamilies.Drum(Signedness.Signed, 3),
            MultiplierFamilies.Mitchell(Signedness.Signed, 7),
            MultiplierFamilies.StaticSegment(Signedness.Signed, 5),
            MultiplierFamilies.RoundingBased(Signedness.Signed),
            MultiplierFamilies.Underdesigned(Signedness.Signed, 7),
        })
        {
            for (int x = -127; x <= 127; x++)
            {
                for (int w = -127; w <= 127; w++)
                {
                    int product = multiplier[x, w];
                    Assert.True(product == -multiplier[-x, w] && product == multiplier[w, x], $"{multiplier.Name} at {x}, {w}");
                }
            }
        }
    }

    [Fact]
    public void LeastOperandHasMagnitude128()
    {
        Assert.Equal(16384, MultiplierFamilies.Mitchell(Signedness.Signed, 7).Multiplier[-128, -128]);
        Assert.Equal(16384, MultiplierFamilies.Underdesigned(Signedness.Signed, 7).Multiplier[-128, -128]);
        Assert.Equal(16384, MultiplierFamilies.RoundingBased(Signedness.Signed).Multiplier[-128, -128]);
        Assert.Equal(160 * 160, MultiplierFamilies.Drum(Signedness.Signed, 3).Multiplier[-128, -128]);
        Assert.Equal(16384, MultiplierFamilies.Truncated(Signedness.Signed, 14).Multiplier[-128, -128]);
    }

    [Theory]
    [MemberData(nameof(BothSignednesses))]
    public void SymmetricArraysCommuteAndTheOthersDoNot(Signedness signedness)
    {
        Assert.True(Commutes(MultiplierFamilies.Truncated(signedness, 7)));
        Assert.True(Commutes(MultiplierFamilies.LowerPartOr(signedness, 7)));
        Assert.True(Commutes(MultiplierFamilies.OperandTruncated(signedness, 2, 2)));
        Assert.False(Commutes(MultiplierFamilies.Perforated(signedness, 1, 2)));
        Assert.False(Commutes(MultiplierFamilies.BrokenArray(signedness, 2, 5)));
    }

    [Fact]
    public void LowerPartOrNeverExceedsTheExactProduct()
    {
        Assert.Equal(0, MultiplierFamilies.LowerPartOr(Signedness.Unsigned, 14).Multiplier.ErrorMap().Max());
        Assert.Equal(0, MultiplierFamilies.LowerPartOr(Signedness.Signed, 7).Multiplier.ErrorMap().Max());
    }

    [Theory]
    [MemberData(nameof(BothSignednesses))]
    public void CostIsMonotoneInTheParameters(Signedness signedness)
    {
        bool signed = signedness == Signedness.Signed;
        AssertFalling(1, 14, k => MultiplierFamilies.Truncated(signedness, k));
        AssertFalling(2, 14, k => MultiplierFamilies.TruncatedCompensated(signedness, k));
        AssertFalling(2, signed ? 7 : 14, k => MultiplierFamilies.LowerPartOr(signedness, k));
        AssertFalling(1, 7, d => MultiplierFamilies.Underdesigned(signedness, d));
        AssertFalling(1, 7, m => MultiplierFamilies.Perforated(signedness, 0, m));
        for (int fixedLevel = 0; fixedLevel <= 7; fixedLevel++)
        {
            AssertFalling(0, 7, h => MultiplierFamilies.BrokenArray(signedness, h, fixedLevel));
            AssertFalling(0, 14, v => MultiplierFamilies.BrokenArray(signedness, fixedLevel, v));
            AssertFalling(0, 7, a => MultiplierFamilies.OperandTruncated(signedness, a, fixedLevel));
            AssertFalling(0, 7, b => MultiplierFamilies.OperandTruncated(signedness, fixedLevel, b));
        }

        // With 7 of 8 bits DRUM has almost the whole array and the detectors as well.
        AssertFalling(-6, -3, k => MultiplierFamilies.Drum(signedness, -k));
        AssertFalling(-6, -3, k => MultiplierFamilies.DynamicSegment(signedness, -k));
        AssertFalling(signed ? -6 : -7, -4, k => MultiplierFamilies.StaticSegment(signedness, -k));
        AssertFalling(-7, -1, t => MultiplierFamilies.Mitchell(signedness, -t));
    }

    private static IEnumerable<Func<Multiplier>> OutOfRange =>
    [
        () => MultiplierFamilies.Truncated(Signedness.Unsigned, 0),
        () => MultiplierFamilies.Truncated(Signedness.Unsigned, 15),
        () => MultiplierFamilies.Truncated((Signedness)2, 3),
        () => MultiplierFamilies.TruncatedCompensated(Signedness.Signed, 1),
        () => MultiplierFamilies.BrokenArray(Signedness.Unsigned, 8, 0),
        () => MultiplierFamilies.BrokenArray(Signedness.Unsigned, 0, -1),
        () => MultiplierFamilies.Perforated(Signedness.Unsigned, 0, 8),
        () => MultiplierFamilies.Perforated(Signedness.Unsigned, 7, 2),
        () => MultiplierFamilies.Perforated(Signedness.Signed, 7, 1),
        () => MultiplierFamilies.Perforated(Signedness.Signed, 6, 2),
        () => MultiplierFamilies.OperandTruncated(Signedness.Unsigned, 8, 0),
        () => MultiplierFamilies.LowerPartOr(Signedness.Unsigned, 1),
        () => MultiplierFamilies.LowerPartOr(Signedness.Signed, 8),
        () => MultiplierFamilies.Underdesigned(Signedness.Unsigned, 8),
        () => MultiplierFamilies.Drum(Signedness.Unsigned, 2),
        () => MultiplierFamilies.StaticSegment(Signedness.Unsigned, 3),
        () => MultiplierFamilies.StaticSegment(Signedness.Signed, 7),
        () => MultiplierFamilies.Mitchell(Signedness.Unsigned, 8),
        () => MultiplierFamilies.RoundingBased((Signedness)(-1)),
        () => MultiplierFamilies.Exact((Signedness)2),
        () => MultiplierFamilies.Exact(Signedness.Signed, 3),
        () => MultiplierFamilies.Exact(Signedness.Signed, 9),
        () => MultiplierFamilies.Truncated(Signedness.Signed, 7, 4),
        () => MultiplierFamilies.BrokenArray(Signedness.Signed, 4, 0, 4),
        () => MultiplierFamilies.Compressed(Signedness.Signed, (ApproximateCompressor)3, 8),
        () => MultiplierFamilies.Compressed(Signedness.Signed, ApproximateCompressor.Yang, 17),
        () => MultiplierFamilies.DynamicSegment(Signedness.Unsigned, 9),
        () => MultiplierFamilies.MitchellCorrected(Signedness.Unsigned, 4),
        () => MultiplierFamilies.LogarithmicSetOne(Signedness.Unsigned, 7),
    ];

    [Fact]
    public void ParametersOutOfRangeAreRefused()
    {
        foreach (Func<Multiplier> make in OutOfRange)
        {
            Assert.Contains("expected", Assert.Throws<ArgumentOutOfRangeException>(make).Message, StringComparison.Ordinal);
        }
    }

    private static void AssertCells(Multiplier multiplier, Func<int, int, bool> keep)
    {
        bool signed = multiplier.Signedness == Signedness.Signed;
        AssertProducts(multiplier, (x, w) =>
        {
            int sum = 0;
            for (int cell = 0; cell < 64; cell++)
            {
                int i = cell & 7, j = cell >> 3;
                int value = ((x >> i) & (w >> j) & 1) << (i + j);
                sum += !keep(i, j) ? 0 : signed && (i == 7) != (j == 7) ? -value : value;
            }

            return sum;
        });
    }

    private static void AssertProducts(Multiplier multiplier, Func<int, int, int> product)
    {
        Multiplier expected = Multiplier.FromFunction("expected", multiplier.Signedness, product, 1, "test");
        Assert.True(expected.Products.Span.SequenceEqual(multiplier.Products.Span), multiplier.Name);
    }

    private static double[] RelativeErrors(Multiplier multiplier)
    {
        int[] errors = multiplier.ErrorMap();
        return [.. from i in Enumerable.Range(0, errors.Length)
                   let exact = (i >> 8) * (i & 255)
                   where exact != 0
                   select (double)errors[i] / exact];
    }

    private static void AssertExactBelow(Multiplier multiplier, int limit)
    {
        for (int x = 0; x < limit; x++)
        {
            for (int w = 0; w < limit; w++)
            {
                Assert.Equal(x * w, multiplier[x, w]);
            }
        }
    }

    private static bool Commutes(Multiplier multiplier)
    {
        ReadOnlySpan<int> products = multiplier.Products.Span;
        for (int i = 0; i < products.Length; i++)
        {
            if (products[i] != products[((i & 255) << 8) | (i >> 8)])
            {
                return false;
            }
        }

        return true;
    }

    private static void AssertFalling(int first, int last, Func<int, Multiplier> family)
    {
        Multiplier[] members = [.. Enumerable.Range(first, last - first + 1).Select(family)];
        foreach ((Multiplier dearer, Multiplier cheaper) in members.Zip(members.Skip(1)))
        {
            // The constant of a signed array changes with the cells left out, and its ones cost something.
            double tolerance = cheaper.Signedness == Signedness.Signed ? 0.015 : 1e-12;
            Assert.True(cheaper.RelativePower <= dearer.RelativePower + tolerance, $"{dearer} before {cheaper}");
        }

        Assert.True(members[^1].RelativePower < members[0].RelativePower, members[0].Name);
    }
}
