using System.Text.Json.Nodes;
using ApproxNets.Cli.Commands;
using ApproxNets.Foundation;
using Xunit;

namespace ApproxNets.Tests.Cli;

public sealed class PointsCommandTests
{
    [Fact]
    public async Task Every_count_and_variant_is_measured_at_every_point_and_written()
    {
        Assert.Equal(0, await CommandLine.InvokeAsync(CommandLine.Root(),
            ["points", "--profile", "smoke", "--network", "lenet5", "--multipliers", "2", "3", "--factor", "0.5", "4", "--variant", "none", "separate"]));
        string file = Path.Combine(RepositoryFolder.Find(), "artifacts", "results", "smoke", "qos-lenet5-built-in.json");
        var first = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        var second = first["others"]!.AsArray().Single()!.AsObject();
        Assert.Equal((2, 3), (first["n_multipliers"]!.GetValue<int>(), second["n_multipliers"]!.GetValue<int>()));
        foreach (var search in new[] { first, second })
        {
            var points = search["operating_points"]!.AsArray().Select(p => p!.AsObject()).ToList();
            Assert.Equal(["none", "none", "separate", "separate"], points.Select(p => p["variant"]!.GetValue<string>()));
            Assert.Equal([0.5, 4, 0.5, 4], points.Select(p => p["scale"]!.GetValue<double>()));
            Assert.All(points, p => Assert.Null(p["top5"])); // ten classes
            Assert.True(points[1]["savings"]!.GetValue<double>() >= points[0]["savings"]!.GetValue<double>());
            var used = points.SelectMany(p => p["multipliers"]!.AsArray().Select(m => m!.GetValue<string>())).Distinct();
            Assert.Equal(search["multipliers"]!.AsArray().Select(m => m!.GetValue<string>()).Order(), used.Order());
        }
    }

    [Theory]
    [InlineData("--variant", "jointly")]
    [InlineData("--savings", "2")]
    [InlineData("--factor", "-1")]
    [InlineData("--multipliers", "0")]
    public async Task A_wrong_value_is_an_error_of_use(string option, string value) =>
        Assert.Equal(2, await CommandLine.InvokeAsync(CommandLine.Root(), ["points", "--profile", "smoke", "--network", "lenet5", option, value]));
}
