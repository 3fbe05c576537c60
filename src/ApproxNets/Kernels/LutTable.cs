namespace ApproxNets.Kernels;

/// <summary>
/// The product table of a multiplier as the kernels read it: checked once, and laid out by activation code and by weight code.
/// Make one per multiplier and keep it. Immutable, safe for any number of threads.
/// </summary>
public sealed class LutTable
{
    /// <summary>Codes of one operand.</summary>
    public const int Codes = 256;

    private readonly int[] _products;
    private readonly int[] _least = new int[Codes];
    private readonly int[] _greatest = new int[Codes];
    private readonly Lazy<LutBytePlanes> _lowerHalf;
    private readonly Lazy<LutBytePlanes> _upperHalf;
    private readonly Lazy<LutBytePlanes> _allCodes;

    /// <summary>Checks and lays out a product table.</summary>
    /// <param name="products">65,536 products <c>[xCode * 256 + wCode]</c> of 16 bits: within -32,768..32,767 or 0..65,535 (copied).</param>
    /// <exception cref="ArgumentException">The number of products is another one, or they do not fit 16 bits.</exception>
    public LutTable(ReadOnlySpan<int> products)
    {
        if (products.Length != Codes * Codes)
        {
            throw new ArgumentException(
                $"Product table: found {products.Length} products, expected 256 x 256 = {Codes * Codes}.", nameof(products));
        }

        (int least, int greatest) = SpanRange.Of(products);
        if (least < short.MinValue || greatest > ushort.MaxValue || greatest - least > ushort.MaxValue)
        {
            throw new ArgumentException(
                $"Product table: found products of {least}..{greatest}, expected 16 bits "
                + $"({short.MinValue}..{short.MaxValue} or 0..{ushort.MaxValue}).",
                nameof(products));
        }

        Bias = least < 0 ? short.MinValue : 0;

        // Pinned for good: kernels keep pointers to them.
        _products = GC.AllocateUninitializedArray<int>(products.Length, pinned: true);
        products.CopyTo(_products);
        _lowerHalf = new Lazy<LutBytePlanes>(() => new LutBytePlanes(_products, 0, LutBytePlanes.WindowCodes));
        _upperHalf = new Lazy<LutBytePlanes>(() => new LutBytePlanes(_products, LutBytePlanes.WindowCodes, LutBytePlanes.WindowCodes));
        _allCodes = new Lazy<LutBytePlanes>(() => new LutBytePlanes(_products, 0, Codes));
        ByActivation = GC.AllocateUninitializedArray<ushort>(products.Length, pinned: true);
        ByWeight = GC.AllocateUninitializedArray<ushort>(products.Length, pinned: true);
        for (int x = 0; x < Codes; x++)
        {
            (_least[x], _greatest[x]) = SpanRange.Of<int>(_products.AsSpan(x * Codes, Codes));
            for (int w = 0; w < Codes; w++)
            {
                ushort biased = (ushort)(_products[(x * Codes) + w] - Bias);
                ByActivation[(x * Codes) + w] = biased;
                ByWeight[(w * Codes) + x] = biased;
            }
        }
    }

    /// <summary>The products, <c>[xCode * 256 + wCode]</c>. Pinned.</summary>
    internal ReadOnlySpan<int> Products => _products;

    /// <summary>What the 16-bit tables leave out: -32,768 where there are negative products, else 0.</summary>
    internal int Bias { get; }

    /// <summary>The products less <see cref="Bias"/>, <c>[xCode * 256 + wCode]</c>. Pinned.</summary>
    internal ushort[] ByActivation { get; }

    /// <summary>The products less <see cref="Bias"/>, <c>[wCode * 256 + xCode]</c>. Pinned.</summary>
    internal ushort[] ByWeight { get; }

    /// <summary>The byte planes for activation codes in low..high: of the half of the codes that holds them, else of all.</summary>
    internal LutBytePlanes BytePlanes(byte low, byte high) =>
        high < LutBytePlanes.WindowCodes ? _lowerHalf.Value : low >= LutBytePlanes.WindowCodes ? _upperHalf.Value : _allCodes.Value;

    /// <summary>Computes the least and greatest product of the activation codes <paramref name="low"/>..<paramref name="high"/>.</summary>
    internal (int Least, int Greatest) Range(byte low, byte high)
    {
        int count = high - low + 1;
        return (SpanRange.Of<int>(_least.AsSpan(low, count)).Least, SpanRange.Of<int>(_greatest.AsSpan(low, count)).Greatest);
    }
}
