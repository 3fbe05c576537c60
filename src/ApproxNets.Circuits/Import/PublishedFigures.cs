using System.Globalization;
using System.Text.RegularExpressions;

namespace ApproxNets.Circuits.Import;

/// <summary>
/// What the comment header of an EvoApproxLib file publishes (lines such as <c>// PDK45_PWR = 0.301 mW</c>); null where it says nothing.
/// </summary>
/// <param name="PowerMilliwatts">PDK45_PWR in milliwatts.</param>
/// <param name="AreaSquareMicrometres">PDK45_AREA in square micrometres.</param>
/// <param name="DelayNanoseconds">PDK45_DELAY in nanoseconds.</param>
/// <param name="MeanAbsoluteError">MAE.</param>
/// <param name="WorstCaseError">WCE.</param>
/// <param name="MeanRelativeError">MRE as a fraction.</param>
/// <param name="ErrorProbability">EP as a fraction.</param>
/// <param name="MeanSquaredError">MSE.</param>
public sealed partial record PublishedFigures(
    double? PowerMilliwatts,
    double? AreaSquareMicrometres,
    double? DelayNanoseconds,
    double? MeanAbsoluteError,
    double? WorstCaseError,
    double? MeanRelativeError,
    double? ErrorProbability,
    double? MeanSquaredError)
{
    /// <summary>The published power of EvoApproxLib's exact 8-bit multipliers, branch v2022: mul8u_1JJQ and mul8s_1KV6.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The signedness is unknown.</exception>
    public static double ExactPowerMilliwatts(Signedness signedness) => signedness.Checked() == Signedness.Signed ? 0.425 : 0.391;

    /// <summary>Reads the header of a C or Verilog file: its comment lines up to the first other line that is not empty.</summary>
    /// <returns>The figures; null when there is none.</returns>
    /// <exception cref="InvalidDataException">A figure is not a finite number &gt;= 0 or is there twice; the message has file and
    /// line.</exception>
    internal static PublishedFigures? Read(string path, string text)
    {
        var found = new Dictionary<string, double>(StringComparer.Ordinal);
        int line = 0;
        bool inBlock = false;
        foreach (ReadOnlySpan<char> raw in text.AsSpan().EnumerateLines())
        {
            line++;
            ReadOnlySpan<char> content = raw.Trim();
            inBlock |= content.StartsWith("/*");
            if (!inBlock && !content.IsEmpty && !content.StartsWith("//"))
            {
                break;
            }

            inBlock &= !content.EndsWith("*/");
            Match match = Figure().Match(content.ToString());
            if (match.Success)
            {
                bool valid = double.TryParse(match.Groups[2].ValueSpan, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
                    && double.IsFinite(value) && value >= 0;
                if (!valid || !found.TryAdd(match.Groups[1].Value, value))
                {
                    throw SourceText.Error(
                        path, line, $"'{SourceText.Shortened(content.ToString())}'", "every figure once, a finite number >= 0");
                }
            }
        }

        double? Value(string key, double unit = 1) => found.TryGetValue(key, out double value) ? value / unit : null;
        return found.Count == 0
            ? null
            : new PublishedFigures(
                Value("PDK45_PWR"), Value("PDK45_AREA"), Value("PDK45_DELAY"), Value("MAE"), Value("WCE"), Value("MRE%", 100),
                Value("EP%", 100), Value("MSE"));
    }

    /// <summary>Throws when the table's mean absolute or worst-case error differs from the published one by more than its
    /// rounding.</summary>
    internal void Check(string path, Multiplier multiplier)
    {
        ErrorStatistics errors = ErrorStatistics.Of(multiplier);
        foreach ((string name, double? published, double computed) in
            new[] { ("MAE", MeanAbsoluteError, errors.MeanAbsoluteError), ("WCE", WorstCaseError, errors.WorstCaseError) })
        {
            if (published is { } value && Math.Abs(computed - value) > (0.05 * value) + 0.06)
            {
                throw new InvalidDataException(FormattableString.Invariant(
                    $"{path}: found a circuit with {name} {computed}, expected {value} as its header says."));
            }
        }
    }

    [GeneratedRegex(@"^//\s*(PDK45_PWR|PDK45_AREA|PDK45_DELAY|MAE|WCE|MRE%|EP%|MSE)\s*=\s*(\S+)\s*(mW|um2|ns|%)?\s*$")]
    private static partial Regex Figure();
}
