using System.Text.Json.Nodes;
using ApproxNets.Interactive;
using ApproxNets.Interactive.Internals;
using Microsoft.DotNet.Interactive.Formatting;
using StbImageSharp;
using Xunit;

namespace ApproxNets.Tests.Interactive;

public sealed class FigureTests
{
    private static readonly Series[] Two = [new("a", [1, 2, 3], [1, double.NaN, 1.0 / 3], ["p", "q", "r"]), new("b", [2, 3])];

    public static TheoryData<string> Kinds => ["line", "scatter", "bar", "heatmap", "names"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_chart_has_titled_axes_and_a_caption(string kind)
    {
        var figure = Make(kind);
        var json = JsonNode.Parse(FigureHtml.Json(figure))!;

        Assert.Equal("x (u)", (string?)json["layout"]!["xaxis"]!["title"]!["text"]);
        Assert.Equal("y (u)", (string?)json["layout"]!["yaxis"]!["title"]!["text"]);
        Assert.NotEmpty(json["data"]!.AsArray());
        string html = FigureHtml.Html(figure);
        Assert.Contains("A &lt;caption&gt;.", html, StringComparison.Ordinal);
        Assert.Equal("data:image/svg+xml;base64,", html.Split("src=\"")[1][..26]);
        Assert.Equal(2, html.Split("src=").Length);
        Assert.Single(System.Text.RegularExpressions.Regex.Matches(html, "</script>"));
    }

    [Fact]
    public void A_gap_is_null_and_numbers_are_short()
    {
        var json = JsonNode.Parse(FigureHtml.Json(Charts.Line("c", "x", "y", Two)))!;

        Assert.Equal("[1,null,0.333333]", json["data"]![0]!["y"]!.ToJsonString());
        Assert.Equal("[1,2]", json["data"]![1]!["x"]!.ToJsonString());
    }

    [Fact]
    public void A_diverging_scale_is_centred_at_zero()
    {
        var trace = JsonNode.Parse(FigureHtml.Json(
            Charts.Heatmap("c", "x", "y", "z", new double[,] { { -3, 1, 2 } }, xRange: (-1, 1), diverging: true)))!["data"]![0]!;

        Assert.Equal((-3, 3, -1, 1), ((double)trace["zmin"]!, (double)trace["zmax"]!, (double)trace["x0"]!, (double)trace["dx"]!));
    }

    [Fact]
    public void Ids_differ_and_repeat_when_a_notebook_starts_again()
    {
        static string Id(Figure figure) => FigureHtml.Html(figure).Split("id=\"")[1].Split('"')[0];
        var figure = Make("line");
        FigureHtml.RestartNumbering();
        string first = Id(figure), second = Id(figure);
        FigureHtml.RestartNumbering();

        Assert.NotEqual(first, second);
        Assert.Equal(first, Id(figure));
    }

    [Fact]
    public void Bad_input_is_named()
    {
        Assert.Throws<ArgumentException>(() => Charts.Line("c", " ", "y", Two));
        Assert.Throws<ArgumentException>(() => Charts.Line("", "x", "y", Two));
        Assert.Throws<ArgumentException>(() => Charts.Line("c", "x", "y", []));
        Assert.Contains("found 1 values",
            Assert.Throws<ArgumentException>(() => Charts.Bar("c", "x", "y", ["a", "b"], [("s", [1])])).Message, StringComparison.Ordinal);
        Assert.Contains("found 2 x, 1 y", Assert.Throws<ArgumentException>(() => new Series("s", [1, 2], [1])).Message,
            StringComparison.Ordinal);
        Assert.Contains("found 5 bytes", Assert.Throws<ArgumentException>(() => Charts.Images("c", [new byte[5]], 3, 1, 2, ["l"])).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void All_hosts_get_html_and_text()
    {
        Formatters.Register();
        Assert.Equal(["text/html", "image/svg+xml", "application/pdf", "text/plain"], Formatter.GetPreferredMimeTypesFor(typeof(Figure)));
        Assert.StartsWith("<svg", Make("line").ToDisplayString("image/svg+xml"), StringComparison.Ordinal);
        Assert.Equal("Figure: A <caption>.", Make("line").ToDisplayString("text/plain"));
        Assert.Contains("data:image/png;base64,", Charts.Images("c", [new byte[6]], 3, 1, 2, ["l"]).ToDisplayString("text/html"),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_png_holds_the_pixels()
    {
        byte[] png = ImageGrid.Png([1, 2, 3, 4, 5, 6], channels: 3, height: 1, width: 2);
        var image = ImageResult.FromMemory(png);

        Assert.Equal((2, 1, ColorComponents.RedGreenBlue), (image.Width, image.Height, image.SourceComp));
        Assert.Equal([1, 3, 5, 2, 4, 6], image.Data);
    }

    private static Figure Make(string kind)
    {
        const string Caption = "A <caption>.", X = "x (u)", Y = "y (u)";
        return kind switch
        {
            "line" => Charts.Line(Caption, X, Y, Two, logY: true),
            "scatter" => Charts.Scatter(Caption, X, Y, Two, logX: true, logY: true, diagonal: true),
            "bar" => Charts.Bar(Caption, X, Y, ["</script>", "b"], [("s", [1, 2]), ("t", [1, 2])]),
            "heatmap" => Charts.Heatmap(Caption, X, Y, "z", new double[2, 3]),
            _ => Charts.Heatmap(Caption, X, Y, "z", new double[1, 2], ["a", "b"], ["c"]),
        };
    }
}
