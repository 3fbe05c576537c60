using System.Net;
using System.Security.Cryptography;
using System.Text;
using Plotly.NET;

namespace ApproxNets.Interactive.Internals;

/// <summary>A figure as HTML that plotly.js draws, and as a static picture.</summary>
internal static class FigureHtml
{
    public const string SvgMime = "image/svg+xml";

    // A narrow page gets its legend above the plot, shorter lines under it, and what the figure itself asks for.
    public const string Draw = """
        function put(into, values) { Object.keys(values || {}).forEach(function (key) {
          var path = key.split("."), last = path.pop();
          path.reduce(function (part, name) { return part[name] = part[name] || {}; }, into)[last] = values[key];
        }); }
        function draw(target, figure, captioned, tries) {
          var layout = figure.layout || {}, width = target && target.clientWidth;
          if (window.Plotly && target) {
            if (captioned) { delete layout.title; }
            var narrow = width > 0 && width < 520 ? (layout.meta || {}).narrow || {} : null;
            if (narrow) {
              figure.data.forEach(function (trace) { put(trace, narrow.data); });
              put(layout, narrow.layout);
              layout.height += narrow.more || 0;
              if (layout.legend && layout.legend.orientation === "v" && layout.showlegend) {
                layout.legend = { orientation: "h", x: 0, y: 1, yanchor: "bottom" };
                layout.height += 9 * figure.data.length;
              }
              Object.keys(layout).forEach(function (key) {
                var title = /^xaxis/.test(key) && layout[key].title;
                if (title && title.text) { title.text = title.text.replace(
                  new RegExp("(.{1," + Math.floor((width - 90) / 7.5) + "})(?: |$)", "g"), "$1<br>").replace(/<br>$/, ""); }
              });
            }
            target.textContent = "";
            Plotly.newPlot(target, figure.data, layout, { responsive: true, displaylogo: false, modeBarButtons: [["toImage", "resetScale2d"]] });
          }
          else if (tries < 200) { setTimeout(draw, 50, target, figure, captioned, tries + 1); }
          else if (target) { target.insertAdjacentText("beforeend", "plotly.js is not on this page: run the cell with Notebook.Start() first."); }
        }
        """;

    private const string ScriptStart = "<script>" + DataStart;
    private const string DataStart = "(function () {\nvar figure = ";
    private const string DataEnd = ";\n";
    private static int _count;

    /// <summary>A notebook that is run again gets the same ids.</summary>
    public static void RestartNumbering() => Interlocked.Exchange(ref _count, 0);

    /// <summary>A script element with all of plotly.js, for hosts whose page we do not write.</summary>
    public static string PlotlyScript
    {
        get
        {
            using var reader = new StreamReader(NotebookHost.OpenPlotly(), Encoding.UTF8);

            // Module loaders of the page (RequireJS in Jupyter) must not capture it: figures look for window.Plotly.
            return "<script>if (!window.Plotly) { (function () { var define, module, exports;\n"
                + reader.ReadToEnd().Replace("</script", "<\\/script", StringComparison.OrdinalIgnoreCase)
                + "\n}).call(window); }</script>";
        }
    }

    public static string Json(Figure figure) => GenericChart.toFigureJson(figure.Chart);

    /// <summary>The figure as a picture with its caption on top; empty for a chart that only plotly draws.</summary>
    public static string Svg(Figure figure) => ChartSvg.Draw(Json(figure), figure.Caption) ?? "";

    public static string Html(Figure figure) => Html(figure.Chart, figure.Caption);

    /// <summary>A figure element. The picture inside stands where no script runs, as on GitHub; else plotly takes its place.</summary>
    public static string Html(GenericChart chart, string? caption)
    {
        string plain = GenericChart.toFigureJson(chart);

        // Inside a script element '<' could end the element; JSON may spell it otherwise.
        string json = plain.Replace("<", "\\u003c", StringComparison.Ordinal);

        // The number makes two equal figures differ, the hash keeps a cell run again from meeting an older output's id.
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(json)))[..8];
        string id = $"figure-{Interlocked.Increment(ref _count)}-{hash}";
        string picture = ChartSvg.Draw(plain, null) is not { } svg ? ""
            : $"<img alt=\"{WebUtility.HtmlEncode(caption ?? "chart")}\" style=\"max-width:100%\" src=\"data:{SvgMime};base64,"
                + $"{Convert.ToBase64String(Encoding.UTF8.GetBytes(svg))}\">";

        return $$"""
            <figure class="an-figure" style="margin:1em 0;background:#fff;color:#333;border-radius:6px;padding:6px">
            <div id="{{id}}" style="width:100%;min-height:{{Height(chart)}}px">{{picture}}</div>{{(caption is null ? "" : $"""
            <figcaption style="font:0.9em system-ui,sans-serif;color:#444;padding:2px 12px 6px">{WebUtility.HtmlEncode(caption)}</figcaption>
            """)}}
            {{ScriptStart}}{{json}}{{DataEnd}}{{Draw}}
            draw(document.getElementById("{{id}}"), figure, {{(caption is null ? "false" : "true")}}, 0);
            })();</script>
            </figure>
            """;
    }

    /// <summary>The data in a figure's script; null for any other script.</summary>
    public static string? Data(string script)
    {
        int end = script.StartsWith(DataStart, StringComparison.Ordinal) ? script.IndexOf(DataEnd, StringComparison.Ordinal) : -1;
        return end < 0 ? null : script[DataStart.Length..end];
    }

    private static int Height(GenericChart chart) => GenericChart.tryGetLayoutSize(chart).Item2?.Value ?? ChartLayout.Height;
}
