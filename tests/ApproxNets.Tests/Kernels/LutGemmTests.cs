using ApproxNets.Kernels;
using Xunit;

namespace ApproxNets.Tests.Kernels;

public sealed class LutGemmTests
{
    public static TheoryData<KernelPath> Paths => [.. ConvolutionCase.Paths];

    [Theory]
    [MemberData(nameof(Paths))]
    public void EqualsNaiveLoop(KernelPath path)
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

                    LutGemm.Run(x, weights, table, m, k, n, sums, path, threads: 2);
                    Assert.Equal(expected, sums);
                }
            }
        }
    }

    [Fact]
    public void WrongSizesAreNamed()
    {
        var products = new LutTable(new int[65536]);
        string lengths = Assert.Throws<ArgumentException>(
            () => LutGemm.Run(new byte[6], new byte[12], products, 2, 3, 4, new int[7])).Message;
        Assert.Contains("found 6 activation codes, 12 weight codes and 7 sums, expected 6, 12 and 8", lengths);
        string sizes = Assert.Throws<ArgumentException>(() => LutGemm.Run([], [], products, 2, 0, 4, [])).Message;
        Assert.Contains("found M = 2, K = 0, N = 4", sizes);
    }
}
