// The flow of data, 1 of 8. A multiplier is its product table and what it costs. Circuits and files make multipliers; a library is a list
// of them; the kernels (2) look products up in the table, and the error models (5) read its errors.
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using ApproxNets.Kernels;

namespace ApproxNets.Multipliers;

/// <summary>
/// An 8x8-bit multiplier, exact or approximate: a name, its product table <c>m(x, w)</c> and its power relative to
/// the exact multiplier of the same signedness. Immutable.
/// </summary>
/// <remarks>
/// The table is in numeric order: entry <c>[(x - MinOperand) * 256 + (w - MinOperand)]</c> holds <c>m(x, w)</c>, activation
/// first. <c>value - MinOperand</c>, 0..255, is called the operand's <em>code</em>; the kernels see codes only, so they do
/// not depend on the signedness.
/// </remarks>
public sealed partial class Multiplier
{
    /// <summary>Number of codes of one operand.</summary>
    public const int Codes = 256;

    private readonly int[] _products;
    private readonly Lazy<LutTable> _table;
    private readonly bool _isExactTable;

    /// <summary>Makes a multiplier from its product table.</summary>
    /// <param name="name">Name, unique within a library.</param>
    /// <param name="signedness">How both operands are read.</param>
    /// <param name="products">The 65,536 products in numeric order, activation first (copied).</param>
    /// <param name="relativePower">Power divided by that of the exact multiplier of the same signedness, &gt;= 0.</param>
    /// <param name="powerSource">Where <paramref name="relativePower"/> comes from.</param>
    /// <exception cref="ArgumentException">The table is not of 65,536 entries, a product does not fit 16 bits of the
    /// given signedness, or the name is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The power is negative or not finite.</exception>
    public Multiplier(string name, Signedness signedness, ReadOnlySpan<int> products, double relativePower, string powerSource)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentException.ThrowIfNullOrWhiteSpace(powerSource);
        if (products.Length != Codes * Codes)
        {
            throw new ArgumentException(
                $"Multiplier '{name}': found a table of {products.Length} products, expected 256 x 256 = 65536.", nameof(products));
        }

        if (!double.IsFinite(relativePower) || relativePower < 0)
        {
            throw new ArgumentOutOfRangeException(
                nameof(relativePower), $"Multiplier '{name}': found a relative power of {relativePower}, expected a finite number >= 0.");
        }

        Name = name;
        Signedness = signedness;
        RelativePower = relativePower;
        PowerSource = powerSource;
        _products = products.ToArray();
        (int least, int greatest) = signedness.ProductRange();
        int outside = products.IndexOfAnyExceptInRange(least, greatest);
        if (outside >= 0)
        {
            throw new ArgumentException(
                $"Multiplier '{name}': found m({(outside >> 8) + MinOperand}, {(outside & 255) + MinOperand}) = {products[outside]}, "
                + $"expected a 16-bit {signedness} product ({least}..{greatest}).",
                nameof(products));
        }

        _isExactTable = true;
        for (int i = 0; i < products.Length && _isExactTable; i++)
        {
            _isExactTable = products[i] == ((i >> 8) + MinOperand) * ((i & 255) + MinOperand);
        }

