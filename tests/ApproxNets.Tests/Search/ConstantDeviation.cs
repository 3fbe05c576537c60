using ApproxNets.ErrorModels;
using ApproxNets.Multipliers;
using ApproxNets.Tests.ErrorModels;

namespace ApproxNets.Tests.Search;

/// <summary>An error model that reads the deviation, in steps of the integer sum, from a table by multiplier and layer, so that searches
/// can be solved by hand.</summary>
internal sealed class ConstantDeviation(Func<string, string, double> deviation) : IErrorModel
{
    public string Name => "constant";

    public ErrorEstimate Estimate(Multiplier multiplier, LayerSample sample) => sample.Share(-1, deviation(multiplier.Name, sample.Path), 0);

    /// <summary>The exact multiplier of power 1 and others of the given powers, named <c>a</c>, <c>b</c>, ...</summary>
    public static MultiplierLibrary Library(params double[] powers) => new(
        "test",
        Signedness.Unsigned,
        [
            Multiplier.FromFunction("exact", Signedness.Unsigned, (x, w) => x * w, 1, "test"),
            .. powers.Select((p, i) => LayerSamples.WithError(Signedness.Unsigned, (_, _) => i + 1, p, ((char)('a' + i)).ToString())),
        ]);

    public static LayerSample Layer(string path, double scale = 1, double deviation = 1) =>
        LayerSamples.Of(Signedness.Unsigned, [[1, 2]], [3, 4], scale, deviation, path);
}
