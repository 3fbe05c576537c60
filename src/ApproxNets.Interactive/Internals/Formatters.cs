using Microsoft.DotNet.Interactive.Formatting;

namespace ApproxNets.Interactive.Internals;

/// <summary>Tells every host how our types are shown: each gets HTML and plain text, figures also plotly's JSON.</summary>
internal static class Formatters
{
    public static void Register()
    {
        Show<Figure>(FigureHtml.Html);
        Formatter.Register<Figure>(FigureHtml.Json, FigureHtml.PlotlyMime);
        Formatter.SetPreferredMimeTypesFor(typeof(Figure), HtmlFormatter.MimeType, FigureHtml.PlotlyMime, PlainTextFormatter.MimeType);
        Show<Table>(table => table.ToHtml());
        Show<ImageGrid>(images => images.ToHtml());
        Show<DotDiagram>(diagram => diagram.ToHtml());
        Show<MultiplierCard>(card => card.ToHtml());
        Show<ProgressBar>(bar => bar.ToHtml());

        // Plotly.NET has a formatter of its own, which loads plotly.js from the network.
        Show<Plotly.NET.GenericChart>(chart => FigureHtml.Html(chart, null));
    }

    private static void Show<T>(Func<T, string> html)
        where T : notnull
    {
        Formatter.Register(html, HtmlFormatter.MimeType);
        Formatter.Register<T>(value => value.ToString() ?? "", PlainTextFormatter.MimeType);
        Formatter.SetPreferredMimeTypesFor(typeof(T), HtmlFormatter.MimeType, PlainTextFormatter.MimeType);
    }
}
