using System.Text;
using System.Xml.Linq;
using ApproxNets.Interactive;
using ApproxNets.Interactive.Internals;
using ApproxNets.Multipliers;
using StbImageSharp;
using Xunit;
using GenericChart = Plotly.NET.GenericChart;
using Trace = Plotly.NET.Trace;

namespace ApproxNets.Tests.Interactive;

/// <summary>The static picture that every chart has beside its HTML.</summary>
public sealed class PictureTests
{
    private const int Most = 25 * 1024;
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";
    private static readonly string[] Names = ["conv1", "layer1.0.conv1", "layer1.0.conv2", "layer2.0.conv1", "layer2.0.conv2", "layer3.0.conv1", "fc"];

    public static TheoryData<string> Kinds =>
        ["line", "log", "gaps", "scatter", "cloud", "bar", "stacked", "heatmap", "names", "large", "pareto", "slider"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_chart_has_html_and_a_small_picture_with_caption_and_axis_titles(string kind)
    {
        var figure = Make(kind);
        string html = FigureHtml.Html(figure), svg = FigureHtml.Svg(figure);
        var texts = Texts(svg);

        Assert.Contains("Plotly.newPlot", html, StringComparison.Ordinal);
        Assert.InRange(Encoding.UTF8.GetByteCount(svg), 1000, Most);
        Assert.StartsWith(texts[0], figure.Caption, StringComparison.Ordinal);
        string[] titles = kind == "pareto" ? ["energy of a multiplication relative to the exact one / %", "mean absolute error (MAE)"] : ["x / ms", "y / %"];
        Assert.All(titles, title => Assert.Contains(title, texts));
        Assert.DoesNotContain("NaN", svg, StringComparison.Ordinal);
        Assert.DoesNotContain(" id=", svg, StringComparison.Ordinal); // many pictures stand in one page
        Assert.DoesNotContain(XElement.Parse(svg).Descendants(), element => element.Name.LocalName == "script");
    }

    [Fact]
    public void The_html_holds_the_picture_without_the_caption_that_it_has_itself()
    {
        string html = FigureHtml.Html(Make("line"));
        string picture = Encoding.UTF8.GetString(Convert.FromBase64String(html.Split("base64,")[1].Split('"')[0]));

        Assert.Contains("x / ms", Texts(picture));
        Assert.DoesNotContain("A <caption> & more", Texts(picture));
        Assert.Contains("alt=\"A &lt;caption&gt; &amp; more\"", html, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_picture_is_a_pdf_too_for_print(string kind)
    {
        string svg = FigureHtml.Svg(Make(kind));
        byte[] pdf = SvgPdf.Convert(svg);
        string file = Encoding.Latin1.GetString(pdf);

        Assert.InRange(pdf.Length, 1000, Most);
        Assert.StartsWith("%PDF-1.4\n", file, StringComparison.Ordinal);
        int table = int.Parse(file.Split("startxref\n")[1].Split('\n')[0], System.Globalization.CultureInfo.InvariantCulture);
        string[] entries = file[table..].Split("trailer")[0].Split('\n', StringSplitOptions.RemoveEmptyEntries)[3..];
        for (int i = 0; i < entries.Length; i++)
        {
            int offset = int.Parse(entries[i][..10], System.Globalization.CultureInfo.InvariantCulture);
            Assert.StartsWith($"{i + 1} 0 obj\n", file[offset..], StringComparison.Ordinal);
        }

        int start = file.IndexOf("stream\n", StringComparison.Ordinal) + 7;
        using var content = new System.IO.Compression.ZLibStream(new MemoryStream(pdf, start, pdf.Length - start), System.IO.Compression.CompressionMode.Decompress);
        using var reader = new StreamReader(content, Encoding.Latin1);
        string page = reader.ReadToEnd();
        Assert.All(Texts(svg).Where(text => !text.StartsWith("10", StringComparison.Ordinal)), text => Assert.Contains(
            $"({text.Replace("(", "\\(", StringComparison.Ordinal).Replace(")", "\\)", StringComparison.Ordinal)}) Tj", page, StringComparison.Ordinal));
        Assert.DoesNotContain("NaN", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Points_lie_where_the_axis_says()
    {
        // Two points at the ends of the range 0..100 and one in its middle; no pad along x where there are no markers.
        var figure = Charts.Line("c", "x", "y", [new("s", [0, 50, 100], [0, 5, 10])], markers: false);
        string path = XElement.Parse(FigureHtml.Svg(figure)).Descendants(Svg + "path")
            .Single(element => (string?)element.Attribute("stroke") == ChartLayout.Palette[0]).Attribute("d")!.Value;
        double[] numbers = [.. path[1..].Split('L', ' ').Select(number => double.Parse(number, System.Globalization.CultureInfo.InvariantCulture))];

        Assert.Equal(6, numbers.Length);
        Assert.Equal((numbers[0] + numbers[4]) / 2, numbers[2], 0.11);
        Assert.Equal((numbers[1] + numbers[5]) / 2, numbers[3], 0.11);
        Assert.True(numbers[0] < numbers[4] && numbers[1] > numbers[5]);
    }

    [Fact]
    public void A_gap_ends_a_line()
    {
        string svg = FigureHtml.Svg(Charts.Line("c", "x", "y", [new("s", [1, 2, double.NaN, 3, 4])], markers: false));
        var line = XElement.Parse(svg).Descendants(Svg + "path").Single(element => (string?)element.Attribute("stroke") == ChartLayout.Palette[0]);

        Assert.Equal(2, line.Attribute("d")!.Value.Count(c => c == 'M'));
    }

    [Fact]
    public void A_legend_names_the_series_in_the_colours_that_plotly_gives_them()
    {
        string svg = FigureHtml.Svg(Make("stacked"));

        Assert.Contains("within", Texts(svg));
        Assert.Contains("over", Texts(svg));
        Assert.All(ChartLayout.Palette.Take(2), colour => Assert.Contains($"fill=\"{colour}\"", svg, StringComparison.Ordinal));
    }

    [Fact]
    public void A_large_heatmap_is_an_image_inside_and_its_first_row_is_the_lowest()
    {
        var values = new double[64, 64];
        values[0, 63] = 1;
        string svg = FigureHtml.Svg(Charts.Heatmap("c", "x", "y", "v", values));
        string uri = XElement.Parse(svg).Descendants(Svg + "image").Single().Attribute("href")!.Value;
        var image = ImageResult.FromMemory(Convert.FromBase64String(uri.Split("base64,")[1]));

        Assert.Equal((128, 128), (image.Width, image.Height));
        Assert.Equal([0xfd, 0xe7, 0x25], image.Data[^3..]);
        Assert.Equal([0x44, 0x01, 0x54], image.Data[..3]);
    }

    [Fact]
    public void Cards_dots_and_images_have_pictures()
    {
        var circuit = MultiplierFamilies.BrokenArray(Signedness.Unsigned, 2, 7);
        string card = Charts.Card(circuit).ToSvg();
        string compared = Charts.Compare(circuit, MultiplierFamilies.Mitchell(Signedness.Unsigned, 7)).ToSvg();
        string grid = Charts.Images("Some <images>", [new byte[27], new byte[27]], 3, 3, 3, ["cat & dog", "b"], columns: 1).ToSvg();

        foreach (string text in (string[])["weight w", "activation x", "error", "pairs / %", "mean error", "operand", Charts.DotDiagram(circuit).Caption])
        {
            Assert.Contains(text, Texts(card));
        }

        Assert.Contains(Texts(card), text => text.StartsWith("MAE, mean absolute error", StringComparison.Ordinal));
        Assert.InRange(card.Length, 1000, Most);
        Assert.InRange(compared.Length, 1000, Most + 5000);
        Assert.Contains(Texts(compared), text => text.Contains("no dot diagram", StringComparison.Ordinal));
        Assert.Equal(["Some <images>", "cat & dog", "b"], Texts(grid));
        Assert.Equal(2, XElement.Parse(grid).Descendants(Svg + "image").Count());
    }

    [Fact]
    public void A_chart_of_another_kind_has_html_only()
    {
        var trace = new Trace("pie");
        trace.SetProperty("values", new[] { 1, 2 });
        var figure = new Figure(GenericChart.ofTraceObject(true, trace), "A pie.");

        Assert.Empty(FigureHtml.Svg(figure));
        Assert.DoesNotContain("<img", FigureHtml.Html(figure), StringComparison.Ordinal);
    }

    private static List<string> Texts(string svg) => [.. XElement.Parse(svg).Descendants(Svg + "text").Select(text => text.Value)];

    private static Figure Make(string kind)
    {
        const string Caption = "A <caption> & more", X = "x / ms", Y = "y / %";
        var random = new Random(1);
        double[] Some(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextDouble())];
        double[,] Matrix(int rows, int columns)
        {
            var matrix = new double[rows, columns];
            for (int i = 0; i < matrix.Length; i++)
            {
                matrix[i / columns, i % columns] = random.NextDouble() - 0.5;
            }

            return matrix;
        }

        Figure Bars(params double[] values) => Charts.Bar("unseen", X, Y, ["a", "b"], [("one", values)]);
        return kind switch
        {
            "line" => Charts.Line(Caption, X, Y, [new("a", Some(9)), new("b", Some(9))]),
            "log" => Charts.Line(Caption, X, Y, [.. Names[..4].Select(name => new Series(name, Some(500).Select(v => 1e6 * v)))], logX: true, logY: true, markers: false),
            "gaps" => Charts.Line(Caption, X, Y, [new("none", [double.NaN, double.NaN])]),
            "scatter" => Charts.Scatter(Caption, X, Y, [new("a", Some(9), Some(9), Enumerable.Repeat("<b>", 9))], diagonal: true),
            "cloud" => Charts.Scatter(Caption, X, Y, [.. Names[..3].Select(name => new Series(name, Some(400), Some(400)))], logX: true, logY: true, diagonal: true),
            "bar" => Charts.Bar(Caption, X, Y, Names, [("a", Some(7)), ("b", Some(7))]),
            "stacked" => Charts.Bar(Caption, X, Y, ["a", "b"], [("within", [1, double.NaN]), ("over", [double.NaN, 2])], stacked: true),
            "heatmap" => Charts.Heatmap(Caption, X, Y, "value", Matrix(20, 30), (-1, 1), diverging: true),
            "names" => Charts.Heatmap(Caption, X, Y, "relative power", Matrix(7, 30), [.. Enumerable.Range(0, 30).Select(i => $"mul8s_{i}")], Names),
            "large" => Charts.Heatmap(Caption, X, Y, "value", Matrix(64, 64)),
            "pareto" => Charts.Pareto(MultiplierLibrary.Open(MultiplierLibrary.BuiltIn, Signedness.Signed)),
            _ => Charts.Slider(Caption, "lambda", [("0.1", Bars(1, 2)), ("0.2", Bars(3, 4))]),
        };
    }
}
