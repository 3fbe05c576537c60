using System.Net;
using System.Text;
using ApproxNets.Interactive.Internals;
using ApproxNets.Multipliers;

namespace ApproxNets.Interactive;

/// <summary>What is known of one multiplier, or of two side by side: figures with their sources, dot diagrams, charts of the
/// errors. Made by <see cref="Charts.Card(Multiplier)"/> and <see cref="Charts.Compare(Multiplier, Multiplier)"/>.</summary>
public sealed class MultiplierCard
{
    internal MultiplierCard(string title, Table figures, IReadOnlyList<DotDiagram> diagrams, string note, Figure errors)
    {
        (Title, Figures, Diagrams, Note, Errors) = (title, figures, diagrams, note, errors);
    }

    /// <summary>Names, signedness, hash of the tables.</summary>
    public string Title { get; }

    /// <summary>Power, area, delay and errors, each with its source.</summary>
    public Table Figures { get; }

    /// <summary>The dot diagrams of the circuits that form bit products; see <see cref="DotDiagram"/>.</summary>
    public IReadOnlyList<DotDiagram> Diagrams { get; }

    /// <summary>The charts: a map of the errors, their distribution, their mean by operand.</summary>
    public Figure Errors { get; }

    /// <summary>Why a dot diagram is missing; else empty.</summary>
    public string Note { get; }

    /// <inheritdoc/>
    public override string ToString() => string.Join('\n',
        new[] { Title, Figures.ToString() }.Concat(Diagrams.Select(diagram => diagram.ToString())).Append(Note)
            .Where(text => text.Length > 0));

    internal string ToHtml()
    {
        var html = new StringBuilder("<div class=\"an-card\" style=\"margin:1em 0;font-family:system-ui,sans-serif\"><strong>")
            .Append(WebUtility.HtmlEncode(Title))
            .Append("</strong><div style=\"display:flex;flex-wrap:wrap;gap:8px 24px;align-items:flex-start\">")
            .Append("<div style=\"flex:1 1 24em;font-size:0.9em\">")
            .Append(Figures.ToHtml()).Append("</div>");
        if (Diagrams.Count + Note.Length > 0)
        {
            html.Append("<div style=\"display:flex;flex-direction:column\">").AppendJoin("", Diagrams.Select(diagram => diagram.ToHtml()));
            if (Note.Length > 0)
            {
                html.Append("<p style=\"font-size:0.9em;max-width:18em\">").Append(WebUtility.HtmlEncode(Note)).Append("</p>");
            }

            html.Append("</div>");
        }

        return html.Append("</div>").Append(FigureHtml.Html(Errors)).Append("</div>").ToString();
    }

    internal string ToSvg()
    {
        string[] title = ChartSvg.Wrap(Title, 92), note = Note.Length > 0 ? ChartSvg.Wrap(Note, 92) : [];
        string[] figures = Figures.ToString().Split('\n');
        string size = ChartSvg.F(Math.Min(12, (ChartSvg.Width - 16) / (0.602 * figures.Max(line => line.Length))));
        int beside = title.Length + figures.Length + note.Length + 1;
        string[] dots = [.. Diagrams.Select(diagram => diagram.Svg())];
        var sizes = dots.Select(ChartSvg.Size).ToArray();
        int top = 16 * beside, errorsTop = top + sizes.Select(size => size.Height + 20).DefaultIfEmpty(0).Max();
        string errors = FigureHtml.Svg(Errors);
        var svg = new StringBuilder(ChartSvg.Open(ChartSvg.Width, errorsTop + ChartSvg.Size(errors).Height))
            .Append(ChartSvg.TextLines(title, 8, 16, "font-weight=\"600\""))
            .Append(ChartSvg.TextLines(figures, 8, 16 * (title.Length + 1), $"font-size=\"{size}\" font-family=\"monospace\" xml:space=\"preserve\""))
            .Append(ChartSvg.TextLines(note, 8, 16 * (title.Length + figures.Length + 1)));
        int x = 8;
        for (int i = 0; i < dots.Length; i++)
        {
            svg.Append(ChartSvg.TextLines([Diagrams[i].Caption], x, top + 14)).Append(ChartSvg.At(dots[i], x, top + 20));
            x += sizes[i].Width + 60;
        }

        return svg.Append(ChartSvg.At(errors, 0, errorsTop)).Append("</svg>").ToString();
    }
}
