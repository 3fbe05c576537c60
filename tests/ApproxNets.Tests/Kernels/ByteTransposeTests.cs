using ApproxNets.Kernels;
using Xunit;

namespace ApproxNets.Tests.Kernels;

public sealed unsafe class ByteTransposeTests
{
    [Fact]
    public void EverySizeAroundABlockIsTransposed()
    {
        foreach (int rows in (int[])[1, 2, 15, 16, 17, 33, 64, 300])
        {
            foreach (int columns in (int[])[1, 3, 15, 16, 17, 31, 48, 250])
            {
                byte[] from = new byte[rows * columns], to = new byte[rows * columns];
                new Random(rows + columns).NextBytes(from);
                fixed (byte* source = from, target = to)
                {
                    ByteTranspose.Run(source, rows, columns, target, threads: 3);
                }

                for (int i = 0; i < from.Length; i++)
                {
                    Assert.Equal(from[i], to[(i % columns * rows) + (i / columns)]);
                }
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(2048)]
    [InlineData(2049)]
    [InlineData(70_000)]
    public void SumsOfBytesDoNotOverflow(int length)
    {
        var values = new byte[length];
        new Random(length).NextBytes(values);
        Assert.Equal(values.Sum(v => v), SpanSum.Of(values));
        Array.Fill(values, byte.MaxValue);
        Assert.Equal(255 * length, SpanSum.Of(values));
    }
}