        _table = new Lazy<LutTable>(() => new LutTable(_products));
    }

    /// <summary>Name, unique within a library.</summary>
    public string Name { get; }

    /// <summary>How both operands are read.</summary>
    public Signedness Signedness { get; }

    /// <summary>Power divided by that of the exact multiplier of the same signedness; savings are one minus this.</summary>
    public double RelativePower { get; }

    /// <summary>Where <see cref="RelativePower"/> comes from.</summary>
    public string PowerSource { get; }

    /// <summary>Area of the circuit in square micrometres, where it is known.</summary>
    public double? AreaSquareMicrometres { get; init; }

    /// <summary>Delay of the circuit's longest path in nanoseconds, where it is known.</summary>
    public double? DelayNanoseconds { get; init; }

    /// <summary>Where area and delay come from; null without them.</summary>
    public string? AreaDelaySource { get; init; }

    /// <summary>True when every product is exact.</summary>
    public bool IsExact => _isExactTable && Scale == 1;

    /// <summary>The first 12 hex digits of the SHA-256 of the table (little-endian int32): tells circuits of one name apart.</summary>
    public string TableHash => HashOf(_products);

    internal static string HashOf(ReadOnlySpan<int> products) => Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(products)))[..12];

    /// <summary>Least operand value: 0 or -128.</summary>
    public int MinOperand => Signedness == Signedness.Signed ? -128 : 0;

    /// <summary>Greatest operand value: 255 or 127.</summary>
    public int MaxOperand => MinOperand + Codes - 1;

    /// <summary>The product table in numeric order, 65,536 entries, <c>[xCode * 256 + wCode]</c>.</summary>
    public ReadOnlyMemory<int> Products => _products;

    /// <summary>The products as the kernels read them; made when first asked for, then kept.</summary>
    public LutTable Table => _table.Value;

    /// <summary>The product <c>m(x, w)</c> of two operand values.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An operand is outside <see cref="MinOperand"/>..<see cref="MaxOperand"/>.</exception>
    public int this[int x, int w] => _products[(Code(x, nameof(x)) * Codes) + Code(w, nameof(w))];

    /// <summary>Tabulates a function of two operand values.</summary>
    /// <param name="name">Name, unique within a library.</param>
    /// <param name="signedness">How both operands are read.</param>
    /// <param name="product">The product of an activation and a weight, called once for every pair.</param>
    /// <param name="relativePower">Power divided by that of the exact multiplier of the same signedness.</param>
    /// <param name="powerSource">Where the power comes from.</param>
    /// <exception cref="ArgumentException">A product does not fit 16 bits of the given signedness.</exception>
    public static Multiplier FromFunction(
        string name, Signedness signedness, Func<int, int, int> product, double relativePower, string powerSource)
    {
        ArgumentNullException.ThrowIfNull(product);
        int least = signedness == Signedness.Signed ? -128 : 0;
        var products = new int[Codes * Codes];
        for (int i = 0; i < products.Length; i++)
        {
            products[i] = product((i >> 8) + least, (i & 255) + least);
        }

        return new Multiplier(name, signedness, products, relativePower, powerSource);
    }

    /// <summary>Computes the error map <c>E(x, w) = m(x, w) - x w</c>, in the order of <see cref="Products"/>.</summary>
    public int[] ErrorMap()
    {
        var errors = new int[_products.Length];
        for (int i = 0; i < errors.Length; i++)
        {
            errors[i] = _products[i] - (((i >> 8) + MinOperand) * ((i & 255) + MinOperand));
        }

        return errors;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} ({Signedness.Word()}, relative power {RelativePower:F3}"
        + (WeightCodes.IsEmpty ? ")" : FormattableString.Invariant($", tuned weights, scale {Scale})"));

    private int Code(int operand, string parameter) => operand >= MinOperand && operand <= MaxOperand
        ? operand - MinOperand
        : throw new ArgumentOutOfRangeException(
            parameter, $"Multiplier '{Name}': found operand {operand}, expected {MinOperand}..{MaxOperand}.");
}

/// <summary>How an 8x8-bit multiplier reads its two operands.</summary>
public enum Signedness
{
    /// <summary>Both operands are 0..255 (EvoApproxLib <c>mul8u</c>).</summary>
    Unsigned,

    /// <summary>Both operands are -128..127 in two's complement (EvoApproxLib <c>mul8s</c>).</summary>
    Signed,
}

/// <summary>Signedness as a word: in parameters, names of libraries and messages.</summary>
public static class SignednessNames
{
    /// <summary>"signed" or "unsigned".</summary>
    public static string Word(this Signedness signedness) => signedness.ToString().ToLowerInvariant();

    /// <summary>Reads the word, in any case.</summary>
    /// <exception cref="ArgumentException">It is neither "signed" nor "unsigned".</exception>
    public static Signedness Parse(string word) => word.ToLowerInvariant() switch
    {
        "signed" => Signedness.Signed,
        "unsigned" => Signedness.Unsigned,
        _ => throw new ArgumentException($"Signedness: found '{word}', expected signed or unsigned.", nameof(word)),
    };

    /// <summary>Returns the signedness if it is one of the two.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is another number.</exception>
    public static Signedness Checked(this Signedness signedness) => signedness is Signedness.Unsigned or Signedness.Signed
        ? signedness
        : throw new ArgumentOutOfRangeException(nameof(signedness), $"Found signedness {(int)signedness}, expected Unsigned or Signed.");

    /// <summary>The least and the greatest product of 16 bits.</summary>
    internal static (int Least, int Greatest) ProductRange(this Signedness signedness) =>
        signedness == Signedness.Signed ? (short.MinValue, short.MaxValue) : (0, ushort.MaxValue);
}
