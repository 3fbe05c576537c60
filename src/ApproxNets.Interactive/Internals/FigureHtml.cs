using System.Net;
using System.Security.Cryptography;
using System.Text;
using Plotly.NET;

namespace ApproxNets.Interactive.Internals;

/// <summary>A figure as HTML and as plotly's JSON.</summary>
internal static class FigureHtml
{
    public const string PlotlyMime = "application/vnd.plotly.v1+json";
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

    public static string Html(Figure figure) => Html(figure.Chart, figure.Caption);

    public static string Html(GenericChart chart, string? caption)
    {
        // Inside a script element '<' could end the element; JSON may spell it otherwise.
        string json = GenericChart.toFigureJson(chart).Replace("<", "\\u003c", StringComparison.Ordinal);

        // The number makes two equal figures differ, the hash keeps a cell run again from meeting an older output's id.
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(json)))[..8];
        string id = $"figure-{Interlocked.Increment(ref _count)}-{hash}";
        return $$"""
            <figure class="an-figure" style="margin:1em 0;background:#fff;color:#333;border-radius:6px;padding:6px">
            <div id="{{id}}" style="width:100%;height:{{Height(chart)}}px"></div>{{(caption is null ? "" : $"""
            <figcaption style="font:0.9em system-ui,sans-serif;color:#444;padding:2px 12px 6px">{WebUtility.HtmlEncode(caption)}</figcaption>
            """)}}
            <script>(function () {
            var figure = {{json}};
            var tries = 0;
            function draw() {
              var target = document.getElementById("{{id}}");
              if (window.Plotly && target) { if ({{(caption is null ? "false" : "true")}}) { delete figure.layout.title; } Plotly.newPlot(
                  target, figure.data, figure.layout, { responsive: true, displaylogo: false,
                  modeBarButtons: [["toImage", "resetScale2d"]] }); }
              else if (tries++ < 200) { setTimeout(draw, 50); }
              else if (target) { target.textContent = "plotly.js is not on this page: run the cell with Notebook.Start() first."; }
            }
            draw();
            })();</script>
            </figure>
            """;
    }

    private static int Height(GenericChart chart) => GenericChart.tryGetLayoutSize(chart).Item2?.Value ?? ChartLayout.Height;
}
