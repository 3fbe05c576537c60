using System.Collections.Concurrent;
using ApproxNets.Kernels;
using CsCheck;
using Xunit;

namespace ApproxNets.Tests.Kernels;

public sealed class LutConv2dTests
{
    private static readonly int[] SignedTable = ConvolutionCase.RandomTable(short.MinValue, short.MaxValue, 1);
    private static readonly int[] NarrowTable = ConvolutionCase.RandomTable(-16000, 16000, 2);
    private static readonly int[] UnsignedTable = ConvolutionCase.RandomTable(0, ushort.MaxValue, 3);

    private static readonly int[][] NearExactUnsigned = [.. Errors.Select(e => ConvolutionCase.NearExactTable(false, e, 5))];
    private static readonly int[][] NearExactSigned = [.. Errors.Select(e => ConvolutionCase.NearExactTable(true, e, 7))];
    private static readonly ConcurrentDictionary<Conv2dShape, ConvolutionCase[]> ByShape = [];
    private static readonly LutTable Table = new(SignedTable);

    private static IEnumerable<int> Errors => [10, 150, 3000];

    public static TheoryData<KernelPath> Paths => [.. ConvolutionCase.Paths];

    public static TheoryData<KernelPath, Conv2dShape> Shapes
    {
        get
        {
            Conv2dShape[] shapes =
            [
                new(1, 1, 1, 1, 1, 1, 1),
                new(3, 5, 7, 9, 17, 3, 3) { Padding = (1, 1) },
                new(2, 4, 11, 13, 6, 3, 5) { Padding = (0, 2), Stride = (2, 1) },
                new(2, 4, 11, 13, 6, 5, 3) { Padding = (3, 0), Stride = (1, 3) },
                new(1, 3, 16, 16, 16, 3, 3) { Padding = (2, 2), Dilation = (2, 2) },
                new(1, 3, 13, 12, 5, 2, 3) { Padding = (1, 4), Dilation = (3, 2), Stride = (3, 2) },
                new(2, 12, 9, 9, 18, 3, 3) { Padding = (1, 1), Groups = 3 },
                new(2, 6, 9, 10, 12, 3, 3) { Padding = (1, 1), Groups = 6 },
                new(2, 7, 9, 10, 7, 3, 3) { Padding = (1, 1), Groups = 7 },
                new(1, 7, 15, 15, 21, 3, 3) { Padding = (1, 1), Groups = 7, Stride = (2, 2) },
                new(3, 10, 5, 5, 33, 1, 1),
                new(3, 10, 5, 5, 33, 1, 1) { Stride = (2, 2) },
                new(1, 2, 3, 3, 4, 1, 1) { Padding = (2, 1) },
                new(1, 2, 2, 2, 3, 2, 2) { Padding = (5, 5) },
                new(2, 3, 4, 4, 5, 4, 4),
                new(1, 2, 95, 96, 3, 2, 1),
                new(1, 2, 95, 96, 1, 2, 2) { Padding = (1, 0) },
                new(37, 2, 9, 15, 18, 2, 3) { Padding = (1, 1) },
                new(2, 2, 32, 32, 18, 3, 3) { Padding = (1, 1) },
                new(3, 2, 16, 16, 34, 3, 3) { Padding = (1, 1) },
                new(5, 2, 8, 8, 70, 3, 3) { Padding = (1, 1) },
                new(9, 3, 16, 16, 20, 3, 3) { Padding = (1, 1), Stride = (2, 2) },
                new(9, 3, 8, 8, 20, 3, 3) { Padding = (1, 1), Stride = (2, 2) },
                new(21, 3, 4, 4, 20, 3, 3) { Padding = (1, 1) },
                new(21, 24, 4, 4, 24, 3, 3) { Padding = (1, 1), Groups = 24 },
                new(21, 6, 4, 4, 6, 3, 3) { Padding = (1, 1), Groups = 6, Stride = (2, 2) },
                new(19, 7, 2, 2, 40, 3, 3) { Padding = (1, 1) },
                new(7, 2, 3, 5, 3, 2, 2) { Dilation = (1, 2) },
                new(2, 40, 8, 8, 40, 3, 3) { Padding = (1, 1), Groups = 40 },
                new(130, 45, 1, 1, 70, 1, 1),
                new(1, 300, 1, 1, 270, 1, 1),
                new(2, 60, 2, 2, 260, 1, 1),
            ];
            var data = new TheoryData<KernelPath, Conv2dShape>();
            foreach (Conv2dShape shape in shapes)
            {
                foreach (KernelPath path in ConvolutionCase.Paths)
                {
                    data.Add(path, shape);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void ExactTableGivesIntegerConvolution(KernelPath path)
    {
        ConvolutionCase.SkipUnlessSupported(path);
        var shape = new Conv2dShape(2, 9, 10, 11, 20, 3, 3) { Padding = (1, 1) };
        var signed = new int[65536];
        var unsigned = new int[65536];
        for (int i = 0; i < 65536; i++)
        {
            signed[i] = ((i >> 8) - 128) * ((i & 255) - 128);
            unsigned[i] = (i >> 8) * (i & 255);
        }

        var relu = new ConvolutionCase(shape, signed, 1, firstCode: 128);
        Assert.Equal(relu.Naive((x, w) => (x - 128) * (w - 128)), relu.Run(path));
        var full = new ConvolutionCase(shape, unsigned, 2);
        Assert.Equal(full.Naive((x, w) => x * w), full.Run(path));
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void RandomTablesEqualNaiveLoop(KernelPath path, Conv2dShape shape)
    {
        ConvolutionCase.SkipUnlessSupported(path);
        new ConvolutionCase(shape, SignedTable, 1).CheckAgainstNaive(path);
        new ConvolutionCase(shape, UnsignedTable, 2).CheckAgainstNaive(path);
        new ConvolutionCase(shape, NarrowTable, 3).CheckAgainstNaive(path);

        // Activation codes of a part of the range, with the padding code inside, above and below it.
        new ConvolutionCase(shape, NarrowTable, 4, firstCode: 128).CheckAgainstNaive(path);
        new ConvolutionCase(shape, SignedTable, 5, firstCode: 37, lastCode: 90, padCode: 255).CheckAgainstNaive(path);
        new ConvolutionCase(shape, NarrowTable, 6, firstCode: 100, lastCode: 100, padCode: 0).CheckAgainstNaive(path);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void EveryStrategyEqualsNaiveLoop(KernelPath path, Conv2dShape shape)
    {
        ConvolutionCase.SkipUnlessSupported(path);
        foreach (ConvolutionCase one in ByShape.GetOrAdd(shape, Cases))
        {
            foreach (LutStrategy strategy in ConvolutionCase.Strategies(path))
            {
                one.CheckAgainstNaive(path, 2, strategy);
            }
        }

        // Tables without structure; tables that take two k at once nearly always, now and then, and nearly never.
        static ConvolutionCase[] Cases(Conv2dShape shape) =>
        [
            new(shape, SignedTable, 1),
            new(shape, NarrowTable, 3, firstCode: 128),
            new(shape, NarrowTable, 4, lastCode: 127, padCode: 3),
            .. NearExactUnsigned.Select(table => new ConvolutionCase(shape, table, 6)),
            .. NearExactSigned.Select((table, i) => new ConvolutionCase(shape, table, 8, firstCode: (byte)(128 * (i % 2)))),
        ];
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void DequantisationEqualsItsFormulaOnEveryPath(KernelPath path, Conv2dShape shape)
    {
        ConvolutionCase.SkipUnlessSupported(path);
        var random = new Random(11);
        float[] bias = [.. Enumerable.Range(0, shape.OutChannels).Select(_ => random.NextSingle() - 0.5f)];
        float[] scales = [.. Enumerable.Range(0, shape.OutChannels).Select(_ => 0.001f * (1 + random.NextSingle()))];
        int[] offset = [.. Enumerable.Range(0, shape.OutChannels).Select(_ => random.Next(-100_000, 100_000))];
        var one = new ConvolutionCase(shape, NearExactUnsigned[1], 6);
        int[] brackets = one.Naive((x, w) => one.Product(x, w) - (131 * x));
        int plane = shape.OutHeight * shape.OutWidth;
        float[] Expected(Func<int, float> scale, Func<int, int> added, Func<int, float> shift, int[] sums) =>
            [.. sums.Select((sum, i) => i / plane % shape.OutChannels is int o ? ((sum + added(o)) * scale(o)) + shift(o) : 0)];

        Assert.Equal(Expected(o => scales[o], o => offset[o], o => bias[o], brackets), one.Dequantized(scales, bias, offset, -131, path));
        Assert.Equal(Expected(_ => 0.25f, _ => 0, _ => 0, brackets), one.Dequantized([0.25f], [], [], -131, path));
        Assert.Equal(Expected(o => scales[o], _ => 0, o => bias[o], one.Naive()), one.Dequantized(scales, bias, [], 0, path, threads: 5));
    }

    [Fact]
    public void DequantisationThatDoesNotFitIsRefused()
    {
        var one = new ConvolutionCase(new Conv2dShape(1, 2, 4, 4, 3, 3, 3), UnsignedTable, 1);
        string lengths = Assert.Throws<ArgumentException>(() => one.Dequantized([1, 1], [1, 1, 1], [1], 0, KernelPath.Auto)).Message;
        Assert.Contains("found 2 scales, 3 biases and 1 offsets, expected 1 or 3, 0 or 3, and 0 or 3", lengths);

        // 65535 n and 255 * 255 n in one bracket: half of the greatest fan-in is too much, a third is not.
        var wide = new ConvolutionCase(new Conv2dShape(1, Conv2dShape.MaxFanIn / 2 + 100, 1, 1, 1, 1, 1), UnsignedTable, 1);
        Assert.Contains("expected them to fit 32 bits", Assert.Throws<ArgumentException>(
            () => wide.Dequantized([1], [], [], 255, KernelPath.Auto)).Message);
        Assert.Single(new ConvolutionCase(new Conv2dShape(1, Conv2dShape.MaxFanIn / 3, 1, 1, 1, 1, 1), UnsignedTable, 1)
            .Dequantized([1], [], [], 255, KernelPath.Auto));
    }

    [Fact]
    public void AFanInThatCouldOverflowIsRefused()
    {
        var shape = new Conv2dShape(1, Conv2dShape.MaxFanIn + 1, 1, 1, 1, 1, 1);
        string message = Assert.Throws<ArgumentException>(
            () => LutConv2d.Run(new byte[shape.InChannels], new byte[shape.InChannels], Table, shape, 0, new int[1])).Message;
        Assert.Contains($"found a fan-in of {shape.InChannels}, expected at most {Conv2dShape.MaxFanIn}", message);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void NothingIsAllocatedOnceWarm(KernelPath path)
    {
        ConvolutionCase.SkipUnlessSupported(path);
        var shape = new Conv2dShape(4, 16, 16, 16, 24, 3, 3) { Padding = (1, 1) };
        byte[] x = new byte[shape.InputLength], weights = new byte[shape.WeightLength];
        var outputs = new float[shape.OutputLength];
        float[] scale = [0.5f];
        void Run() => LutConv2d.Run(x, weights, Table, shape, 0, new LutDequantization(scale), outputs, path, threads: 1);
        for (int i = 0; i < 5; i++)
        {
            Run();
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            Run();
        }

        // The pool may have dropped a buffer in a collection of some other test.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2 << 20);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void FullyConnectedLayersEqualTheNaiveLoop(KernelPath path)
    {
        ConvolutionCase.SkipUnlessSupported(path);
        int[] products = ConvolutionCase.RandomTable(short.MinValue, short.MaxValue, 5);
        var table = new LutTable(products);
        foreach (int m in (int[])[0, 1, 7, 8, 9, 300])
        {
            foreach (int k in (int[])[1, 5, 6, 7, 64])
            {
                foreach (int n in (int[])[1, 2, 3, 10, 16, 17])
                {
                    byte[] x = new byte[m * k], weights = new byte[n * k];
                    new Random(m).NextBytes(x);
                    new Random(n).NextBytes(weights);
                    int[] expected = new int[m * n], sums = new int[m * n];
                    for (int i = 0; i < m * n * k; i++)
                    {
                        expected[i / k] += products[(x[(i / k / n * k) + (i % k)] * 256) + weights[i % (n * k)]];
                    }

                    LutConv2d.Run(x, weights, table, new Conv2dShape(m, k, 1, 1, n, 1, 1), 0, sums, path, threads: 2);
                    Assert.Equal(expected, sums);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void ChannelsAndPixelsAroundTheLanes(KernelPath path)
    {
        ConvolutionCase.SkipUnlessSupported(path);
        foreach (int channels in (int[])[1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33])
        {
            foreach (int pixels in (int[])[1, 2, 3, 7, 8, 9, 15, 16, 17, 63, 64, 65, 255, 256, 257])
            {
                var shape = new Conv2dShape(1, 2, 1, pixels, channels, 1, 3) { Padding = (0, 1) };
                new ConvolutionCase(shape, NarrowTable, pixels).CheckAgainstNaive(path);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void FanInsAroundTheDepthOfOnePass(KernelPath path)
    {
        ConvolutionCase.SkipUnlessSupported(path);
        for (int fanIn = 1; fanIn <= 20; fanIn++)
        {
            var shape = new Conv2dShape(2, fanIn, 3, 5, 18, 1, 1);
            new ConvolutionCase(shape, UnsignedTable, fanIn).CheckAgainstNaive(path);
            new ConvolutionCase(shape, NarrowTable, fanIn).CheckAgainstNaive(path);
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void ExtremeProductsDoNotWrap(KernelPath path)
    {
        ConvolutionCase.SkipUnlessSupported(path);
        var shape = new Conv2dShape(1, 8, 6, 6, 17, 3, 3) { Padding = (1, 1) };

        // 32767 is the widest range whose pair sums fit 16 bits, 32768 the first that does not.
        (int Least, int Greatest)[] ranges =
        [
            (short.MinValue, short.MaxValue), (0, ushort.MaxValue), (0, 32767), (0, 32768),
            (-32768, 0), (-32768, -1), (-16384, 16383), (-16384, 16384),
        ];
        foreach ((int least, int greatest) in ranges)
        {
            int[] products = ConvolutionCase.RandomTable(0, 1, 9);
            for (int i = 0; i < products.Length; i++)
            {
                // Activations of 200 and more take the extremes only, so runs of equal extremes occur.
                products[i] = i >= 200 * 256 || products[i] == 1 ? greatest : least;
            }

            new ConvolutionCase(shape, products, 1).CheckAgainstNaive(path);
            new ConvolutionCase(shape, products, 2, firstCode: 190).CheckAgainstNaive(path);
            new ConvolutionCase(shape, Constant(least), 3).CheckAgainstNaive(path);
            new ConvolutionCase(shape, Constant(greatest), 4).CheckAgainstNaive(path);
        }
    }

    private static int[] Constant(int product) => [.. Enumerable.Repeat(product, 65536)];

    [Theory]
    [MemberData(nameof(Paths))]
    public void GreatestFanInDoesNotOverflow(KernelPath path)
    {
        ConvolutionCase.SkipUnlessSupported(path);
        var shape = new Conv2dShape(1, Conv2dShape.MaxFanIn, 1, 2, 3, 1, 1);
        int[] products = ConvolutionCase.RandomTable(0, ushort.MaxValue, 1);
        new ConvolutionCase(shape, products, 1).CheckAgainstNaive(path);
        Assert.All(new ConvolutionCase(shape, Constant(ushort.MaxValue), 1).Run(path), sum => Assert.Equal(Conv2dShape.MaxFanIn * ushort.MaxValue, sum));
        Assert.All(new ConvolutionCase(shape, Constant(short.MinValue), 1).Run(path), sum => Assert.Equal(Conv2dShape.MaxFanIn * short.MinValue, sum));
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void AnyNumberOfThreadsGivesTheSameSums(KernelPath path)
    {
        ConvolutionCase.SkipUnlessSupported(path);
        Conv2dShape[] shapes =
        [
            new(3, 5, 21, 33, 50, 3, 3) { Padding = (1, 1) },
            new(1, 20, 4, 4, 100, 3, 3) { Padding = (1, 1) },
            new(2, 12, 30, 31, 12, 3, 3) { Padding = (1, 1), Groups = 12 },
        ];
        foreach (Conv2dShape shape in shapes)
        {
            var one = new ConvolutionCase(shape, SignedTable, 1);
            int[] expected = one.Naive();
            foreach (int threads in (int[])[0, 1, 2, 5, int.MaxValue])
            {
                Assert.Equal(expected, one.Run(path, threads));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void EveryImageIsComputedOnItsOwn(KernelPath path)
    {
        ConvolutionCase.SkipUnlessSupported(path);
        var shape = new Conv2dShape(512, 3, 4, 5, 6, 3, 3) { Padding = (1, 1) };
        byte[] x = new byte[shape.InputLength], weights = new byte[shape.WeightLength];
        new Random(1).NextBytes(x);
        new Random(2).NextBytes(weights);
        int[] all = new int[shape.OutputLength], one = new int[shape.OutputLength / 512];
        LutConv2d.Run(x, weights, Table, shape, 7, all, path);
        for (int b = 0; b < 512; b += 73)
        {
            LutConv2d.Run(x.AsSpan(b * 60, 60), weights, Table, shape with { Batch = 1 }, 7, one, path);
            Assert.Equal(one, all.AsSpan(b * one.Length, one.Length).ToArray());
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void AnEmptyBatchIsNotAnError(KernelPath path)
    {
        ConvolutionCase.SkipUnlessSupported(path);
        Assert.Empty(new ConvolutionCase(new Conv2dShape(0, 3, 8, 8, 4, 3, 3), SignedTable, 1).Run(path));
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void RandomShapesEqualNaiveLoop(KernelPath path)
    {
        ConvolutionCase.SkipUnlessSupported(path);
        Gen<(int H, int W)> two = Gen.Select(Gen.Int[1, 3], Gen.Int[1, 3]);
        Gen<Conv2dShape> shapes =
            from groups in Gen.Int[1, 4]
            from channels in Gen.Select(Gen.Int[1, 5], Gen.Int[1, 20])
            from batch in Gen.Int[0, 3]
            from size in Gen.Select(Gen.Int[1, 14], Gen.Int[1, 20])
            from kernel in Gen.Select(Gen.Int[1, 4], Gen.Int[1, 4])
            from padding in Gen.Select(Gen.Int[0, 3], Gen.Int[0, 3])
            from stride in two
            from dilation in two
            let outChannels = groups * channels.Item2
            select new Conv2dShape(batch, groups * channels.Item1, size.Item1, size.Item2, outChannels, kernel.Item1, kernel.Item2)
            {
                Groups = groups,
                Padding = padding,
                Stride = stride,
                Dilation = dilation,
            };
        Gen<Conv2dShape> possible = shapes.Where(s => s.Height + (2 * s.Padding.H) > s.Dilation.H * (s.KernelHeight - 1)
            && s.Width + (2 * s.Padding.W) > s.Dilation.W * (s.KernelWidth - 1));
        Gen.Select(possible, Gen.Byte, Gen.Byte, Gen.Byte, Gen.Int[1, 3]).Sample(
            (shape, a, b, pad, threads) =>
            {
                int[] table = (a + b) % 3 == 0 ? SignedTable : (a + b) % 3 == 1 ? UnsignedTable : NarrowTable;
                new ConvolutionCase(shape, table, pad, Math.Min(a, b), Math.Max(a, b), pad).CheckAgainstNaive(path, threads);
            },
            iter: 300,
            threads: 1);
    }

    [Fact]
    public void WrongLengthsAreNamed()
    {
        var shape = new Conv2dShape(2, 3, 4, 4, 5, 3, 3);
        byte[] x = new byte[96], weights = new byte[135];
        var sums = new int[40];
        Assert.Contains(
            "found 95 activation codes, expected 96",
            Message(() => LutConv2d.Run(x.AsSpan(1), weights, Table, shape, 0, sums)));
        Assert.Contains(
            "found 134 weight codes, expected 135",
            Message(() => LutConv2d.Run(x, weights.AsSpan(1), Table, shape, 0, sums)));
        Assert.Contains("found 39 outputs, expected 40", Message(() => LutConv2d.Run(x, weights, Table, shape, 0, sums.AsSpan(1))));
        Assert.Contains("groups", Message(() => LutConv2d.Run(x, weights, Table, shape with { Groups = 2 }, 0, sums)));
        LutConv2d.Run(x, weights, Table, shape, 0, sums);

        static string Message(Action run) => Assert.Throws<ArgumentException>(run).Message;
    }

    [Fact]
    public void UnknownPathsAndThreadsAreRefused()
    {
        var shape = new Conv2dShape(0, 1, 1, 1, 1, 1, 1);
        string message = Assert.Throws<ArgumentOutOfRangeException>(
            () => LutConv2d.Run([], new byte[1], Table, shape, 0, [], (KernelPath)9)).Message;
        Assert.Contains("found path 9", message);
        Assert.Contains("found path Tensor", Assert.Throws<ArgumentOutOfRangeException>(
            () => LutConv2d.Run([], new byte[1], Table, shape, 0, [], KernelPath.Tensor)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => LutConv2d.Run([], new byte[1], Table, shape, 0, [], threads: -1));
    }

    [Fact]
    public void Avx2IsRefusedWhereItIsMissing()
    {
        Assert.SkipWhen(System.Runtime.Intrinsics.X86.Avx2.IsSupported, "This processor has AVX2; run with DOTNET_EnableAVX2=0.");
        var shape = new Conv2dShape(0, 1, 1, 1, 1, 1, 1);
        Assert.Throws<PlatformNotSupportedException>(() => LutConv2d.Run([], new byte[1], Table, shape, 0, [], KernelPath.Avx2));
    }

    [Fact]
    public void TheEnvironmentVariableForcesAuto()
    {
        string? before = Environment.GetEnvironmentVariable(LutConv2d.PathVariable);
        try
        {
            Environment.SetEnvironmentVariable(LutConv2d.PathVariable, "sse");
            var one = new ConvolutionCase(new Conv2dShape(1, 2, 5, 5, 3, 3, 3), SignedTable, 1);
            string message = Assert.Throws<InvalidOperationException>(() => one.Run(KernelPath.Auto)).Message;
            Assert.Contains("found 'sse', expected one of avx512, avx2", message);
            one.CheckAgainstNaive(KernelPath.Scalar);
            foreach (string? known in (string?[])["scalar", null])
            {
                Environment.SetEnvironmentVariable(LutConv2d.PathVariable, known);
                one.CheckAgainstNaive(KernelPath.Auto);
            }
        }
        finally
        {
            Environment.SetEnvironmentVariable(LutConv2d.PathVariable, before);
        }
    }
}
