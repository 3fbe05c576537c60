using System.Text.Json.Nodes;
using ApproxNets.Interactive;
using ApproxNets.Interactive.Internals;
using Xunit;

namespace ApproxNets.Tests.Interactive;

public sealed class SliderTests
{
    [Fact]
    public void Each_position_of_the_slider_shows_the_traces_of_its_chart()
    {
        var charts = Enumerable.Range(1, 3).Select(n => Lines(n, 10.0 * n)).ToArray();
        var all = JsonNode.Parse(FigureHtml.Json(Charts.Slider("c", "number", charts.Select((chart, i) => ($"{i + 1}", chart)), active: 2)))!;
        var slider = all["layout"]!["sliders"]![0]!;

        Assert.Equal((2, "number: "), ((int)slider["active"]!, (string)slider["currentvalue"]!["prefix"]!));
        for (int step = 0; step < charts.Length; step++)
        {
            var position = slider["steps"]![step]!;
            Assert.Equal(($"{step + 1}", "restyle", "visible"),
                ((string)position["label"]!, (string)position["method"]!, (string)position["args"]![0]!));
            bool[] visible = [.. position["args"]![1]!.AsArray().Select(flag => (bool)flag!)];
            JsonObject[] shown = [.. all["data"]!.AsArray().Where((_, i) => visible[i]).Select(trace => trace!.DeepClone().AsObject())];
            Assert.All(shown, trace => Assert.Equal(step == 2, (bool)trace["visible"]!));
            Array.ForEach(shown, trace => trace.Remove("visible"));
            var expected = JsonNode.Parse(FigureHtml.Json(charts[step]))!["data"]!;
            Assert.True(JsonNode.DeepEquals(expected, new JsonArray(shown)), new JsonArray(shown.Select(t => t.DeepClone()).ToArray()).ToJsonString());
        }
    }

    [Fact]
    public void The_axes_hold_all_charts()
    {
        var layout = JsonNode.Parse(FigureHtml.Json(Charts.Slider("c", "number", [("1", Lines(1, 1)), ("2", Lines(2, 100))])))!["layout"]!;

        Assert.Equal("y / %", (string)layout["yaxis"]!["title"]!["text"]!);
        Assert.InRange((double)layout["yaxis"]!["range"]![0]!, -10, 1);
        Assert.InRange((double)layout["yaxis"]!["range"]![1]!, 100, 110);
    }

    [Fact]
    public void The_picture_shows_the_active_position_only()
    {
        string svg = FigureHtml.Svg(Charts.Slider("c", "lambda", [("0.1", Lines(1, 1)), ("0.2", Lines(2, 5))], active: 1));

        Assert.Contains("lambda: 0.2", svg, StringComparison.Ordinal);
        Assert.Contains(">line 2<", svg, StringComparison.Ordinal);
        Assert.DoesNotContain(">line 1<", svg, StringComparison.Ordinal);
    }

    [Fact]
    public void Charts_that_do_not_fit_are_refused()
    {
        var one = Lines(1, 1);
        Assert.Contains("found no chart", Assert.Throws<ArgumentException>(() => Charts.Slider("c", "p", [])).Message, StringComparison.Ordinal);
        Assert.Contains("'y / %' and 'z'",
            Assert.Throws<ArgumentException>(() => Charts.Slider("c", "p", [("1", one), ("2", Charts.Line("c", "x / ms", "z", [new("s", [1])]))])).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => Charts.Slider("c", "p", [("1", one), ("2", one)], active: 2));
    }

    private static Figure Lines(int n, double most) => Charts.Line(
        "unseen", "x / ms", "y / %", [new($"line {n}", [0, most / 3, most]), new("other", [0.5, double.NaN])]);
}
