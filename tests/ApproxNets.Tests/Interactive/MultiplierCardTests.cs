using System.Text.Json.Nodes;
using ApproxNets.Interactive;
using ApproxNets.Interactive.Internals;
using ApproxNets.Multipliers;
using Microsoft.DotNet.Interactive.Formatting;
using Xunit;

namespace ApproxNets.Tests.Interactive;

public sealed class MultiplierCardTests
{
    private static readonly MultiplierCircuit Broken = MultiplierFamilies.BrokenArray(Signedness.Unsigned, 2, 7);
    private static readonly MultiplierCircuit Drum = MultiplierFamilies.Drum(Signedness.Unsigned, 4);
    private static readonly Multiplier TableOnly = Multiplier.FromFunction(
        "t<b>", Signedness.Signed, (x, w) => x * w / 8 * 8, 0.5, "a guess");

    [Theory]
    [InlineData(Signedness.Unsigned)]
    [InlineData(Signedness.Signed)]
    public void A_card_has_every_figure_with_its_source(Signedness signedness)
    {
        Multiplier multiplier = MultiplierFamilies.Truncated(signedness, 6);
        var errors = ErrorStatistics.Of(multiplier);
        string text = Charts.Card(multiplier).ToString();

        foreach (string figure in new[] { "power / exact", "area", "delay", "MAE", "WCE", "MRE", "EP", "bias" })
        {
            Assert.Single(text.Split('\n'), line => line.StartsWith(figure, StringComparison.Ordinal));
        }

        Assert.Contains(multiplier.PowerSource, text, StringComparison.Ordinal);
        Assert.Contains(FormattableString.Invariant($"{errors.MeanAbsoluteError:N2}"), text, StringComparison.Ordinal);
        Assert.Contains(multiplier.TableHash, text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_panels_of_a_card_hold_the_errors()
    {
        var data = JsonNode.Parse(FigureHtml.Json(Charts.Card(Broken).Errors))!["data"]!.AsArray();
        var errors = ErrorStatistics.Of(Broken);
        double[] map = [.. data[0]!["z"]!.AsArray().SelectMany(row => row!.AsArray()).Select(z => (double)z!)];
        double[] shares = [.. data[1]!["y"]!.AsArray().Where(y => y is not null).Select(y => (double)y!)];

        Assert.Equal(64 * 64, map.Length);
        Assert.InRange(map.Average() / errors.MeanError, 0.999, 1.001); // three digits a field
        Assert.InRange(shares.Sum(), 99.999, 100.001);
        Assert.Equal((1.5, 4, "x2", "x3"), ((double)data[0]!["x0"]!, (double)data[0]!["dx"]!, (string?)data[1]!["xaxis"],
            (string?)data[2]!["xaxis"]));
        foreach (JsonNode? means in data.Skip(2))
        {
            Assert.Equal(256, means!["y"]!.AsArray().Count);
            Assert.InRange(means["y"]!.AsArray().Average(y => (double)y!) / errors.MeanError, 0.999, 1.001);
        }
    }

    [Fact]
    public void All_axes_have_titles()
    {
        foreach (Figure figure in new[] { Charts.Card(Drum).Errors, Charts.Compare(Broken, Drum).Errors, Charts.Card(TableOnly).Errors })
        {
            var layout = JsonNode.Parse(FigureHtml.Json(figure))!["layout"]!;
            Assert.All(new[] { "xaxis", "yaxis", "xaxis2", "yaxis2", "xaxis3", "yaxis3" },
                axis => Assert.NotEmpty((string)layout[axis]!["title"]!["text"]!));
        }
    }

    [Fact]
    public void An_exact_multiplier_has_a_card()
    {
        var data = JsonNode.Parse(FigureHtml.Json(Charts.Card(MultiplierFamilies.Exact(Signedness.Signed)).Errors))!["data"]!;

        Assert.Equal((-1, 1, -126.5), ((double)data[0]!["zmin"]!, (double)data[0]!["zmax"]!, (double)data[0]!["x0"]!));
        Assert.Equal("[100]", data[1]!["y"]!.ToJsonString());
    }

    [Fact]
    public void Outputs_are_small_offline_and_escaped()
    {
        Formatters.Register();
        var both = MultiplierFamilies.Truncated(Signedness.Signed, 6);
        foreach (MultiplierCard card in new[] { Charts.Card(Broken), Charts.Card(TableOnly), Charts.Compare(TableOnly, both) })
        {
            string html = card.ToDisplayString("text/html");
            Assert.InRange(html.Length, 1, 60_000);
            Assert.DoesNotMatch("src=\"(?!data:image/)", html);
            Assert.DoesNotContain("<b>", html, StringComparison.Ordinal);
            Assert.Single(System.Text.RegularExpressions.Regex.Matches(html, "</script>"));
        }

        Assert.InRange(FigureHtml.Html(Charts.Pareto(MultiplierLibrary.Open(MultiplierLibrary.BuiltIn, Signedness.Signed))).Length, 1, 15_000);
    }

    [Fact]
    public void A_missing_dot_diagram_is_explained()
    {
        Assert.Contains("only the table is known", Charts.Card(TableOnly).Note, StringComparison.Ordinal);
        Assert.Contains("does not multiply bits", Charts.Card(Drum).Note, StringComparison.Ordinal);
        var compared = Charts.Compare(Broken, Drum);
        Assert.Equal([Broken.Multiplier.Name], compared.Diagrams.Select(diagram => diagram.Name));
        Assert.Contains(Drum.Multiplier.Name, compared.Note, StringComparison.Ordinal);
        Assert.Empty(Charts.Card(Broken).Note);
    }

    [Fact]
    public void A_comparison_shows_where_the_second_errs_more()
    {
        var exact = MultiplierFamilies.Exact(Signedness.Unsigned);
        double[] Difference(Multiplier a, Multiplier b) =>
            [.. JsonNode.Parse(FigureHtml.Json(Charts.Compare(a, b).Errors))!["data"]![0]!["z"]!.AsArray()
                .SelectMany(row => row!.AsArray()).Select(z => (double)z!)];

        Assert.All(Difference(exact, Broken), difference => Assert.True(difference >= 0));
        Assert.InRange(Difference(exact, Broken).Average() / ErrorStatistics.Of(Broken).MeanAbsoluteError, 0.999, 1.001);
        Assert.All(Difference(Broken, Broken), difference => Assert.Equal(0, difference));
        Assert.Contains("same signedness",
            Assert.Throws<ArgumentException>(() => Charts.Compare(Broken, TableOnly)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Signedness.Unsigned)]
    [InlineData(Signedness.Signed)]
    public void The_dots_are_those_of_the_family(Signedness signedness)
    {
        var broken = Charts.DotDiagram(MultiplierFamilies.BrokenArray(signedness, 2, 7));
        for (int i = 0; i < 8; i++)
        {
            for (int j = 0; j < 8; j++)
            {
                Assert.True(broken.Has(i, j) == (j >= 2 && i + j >= 7), $"({i}, {j})");
            }
        }

        Assert.Equal(33, broken.Kept);
        Assert.Equal(33, broken.ToString().Count(c => c == '#'));
        Assert.Equal((64, 16), (Charts.DotDiagram(MultiplierFamilies.Dadda(signedness)).Kept,
            Charts.DotDiagram(MultiplierFamilies.Exact(signedness, 4)).Kept));
        string svg = broken.Svg();
        Assert.Equal(64, svg.Split("<circle").Length - 1);
        Assert.Equal("svg", System.Xml.Linq.XElement.Parse(svg).Name.LocalName);
    }

    [Fact]
    public void A_dot_diagram_needs_a_circuit() => Assert.Contains("no circuit",
        Assert.Throws<ArgumentException>(() => Charts.DotDiagram(TableOnly)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_pareto_chart_names_every_approximate_multiplier_and_draws_the_front()
    {
        var library = MultiplierLibrary.Open(MultiplierLibrary.BuiltIn, Signedness.Unsigned);
        var mine = Multiplier.FromFunction("mine", Signedness.Unsigned, (x, w) => (x & ~1) * w, 0.001, "a guess");
        var data = JsonNode.Parse(FigureHtml.Json(Charts.Pareto(library, mine)))!["data"]!.AsArray();
        string[] Names(int trace) => [.. data[trace]!["text"]!.AsArray().Select(name => (string)name!)];

        Assert.Equal(library.Multipliers.Where(m => !m.IsExact).Select(m => m.Name), Names(1));
        Assert.Equal(["mine"], Names(2));
        Assert.Equal([100, 100], data[3]!["x"]!.AsArray().Select(x => (double)x!));
        Assert.StartsWith("exact", (string)data[3]!["name"]!, StringComparison.Ordinal);
        double[] powers = [.. data[0]!["x"]!.AsArray().Select(x => (double)x!)];
        double[] errors = [.. data[0]!["y"]!.AsArray().Select(y => (double)y!)];
        Assert.Equal(powers.OrderDescending(), powers);
        Assert.Equal(errors.Order(), errors);
        Assert.Equal(0.1, powers[^1], 6);
    }

    [Fact]
    public void A_pareto_chart_refuses_what_does_not_fit()
    {
        var library = MultiplierLibrary.Open(MultiplierLibrary.BuiltIn, Signedness.Unsigned);
        Assert.Contains("signedness", Assert.Throws<ArgumentException>(() => Charts.Pareto(library, TableOnly)).Message,
            StringComparison.Ordinal);
        Assert.Contains("exact multipliers only",
            Assert.Throws<ArgumentException>(() => Charts.Pareto(library.Where(m => m.IsExact))).Message, StringComparison.Ordinal);
    }
}
