using System.Diagnostics;
using System.Globalization;
using ApproxNets.Data;
using Spectre.Console;

namespace ApproxNets.Cli.Running;

/// <summary>
/// Shows where a run or a download stands: on a terminal a bar that is redrawn, elsewhere (a log, a pipe) a line for each cell and epoch
/// and for each tenth of a download.
/// </summary>
internal sealed class Terminal
{
    private const int BarWidth = 20;
    private readonly TextWriter _out;
    private readonly IAnsiConsole? _console;
    private ProgressContext? _bars;
    private ProgressTask? _bar;
    private string _notebook = "";
    private long _start;

    /// <param name="output">Where to write.</param>
    /// <param name="interactive">It is a terminal.</param>
    /// <param name="width">Columns of the terminal, if it does not tell.</param>
    public Terminal(TextWriter output, bool interactive, int? width = null)
    {
        _out = output;
        if (interactive)
        {
            _console = AnsiConsole.Create(new AnsiConsoleSettings
            {
                Ansi = AnsiSupport.Yes,
                Interactive = InteractionSupport.Yes,
                Out = new AnsiConsoleOutput(output),
            });
            _console.Profile.Width = width ?? _console.Profile.Width;
        }
    }

    public static Terminal ForProcess(bool interactive = true) => new(Console.Out, interactive && !Console.IsOutputRedirected);

    /// <summary>Shows the bar of the notebook at work meanwhile.</summary>
    public Task RunAsync(Func<Task> work) => _console is null ? work()
        : _console.Progress().AutoClear(true).HideCompleted(true)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn { Width = BarWidth }, new ElapsedTimeColumn())
            .StartAsync(async bars =>
            {
                _bars = bars;
                await work();
            });

    public void BeginNotebook(int number, int count, string name)
    {
        _notebook = $"[{number}/{count}] {name}";
        _start = Stopwatch.GetTimestamp();
        _bar = _bars?.AddTask(Markup.Escape(_notebook));
        Log(_notebook);
    }

    public void BeginCell(int number, int count, string label)
    {
        string cell = $"cell {number}/{count}: {label}";
        Log($"  {Time(Stopwatch.GetElapsedTime(_start))}  {cell}");
        if (_bar is not null)
        {
            _bar.MaxValue = count;
            _bar.Value = number - 1;
        }

        Live(cell);
    }

    /// <summary>Replaces the text of the work at hand; shown on a terminal only.</summary>
    public void Live(string text)
    {
        // One line: what remains beside the bar and the time, which would wrap otherwise.
        int room = Math.Max(20, (_console?.Profile.Width ?? 0) - BarWidth - 12);
        string line = $"{_notebook}  {text}";
        _bar?.Description = Markup.Escape(line.Length > room ? line[..(room - 1)] + "…" : line);
    }

    /// <summary>A line of detail, for a log: a terminal has shown it already.</summary>
    public void Detail(string line) => Log("         " + line);

    /// <summary>Text as it is, for a log.</summary>
    public void Echo(string text) => _out.Write(text);

    public void EndNotebook(string line)
    {
        _bar?.Value = _bar.MaxValue;
        WriteLine(line);
    }

    public void WriteLine(string line)
    {
        if (_console is null)
        {
            _out.WriteLine(line);
        }
        else
        {
            _console.WriteLine(line);
        }
    }

    /// <summary>Shows a download meanwhile.</summary>
    public Task<T> DownloadAsync<T>(string name, Func<IProgress<FetchProgress>, Task<T>> fetch)
    {
        if (_console is not null)
        {
            return _console.Progress().AutoClear(true)
                .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn { Width = BarWidth })
                .StartAsync(bars =>
                {
                    var bar = bars.AddTask(name);
                    return fetch(new Listener<FetchProgress>(progress =>
                    {
                        bar.IsIndeterminate = progress.Total is null;
                        bar.MaxValue = progress.Total ?? double.MaxValue;
                        bar.Value = progress.Bytes;
                        bar.Description = Markup.Escape(Text(name, progress));
                    }));
                });
        }

        long step = -1;
        return fetch(new Listener<FetchProgress>(progress =>
        {
            long now = progress.Total is > 0 and long total ? 10 * progress.Bytes / total : progress.Bytes / 10_000_000;
            if (now != step)
            {
                _out.WriteLine(Text(name, progress));
            }

            step = now;
        }));
    }

    private static string Text(string name, FetchProgress p)
    {
        string share = p.Total is > 0 and long total
            ? string.Create(CultureInfo.InvariantCulture, $" of {total / 1e6:F1} MB ({100.0 * p.Bytes / total:F0} %)") : " MB";
        string left = p.Bytes == p.Total ? ", checking and unpacking"
            : p.Total is { } size && p.BytesPerSecond > 0 ? $", {Time(TimeSpan.FromSeconds((size - p.Bytes) / p.BytesPerSecond))} left" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{name}: {p.Bytes / 1e6:F1}{share}, {p.BytesPerSecond / 1e6:F1} MB/s{left}");
    }

    private static string Time(TimeSpan time) =>
        time.ToString(time < TimeSpan.FromHours(1) ? @"mm\:ss" : @"h\:mm\:ss", CultureInfo.InvariantCulture);

    private void Log(string line)
    {
        if (_console is null)
        {
            _out.WriteLine(line);
        }
    }

    private sealed class Listener<T>(Action<T> tell) : IProgress<T>
    {
        public void Report(T value) => tell(value);
    }
}
