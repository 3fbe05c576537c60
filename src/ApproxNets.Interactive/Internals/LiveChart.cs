using ApproxNets.Training;

namespace ApproxNets.Interactive.Internals;

/// <summary>Draws what a stage measures after every epoch, such as the noise scale of every layer, into one output that it replaces.</summary>
/// <param name="show">Shows HTML and returns what replaces it.</param>
internal sealed class LiveChart(Func<string, Action<string>> show)
{
    private readonly List<double[]> _history = [];
    private string? _stage;
    private Action<string>? _replace;

    /// <summary>Takes in a finished epoch.</summary>
    public void Add(TrainingProgress epoch)
    {
        if (_stage != epoch.Stage || epoch.Epoch <= 1 || (_history.Count > 0 && _history[0].Length != epoch.Measured.Count))
        {
            (_stage, _replace) = (epoch.Stage, null);
            _history.Clear();
        }

        _history.Add([.. epoch.Measured]);
        double[] axis = [.. Enumerable.Range(epoch.Epoch - _history.Count + 1, _history.Count).Select(e => (double)e)];
        string html = FigureHtml.Html(Charts.Line(
            $"{epoch.Stage}: every layer's tolerance so far", "epoch", "share of std(y)",
            [.. Enumerable.Range(0, epoch.Measured.Count).Select(l => new Series($"{l + 1}", axis, _history.Select(row => row[l])))]));
        if (_replace is null)
        {
            _replace = show(html);
        }
        else
        {
            _replace(html);
        }
    }
}
