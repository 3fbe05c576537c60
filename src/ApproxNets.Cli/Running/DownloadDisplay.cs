using System.Globalization;
using ApproxNets.Data;

namespace ApproxNets.Cli.Running;

/// <summary>
/// Shows where a download stands: on a terminal one line that is rewritten, elsewhere a line for each tenth, or for each 10 MB where
/// the size is unknown.
/// </summary>
internal sealed class DownloadDisplay : IProgress<FetchProgress>
{
    private readonly string _name;
    private readonly TextWriter _out;
    private readonly bool _interactive;
    private readonly Lock _gate = new();
    private long _step = -1;
    private bool _shown;

    public DownloadDisplay(string name, TextWriter output, bool interactive) => (_name, _out, _interactive) = (name, output, interactive);

    public void Report(FetchProgress value)
    {
        lock (_gate)
        {
            long step = value.Total is > 0 and long total ? 10 * value.Bytes / total : value.Bytes / 10_000_000;
            if (_interactive)
            {
                _out.Write($"\r{Text(value)}\e[K");
                _out.Flush();
                _shown = true;
            }
            else if (step != _step)
            {
                _out.WriteLine(Text(value));
            }

            _step = step;
        }
    }

    /// <summary>Writes a line in place of the one that is rewritten.</summary>
    public void WriteLine(string line)
    {
        lock (_gate)
        {
            Clear();
            _out.WriteLine(line);
        }
    }

    /// <summary>Removes the line that is rewritten.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            if (_shown)
            {
                _out.Write("\r\e[K");
                _shown = false;
            }
        }
    }

    private string Text(FetchProgress p)
    {
        string share = p.Total is > 0 and long total
            ? string.Create(CultureInfo.InvariantCulture, $" of {total / 1e6:F1} MB ({100.0 * p.Bytes / total:F0} %)")
            : " MB";
        string left = p.Bytes == p.Total ? ", checking and unpacking"
            : p.Total is { } size && p.BytesPerSecond > 0
                ? $", {Terminal.Time(TimeSpan.FromSeconds((size - p.Bytes) / p.BytesPerSecond))} left"
            : "";
        return string.Create(CultureInfo.InvariantCulture, $"{_name}: {p.Bytes / 1e6:F1}{share}, {p.BytesPerSecond / 1e6:F1} MB/s{left}");
    }
}
