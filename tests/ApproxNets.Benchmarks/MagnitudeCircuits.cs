using System.Globalization;
using System.Text.Json.Nodes;
using ApproxNets.Circuits.Evolution;
using ApproxNets.Multipliers;

namespace ApproxNets.Benchmarks;

/// <summary>
/// Compares the unsigned circuits of libraries on sign and magnitude: power with the sign logic against the deviation of the products under the
/// operands of networks (<see cref="OperandDistributions"/>). Nothing is measured by the clock.
/// </summary>
internal static class MagnitudeCircuits
{
    /// <summary>The circuits of each library that no other one of it beats in both figures, by rising power.</summary>
    /// <param name="libraries">Names, as <see cref="MultiplierLibrary.Open"/> takes them.</param>
    public static IReadOnlyList<MagnitudeCircuit> Fronts(IEnumerable<string> libraries) =>
    [
        .. libraries.SelectMany(name =>
        {
            var library = MultiplierLibrary.Open(name, Signedness.Signed);
            double least = double.PositiveInfinity;
            return library.Multipliers.Where(m => m.PowerWithoutSignLogic is not null).OrderBy(m => m.RelativePower)
                .Select(m => (Multiplier: m, Error: ErrorOf(m)))
                .Where(m => m.Error.Deviation < least && (least = m.Error.Deviation) >= 0)
                .Select(m => new MagnitudeCircuit(name, library.Sha256, m.Multiplier, m.Error.Deviation, m.Error.MeanAbsolute)).ToList();
        }),
    ];

    /// <summary>A line for every circuit.</summary>
    public static string Table(IReadOnlyList<MagnitudeCircuit> fronts) =>
        string.Join(Environment.NewLine, fronts.Select(f => string.Create(CultureInfo.InvariantCulture,
            $"{f.Library,-12} {f.Multiplier.Name,-34} power {f.Multiplier.RelativePower:F4} (circuit {f.Multiplier.PowerWithoutSignLogic:F4}), deviation {f.Deviation:F1}, mean absolute error {f.MeanAbsolute:F1}")));

    /// <summary>The same for a file.</summary>
    public static JsonArray Rows(IReadOnlyList<MagnitudeCircuit> fronts) =>
        new([.. fronts.Select(f => new JsonObject
        {
            ["library"] = f.Library, ["library_sha256"] = f.Sha256, ["multiplier"] = f.Multiplier.Name, ["power"] = f.Multiplier.RelativePower,
            ["power_without_sign_logic"] = f.Multiplier.PowerWithoutSignLogic, ["deviation"] = f.Deviation, ["mean_absolute_error"] = f.MeanAbsolute,
        })]);

    private static (double Deviation, double MeanAbsolute) ErrorOf(Multiplier multiplier)
    {
        int[] errors = multiplier.ErrorMap();
        double squares = 0, mean = 0;
        for (int i = 0; i < errors.Length; i++)
        {
            double p = OperandDistributions.Rectified[i >> 8] * OperandDistributions.Symmetric[i & 255];
            (squares, mean) = (squares + (p * errors[i] * errors[i]), mean + (p * Math.Abs(errors[i])));
        }

        return (Math.Sqrt(squares), mean);
    }
}

/// <summary>A circuit on sign and magnitude.</summary>
/// <param name="Library">Name of its library.</param>
/// <param name="Sha256">SHA-256 of the library, opened for signed operands.</param>
/// <param name="Multiplier">The signed multiplier.</param>
/// <param name="Deviation">Root of the mean squared error under the operands of networks, in units of the product's least bit.</param>
/// <param name="MeanAbsolute">Mean absolute error under the same.</param>
internal sealed record MagnitudeCircuit(string Library, string Sha256, Multiplier Multiplier, double Deviation, double MeanAbsolute);
