using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ApproxNets.Foundation;

/// <summary>
/// What a result depends on, as lines of text "name value" in a fixed order. Two computations with the same text give the same result.
/// </summary>
/// <remarks>
/// The names are written out where a value is added. They do not follow the names of properties or enumeration members in the code, so
/// those can be renamed without a stored result being lost. Who changes what a value means raises the version of the kind.
/// </remarks>
public sealed class Fingerprint
{
    private readonly StringBuilder _text = new();

    /// <summary>Begins a text with what it describes.</summary>
    /// <param name="kind">What is computed, such as "qat".</param>
    /// <param name="version">Version of the algorithm and of the text, from 1.</param>
    public Fingerprint(string kind, int version) => Add(kind, version);

    /// <summary>The lines, each with its end.</summary>
    public string Text => _text.ToString();

    /// <summary>SHA-256 of <see cref="Text"/> in UTF-8, lower-case hexadecimal.</summary>
    public string Sha256 => Sha256Of(Text);

    /// <summary>Computes the hash of a text of lines, as <see cref="Sha256"/> does.</summary>
    public static string Sha256Of(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>Adds a line.</summary>
    /// <param name="name">Name of the value, without a line break.</param>
    /// <param name="value">Text without a line break.</param>
    /// <exception cref="ArgumentException">There is a line break, or no name.</exception>
    public Fingerprint Add(string name, string value)
    {
        if (string.IsNullOrWhiteSpace(name) || name.Contains('\n') || value.Contains('\n'))
        {
            throw new ArgumentException($"Fingerprint: found the line '{name} {value}', expected a name and a value on one line.", nameof(name));
        }

        _text.Append(name).Append(' ').Append(value).Append('\n');
        return this;
    }

    /// <summary>Adds a whole number.</summary>
    public Fingerprint Add(string name, long value) => Add(name, value.ToString(CultureInfo.InvariantCulture));

    /// <summary>Adds a number in the shortest form that reads back to the same bits.</summary>
    public Fingerprint Add(string name, double value) => Add(name, value.ToString("R", CultureInfo.InvariantCulture));

    /// <summary>Adds all numbers of a list on one line.</summary>
    public Fingerprint Add(string name, IEnumerable<double> values) =>
        Add(name, string.Join(' ', values.Select(v => v.ToString("R", CultureInfo.InvariantCulture))));

    /// <summary>Adds the lines of a part, such as the options of a training.</summary>
    /// <param name="part">Adds its lines to this text.</param>
    public Fingerprint Add(Action<Fingerprint> part)
    {
        part(this);
        return this;
    }

    /// <inheritdoc/>
    public override string ToString() => Text;
}
