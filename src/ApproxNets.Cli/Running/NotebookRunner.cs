using System.Diagnostics;
using System.Globalization;
using ApproxNets.Cli.Notebooks;
using ApproxNets.Interactive;

namespace ApproxNets.Cli.Running;

/// <summary>Executes one notebook in process and puts the outputs into its document.</summary>
internal sealed class NotebookRunner : IDisposable
{
    private static readonly TimeSpan SaveDelay = TimeSpan.FromSeconds(5);

    private readonly NotebookRun _run;
    private readonly IReadOnlyDictionary<string, string> _given;
    private readonly Action _save;
    private readonly Terminal _terminal;
    private readonly bool _verbose;
    private readonly TimeSpan? _cellTimeout;
    private readonly bool _goesOn;
    private readonly CancellationToken _cancellation;
    private readonly NotebookEngine _engine = new();
    private readonly OutputCollector _outputs = new();
    private readonly long _start = Stopwatch.GetTimestamp();

    private (NotebookCell Cell, int CodeCell, int Number) _at;

    private NotebookRunner(NotebookRun run, IReadOnlyDictionary<string, string> given, Action save, Terminal terminal, bool verbose,
        TimeSpan? cellTimeout, bool goesOn, CancellationToken cancellation)
    {
        (_run, _given, _save, _terminal, _verbose, _cellTimeout, _goesOn, _cancellation) =
            (run, given, save, terminal, verbose, cellTimeout, goesOn, cancellation);
    }

    /// <summary>Runs the notebook; the working directory is its folder meanwhile.</summary>
    /// <param name="run">The notebook, which takes the outputs, the status and the failure.</param>
    /// <param name="given">Parameters by name; those the notebook does not declare are none of its business.</param>
    /// <param name="save">Called after each cell.</param>
    /// <param name="terminal">Where progress goes.</param>
    /// <param name="verbose">Shows console output on the terminal too.</param>
    /// <param name="cellTimeout">How long a cell may take; null for any time.</param>
    /// <param name="cancellation">Stops the run.</param>
    /// <param name="goesOn">Runs the cells behind one that fails, too.</param>
    public static async Task ExecuteAsync(NotebookRun run, IReadOnlyDictionary<string, string> given, Action save, Terminal terminal,
        bool verbose, TimeSpan? cellTimeout, CancellationToken cancellation, bool goesOn = false)
    {
        using var runner = new NotebookRunner(run, given, save, terminal, verbose, cellTimeout, goesOn, cancellation);
        using var end = new ProcessEnd(runner.EndWithProcess);
        string before = Directory.GetCurrentDirectory();
        NotebookHost.Begin(pageHasPlotly: true);
        NotebookHost.Progress = (text, lasting) => (lasting ? (Action<string>)terminal.Detail : terminal.Live)(text);
        try
        {
            Directory.SetCurrentDirectory(Path.GetDirectoryName(Path.GetFullPath(run.Document.Path))!);
            await runner.RunCellsAsync();
        }
        finally
        {
            foreach (var (key, value) in NotebookHost.Reported)
            {
                run.Published[key] = ParameterValue.ToJson(value);
            }

            run.Checked = NotebookHost.Checked;
            NotebookHost.Begin();
            NotebookHost.Progress = null;
            NotebookHost.Cancellation = CancellationToken.None;
            Directory.SetCurrentDirectory(before);
        }
    }

    public void Dispose() => _engine.Dispose();

    private async Task RunCellsAsync()
    {
        _run.Status = RunStatus.Running;
        var cells = _run.Document.Cells;
        cells.RemoveAll(cell => cell.HasTag(NotebookCell.InjectedTag));
        cells.Where(cell => cell.IsCode).ToList().ForEach(cell => cell.ClearOutputs());
        var declared = ParameterDeclarations.Find(_run.Document).Select(parameter => parameter.Name).ToList();
        var toRun = cells.Where(cell => cell.IsCode && !string.IsNullOrWhiteSpace(cell.Source)).ToList();
        int count = toRun.Count
            + (_given.Keys.Any(declared.Contains) ? toRun.Count(cell => cell.HasTag(NotebookCell.ParametersTag)) : 0);
        string? heading = null;
        int codeCell = 0;
        for (int i = 0; i < cells.Count && _run.Status == RunStatus.Running; i++)
        {
            var cell = cells[i];
            if (!cell.IsCode)
            {
                heading = Heading(cell.Source) ?? heading;
            }
            else if (!string.IsNullOrWhiteSpace(cell.Source))
            {
                _terminal.BeginCell(++codeCell, count, Label(heading, cell));
                await RunCellAsync(cell, codeCell, i + 1);
                if (_run.Status == RunStatus.Running && cell.HasTag(NotebookCell.ParametersTag) && !_run.Failures.ContainsKey(cell))
                {
                    Inject(cells, i, codeCell, declared);
                }

                _run.Seconds = Stopwatch.GetElapsedTime(_start).TotalSeconds;
                _save();
            }
        }

        foreach (string name in declared)
        {
            if (_engine.Variable(name) is { } variable)
            {
                _run.Parameters[name] = ParameterValue.ToJson(variable.Value);
            }
        }

        _run.Status = _run.Status != RunStatus.Running ? _run.Status : _run.Failures.Count == 0 ? RunStatus.Ok : RunStatus.Failed;
    }

