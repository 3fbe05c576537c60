using Microsoft.DotNet.Interactive.Formatting;

namespace ApproxNets.Interactive.Internals;

/// <summary>Tells every host how our types are shown: each gets HTML and plain text, what is drawn also a picture.</summary>
internal static class Formatters
{
    private const string PdfMime = "application/pdf";

    public static void Register()
    {
        Show<Figure>(FigureHtml.Html, FigureHtml.Svg);
        Show<Table>(table => table.ToHtml());
        Show<ImageGrid>(images => images.ToHtml(), images => images.ToSvg());
        Show<DotDiagram>(diagram => diagram.ToHtml(), diagram => diagram.Svg());
        Show<MultiplierCard>(card => card.ToHtml(), card => card.ToSvg());
        Show<ProgressBar>(bar => bar.ToHtml());
        Show<CheckResult>(result => result.ToHtml());

        // Plotly.NET has a formatter of its own, which loads plotly.js from the network.
        Show<Plotly.NET.GenericChart>(chart => FigureHtml.Html(chart, null));
    }

    private static void Show<T>(Func<T, string> html, Func<T, string>? svg = null)
        where T : notnull
    {
        Formatter.Register(html, HtmlFormatter.MimeType);
        Formatter.Register<T>(value => value.ToString() ?? "", PlainTextFormatter.MimeType);
        if (svg is not null)
        {
            Formatter.Register(svg, FigureHtml.SvgMime);
            Formatter.Register<T>(value => svg(value) is { Length: > 0 } picture ? Convert.ToBase64String(SvgPdf.Convert(picture)) : "", PdfMime);
        }

        Formatter.SetPreferredMimeTypesFor(typeof(T),
            svg is null ? [HtmlFormatter.MimeType, PlainTextFormatter.MimeType]
                : [HtmlFormatter.MimeType, FigureHtml.SvgMime, PdfMime, PlainTextFormatter.MimeType]);
    }
}
