using System.Diagnostics;
using System.Globalization;

namespace ApproxNets.Cli.Running;

/// <summary>
/// Shows where a run stands: on a terminal one line that is rewritten several times a second, elsewhere (a log, a pipe) a line for
/// each cell and epoch.
/// </summary>
internal sealed class Terminal : IDisposable
{
    private readonly Lock _gate = new();
    private readonly TextWriter _out;
    private readonly bool _interactive;
    private readonly Func<int> _width;
    private readonly Timer? _timer;
    private string _notebook = "";
    private string _cell = "";
    private string _live = "";
    private bool _shown;
    private long _start = Stopwatch.GetTimestamp();

    public Terminal(TextWriter output, bool interactive, Func<int> width)
    {
        (_out, _interactive, _width) = (output, interactive, width);
        _timer = interactive ? new Timer(_ => Refresh(), null, 250, 250) : null;
    }

    public static Terminal ForProcess() => new(Console.Out, !Console.IsOutputRedirected, () => Console.WindowWidth);

    public void BeginNotebook(int number, int count, string name)
    {
        lock (_gate)
        {
            (_notebook, _cell, _live) = ($"[{number}/{count}] {name}", "", "");
            _start = Stopwatch.GetTimestamp();
            if (!_interactive)
            {
                _out.WriteLine(_notebook);
            }
        }
    }

    public void BeginCell(int number, int count, string label)
    {
        lock (_gate)
        {
            (_cell, _live) = ($"cell {number}/{count}: {label}", "");
            if (!_interactive)
            {
                _out.WriteLine($"  {Elapsed()}  {_cell}");
            }
        }

        Refresh();
    }

    /// <summary>Replaces the text of the work at hand; shown on a terminal only.</summary>
    public void Live(string text)
    {
        lock (_gate)
        {
            _live = text;
        }

        Refresh();
    }

    /// <summary>A line of detail, for a log: a terminal has shown it already.</summary>
    public void Detail(string line)
    {
        lock (_gate)
        {
            if (!_interactive)
            {
                _out.WriteLine("         " + line);
            }
        }
    }

    public void Echo(string text)
    {
        lock (_gate)
        {
            Clear();
            _out.Write(text);
        }
    }

    public void EndNotebook(string line)
    {
        lock (_gate)
        {
            (_notebook, _cell, _live) = ("", "", "");
            Clear();
            _out.WriteLine(line);
        }
    }

    public void WriteLine(string line)
    {
        lock (_gate)
        {
            Clear();
            _out.WriteLine(line);
        }
    }

    public void Dispose() => _timer?.Dispose();

    private void Refresh()
    {
        lock (_gate)
        {
            if (!_interactive || _notebook.Length == 0)
            {
                return;
            }

            string line = string.Join("  ",
                new[] { _notebook, Elapsed(), _live.Length > 0 ? _live : _cell }.Where(part => part.Length > 0));
            // Some terminals do not tell their width.
            int width = _width() is > 20 and var columns ? columns - 1 : 79;
            _out.Write("\r" + (line.Length > width ? line[..(width - 1)] + "…" : line) + "\e[K");
            _out.Flush();
            _shown = true;
        }
    }

    private void Clear()
    {
        if (_shown)
        {
            _out.Write("\r\e[K");
            _shown = false;
        }
    }

    internal static string Time(TimeSpan time) =>
        time.ToString(time < TimeSpan.FromHours(1) ? @"mm\:ss" : @"h\:mm\:ss", CultureInfo.InvariantCulture);

    private string Elapsed() => Time(Stopwatch.GetElapsedTime(_start));
}