    private async Task RunCellAsync(NotebookCell cell, int codeCell, int number)
    {
        if (_cancellation.IsCancellationRequested)
        {
            _run.Status = RunStatus.Cancelled;
            return;
        }

        long start = Stopwatch.GetTimestamp();
        _at = (cell, codeCell, number);
        _outputs.Begin(cell, codeCell);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_cancellation);
        if (_cellTimeout is { } time)
        {
            limit.CancelAfter(time);
        }

        var work = _engine.ExecuteAsync(cell.Source, $"{_run.Document.FileName}#cell{codeCell}", Show, limit.Token);
        if (await Task.WhenAny(work, Task.Delay(SaveDelay, CancellationToken.None)) != work)
        {
            _save(); // short cells before a long one may not have been stored
        }

        var error = await work;
        _outputs.End();
        cell.Seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        if (error is not null && _cancellation.IsCancellationRequested)
        {
            _run.Status = RunStatus.Cancelled;
        }
        else if (error is not null && limit.IsCancellationRequested)
        {
            Fail(nameof(TimeoutException), string.Create(CultureInfo.InvariantCulture,
                $"the cell took longer than the {_cellTimeout!.Value.TotalSeconds} s that --cell-timeout allows. {error.Message}"), null, cell, codeCell, number);
        }
        else if (error is not null)
        {
            Fail(error.Name, error.Message, error.Line, cell, codeCell, number);
        }
    }

    private void Inject(List<NotebookCell> cells, int at, int codeCell, List<string> declared)
    {
        var lines = new List<string>();
        foreach (var (name, text) in _given.Where(parameter => declared.Contains(parameter.Key)))
        {
            try
            {
                lines.Add($"{name} = {ParameterValue.ToLiteral(name, text, _engine.Variable(name)!.Type)};");
            }
            catch (FormatException e)
            {
                Fail(nameof(FormatException), e.Message, null, cells[at], codeCell, at + 1);
                return;
            }
        }

        if (lines.Count > 0)
        {
            cells.Insert(at + 1, NotebookCell.Injected(string.Join('\n', lines)));
        }
    }

    private void EndWithProcess(string name, string message)
    {
        if (_run.Status == RunStatus.Running && _at.Cell is not null)
        {
            _outputs.Add(new CellError(name, message, null, [message]).ToMessage());
            _outputs.End();
            Fail(name, message, null, _at.Cell, _at.CodeCell, _at.Number);
            _run.Status = _cancellation.IsCancellationRequested ? RunStatus.Cancelled : RunStatus.Failed;
            _run.Seconds = Stopwatch.GetElapsedTime(_start).TotalSeconds;
            _save();
            _terminal.WriteLine($"\nFAILED {_run.Failure}\n");
        }
    }

    private void Fail(string name, string message, int? line, NotebookCell cell, int codeCell, int number)
    {
        _run.Status = _goesOn ? _run.Status : RunStatus.Failed;
        string? code = line is { } n ? cell.Source.Split('\n').ElementAtOrDefault(n - 1)?.Trim() : null;
        _run.Failures[cell] = new CellFailure(_run.Document.FileName, codeCell, number, line, code, name, message);
    }

    private void Show(CellMessage message)
    {
        _outputs.Add(message);
        if (_verbose && message.Type == "stream")
        {
            _terminal.Echo((string)message.Content["text"]!);
        }
    }

    private static string? Heading(string markdown) => markdown.Split('\n')
        .LastOrDefault(line => line.StartsWith('#'))?.TrimStart('#').Trim().Replace("`", "", StringComparison.Ordinal);

    /// <summary>What its tag says, else the heading above the cell, else its first comment or statement.</summary>
    private static string Label(string? heading, NotebookCell cell) =>
        cell.HasTag(NotebookCell.InjectedTag) ? "parameters of this run"
        : cell.HasTag(NotebookCell.ParametersTag) ? "parameters"
        : heading ?? cell.Source.Split('\n').Select(line => line.Trim())
        .FirstOrDefault(line => line.Length > 0 && line[0] != '#' && !line.StartsWith("using ", StringComparison.Ordinal))?
        .TrimStart('/', ' ') ?? "references";
}
