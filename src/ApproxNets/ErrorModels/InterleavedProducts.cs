using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using ApproxNets.Multipliers;

namespace ApproxNets.ErrorModels;

/// <summary>
/// The tables of up to 32 multipliers side by side: the products of one operand pair, 16 bits each, fill one cache line, so that one
/// access looks a pair up under all of them.
/// </summary>
/// <remarks>Signed products are stored plus 32,768. An error would need 17 bits; so the sum of products is looked up, and the exact sum,
/// common to all multipliers, is taken off afterwards.</remarks>
internal sealed unsafe class InterleavedProducts
{
    /// <summary>Multipliers of one block.</summary>
    public const int Lanes = 32;

    private const int LineBytes = Lanes * sizeof(ushort);

    // Pinned for good, so that lines stay aligned to cache lines.
    private readonly ushort[] _memory = GC.AllocateArray<ushort>((Multiplier.Codes * Multiplier.Codes * Lanes) + Lanes, pinned: true);
    private readonly ushort* _lines;
    private readonly int _offset;

    public InterleavedProducts(IReadOnlyList<Multiplier> multipliers)
    {
        _lines = (ushort*)(((nuint)Unsafe.AsPointer(ref _memory[0]) + LineBytes - 1) & ~(nuint)(LineBytes - 1));
        _offset = multipliers[0].Signedness == Signedness.Signed ? -short.MinValue : 0;
        for (int m = 0; m < multipliers.Count; m++)
        {
            ReadOnlySpan<int> products = multipliers[m].Products.Span;
            for (int pair = 0; pair < products.Length; pair++)
            {
                _lines[(pair * Lanes) + m] = (ushort)(products[pair] + _offset);
            }
        }
    }

    /// <summary>Computes the error of the sum of products of operand pairs under every multiplier.</summary>
    /// <param name="pairs">Operand pairs <c>xCode * 256 + wCode</c>, at most <c>Conv2dShape.MaxFanIn</c>.</param>
    /// <param name="exact">Sum of their exact products.</param>
    /// <param name="errors">Approximate less exact sum by multiplier, <see cref="Lanes"/> entries (written).</param>
    public void SumErrors(ReadOnlySpan<ushort> pairs, int exact, Span<int> errors)
    {
        // Sums of 16-bit values of a layer's fan-in fit 32 bits without sign.
        Vector256<uint> s0 = default, s1 = default, s2 = default, s3 = default;
        foreach (ushort pair in pairs)
        {
            ushort* line = _lines + (pair * Lanes);
            s0 += Vector256.WidenLower(Vector128.LoadAligned(line).ToVector256Unsafe());
            s1 += Vector256.WidenLower(Vector128.LoadAligned(line + 8).ToVector256Unsafe());
            s2 += Vector256.WidenLower(Vector128.LoadAligned(line + 16).ToVector256Unsafe());
            s3 += Vector256.WidenLower(Vector128.LoadAligned(line + 24).ToVector256Unsafe());
        }

        Vector256<int> common = Vector256.Create(exact + (_offset * pairs.Length));
        (s0.AsInt32() - common).CopyTo(errors);
        (s1.AsInt32() - common).CopyTo(errors[8..]);
        (s2.AsInt32() - common).CopyTo(errors[16..]);
        (s3.AsInt32() - common).CopyTo(errors[24..]);
        GC.KeepAlive(_memory);
    }
}
