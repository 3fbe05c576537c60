using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace ApproxNets.Multipliers;

/// <summary>A named, ordered collection of multipliers of one signedness, at least one of them exact. Immutable.</summary>
public sealed partial class MultiplierLibrary
{
    private readonly Multiplier[] _multipliers;
    private readonly Dictionary<string, Multiplier> _byName;
    private readonly Lazy<string> _sha256;

    /// <summary>Makes a library.</summary>
    /// <param name="name">Name, for reports.</param>
    /// <param name="signedness">Signedness of all multipliers.</param>
    /// <param name="multipliers">The multipliers; their order is kept.</param>
    /// <exception cref="ArgumentException">A multiplier is of the other signedness, two have the same name, or none is exact.</exception>
    public MultiplierLibrary(string name, Signedness signedness, IEnumerable<Multiplier> multipliers)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(multipliers);
        Name = name;
        Signedness = signedness;
        _multipliers = [.. multipliers];
        _byName = new Dictionary<string, Multiplier>(StringComparer.Ordinal);
        foreach (Multiplier multiplier in _multipliers)
        {
            if (multiplier.Signedness != signedness)
            {
                throw new ArgumentException(
                    $"Library '{name}': found {multiplier}, expected {signedness} multipliers only.", nameof(multipliers));
            }

            if (!_byName.TryAdd(multiplier.Name, multiplier))
            {
                throw new ArgumentException(
                    $"Library '{name}': found two multipliers named '{multiplier.Name}', expected distinct names.", nameof(multipliers));
            }
        }

        Exact = _multipliers.Where(m => m.IsExact).MinBy(m => m.RelativePower)
            ?? throw new ArgumentException(
                $"Library '{name}': found no exact multiplier among {_multipliers.Length}, expected at least one.", nameof(multipliers));
        _sha256 = new Lazy<string>(ComputeSha256);
    }

    /// <summary>Name, for reports.</summary>
    public string Name { get; }

    /// <summary>Signedness of all multipliers.</summary>
    public Signedness Signedness { get; }

    /// <summary>The multipliers in order.</summary>
    public IReadOnlyList<Multiplier> Multipliers => _multipliers;

    /// <summary>The exact multiplier; of several, the one of least power.</summary>
    public Multiplier Exact { get; }

    /// <summary>
    /// SHA-256 of the content, lower-case hexadecimal: signedness, then of each multiplier in order the name, the relative power's bits,
    /// the table, and the scale's bits unless it is 1. Neither the library's name nor the power sources count.
    /// </summary>
    public string Sha256 => _sha256.Value;

    /// <summary>The multiplier of a name.</summary>
    /// <exception cref="KeyNotFoundException">There is none; the message has the nearest names.</exception>
    public Multiplier this[string name] => _byName.TryGetValue(name, out Multiplier? multiplier)
        ? multiplier
        : throw new KeyNotFoundException(
            $"Library '{Name}': found no multiplier '{name}', expected one of {_multipliers.Length}; "
            + $"the nearest names are {string.Join(", ", Nearest(name))}.");

    /// <summary>Makes a library without some multipliers.</summary>
    /// <exception cref="KeyNotFoundException">A name is not in this library.</exception>
    /// <exception cref="ArgumentException">No exact multiplier would be left.</exception>
    public MultiplierLibrary Without(params IEnumerable<string> names)
    {
        var removed = names.Select(name => this[name]).ToHashSet();
        return Where(multiplier => !removed.Contains(multiplier));
    }

    /// <summary>Makes a library of the multipliers that satisfy a condition, in the same order.</summary>
    /// <exception cref="ArgumentException">No exact multiplier would be left.</exception>
    public MultiplierLibrary Where(Func<Multiplier, bool> condition) => new(Name, Signedness, _multipliers.Where(condition));

    /// <summary>Makes a library of these multipliers and others, by falling power, then by name. Of two of one name that of this library
    /// stays.</summary>
    private MultiplierLibrary With(IEnumerable<Multiplier> others) =>
        new(Name, Signedness, Ordered(_multipliers.Concat(others.Where(m => !_byName.ContainsKey(m.Name)))));

    private static IEnumerable<Multiplier> Ordered(IEnumerable<Multiplier> multipliers) =>
        multipliers.OrderByDescending(m => m.RelativePower).ThenBy(m => m.Name, StringComparer.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => $"{Name} ({Signedness.Word()}, {_multipliers.Length} multipliers)";

    private string ComputeSha256()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[sizeof(int) * Multiplier.Codes * Multiplier.Codes];
        hash.AppendData([(byte)Signedness]);
        foreach (Multiplier multiplier in _multipliers)
        {
            byte[] name = Encoding.UTF8.GetBytes(multiplier.Name);
            BinaryPrimitives.WriteInt32LittleEndian(buffer, name.Length);
            BinaryPrimitives.WriteDoubleLittleEndian(buffer.AsSpan(sizeof(int)), multiplier.RelativePower);
            hash.AppendData(buffer.AsSpan(0, sizeof(int) + sizeof(double)));
            hash.AppendData(name);
            ReadOnlySpan<int> products = multiplier.Products.Span;
            for (int i = 0; i < products.Length; i++)
            {
                BinaryPrimitives.WriteInt32LittleEndian(buffer.AsSpan(i * sizeof(int)), products[i]);
            }

            hash.AppendData(buffer);
            if (multiplier.Scale != 1)
            {
                BinaryPrimitives.WriteDoubleLittleEndian(buffer, multiplier.Scale);
                hash.AppendData(buffer.AsSpan(0, sizeof(double)));
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The names that begin most like this one, in any case of letters.</summary>
    private IEnumerable<string> Nearest(string name) => _multipliers.Select(m => m.Name).OrderByDescending(other =>
        other.Zip(name).TakeWhile(pair => char.ToLowerInvariant(pair.First) == char.ToLowerInvariant(pair.Second)).Count()).Take(3);
}
