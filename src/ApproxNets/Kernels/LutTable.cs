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
    private readonly Lazy<LutResiduals> _lowerHalf;
    private readonly Lazy<LutResiduals> _upperHalf;
    private readonly Lazy<LutResiduals> _allCodes;
    private readonly Lazy<LutResiduals> _byActivation;

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
        if (least < 0 ? least < short.MinValue || greatest > short.MaxValue : greatest > ushort.MaxValue)
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
        const int Window = LutResiduals.WindowCodes;
        _lowerHalf = new Lazy<LutResiduals>(() => new LutResiduals(_products, byWeight: true, 0, Window));
        _upperHalf = new Lazy<LutResiduals>(() => new LutResiduals(_products, byWeight: true, Window, Window));
        _allCodes = new Lazy<LutResiduals>(() => new LutResiduals(_products, byWeight: true, 0, Codes));
        _byActivation = new Lazy<LutResiduals>(() => new LutResiduals(_products, byWeight: false, 0, Codes));
        ByWeight = GC.AllocateUninitializedArray<ushort>(products.Length, pinned: true);
        for (int x = 0; x < Codes; x++)
        {
            (_least[x], _greatest[x]) = SpanRange.Of<int>(_products.AsSpan(x * Codes, Codes));
            for (int w = 0; w < Codes; w++)
            {
                ByWeight[(w * Codes) + x] = (ushort)(_products[(x * Codes) + w] - Bias);
            }
        }
    }

    /// <summary>The products, <c>[xCode * 256 + wCode]</c>. Pinned.</summary>
    internal ReadOnlySpan<int> Products => _products;

    /// <summary>What <see cref="ByWeight"/> leaves out: -32,768 where there are negative products, else 0.</summary>
    internal int Bias { get; }

    /// <summary>The products less <see cref="Bias"/>, <c>[wCode * 256 + xCode]</c>. Pinned.</summary>
    internal ushort[] ByWeight { get; }

    /// <summary>Residuals with weights as rows, for activation codes in low..high: of the half of the codes that holds them, else of
    /// all.</summary>
    internal LutResiduals ResidualsByWeight(byte low, byte high) =>
        high < LutResiduals.WindowCodes ? _lowerHalf.Value : low >= LutResiduals.WindowCodes ? _upperHalf.Value : _allCodes.Value;

    /// <summary>Residuals with activations as rows, for all weight codes.</summary>
    internal LutResiduals ResidualsByActivation => _byActivation.Value;

    /// <summary>Lays out all that a kernel may ask for, so that no later call has to; returns the bytes of it and of the table.</summary>
    internal long Prepare() => (sizeof(int) * (_products.Length + _least.Length + _greatest.Length)) + (sizeof(ushort) * ByWeight.Length)
        + new[] { _lowerHalf, _upperHalf, _allCodes, _byActivation }.Sum(r => r.Value.Prepare());

    /// <summary>Computes the least and greatest product of the activation codes <paramref name="low"/>..<paramref name="high"/>.</summary>
    internal (int Least, int Greatest) Range(byte low, byte high)
    {
        int count = high - low + 1;
        return (SpanRange.Of<int>(_least.AsSpan(low, count)).Least, SpanRange.Of<int>(_greatest.AsSpan(low, count)).Greatest);
    }
}
