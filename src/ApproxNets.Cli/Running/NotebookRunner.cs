using System.Diagnostics;
using ApproxNets.Interactive;
using ApproxNets.Interactive.Internals;

namespace ApproxNets.Cli.Running;

/// <summary>Executes one notebook in process and puts the outputs into its document.</summary>
internal sealed class NotebookRunner : INotebookHost
{
    // How long a cell may take to notice that it is to stop.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private readonly NotebookRun _run;
    private readonly IReadOnlyDictionary<string, string> _given;
    private readonly Terminal _terminal;
    private readonly bool _verbose;
    private CellOutput _output = new();

    private NotebookRunner(NotebookRun run, IReadOnlyDictionary<string, string> given, Terminal terminal, bool verbose,
        CancellationToken cancellation)
    {
        (_run, _given, _terminal, _verbose, Cancellation) = (run, given, terminal, verbose, cancellation);
    }

    public CancellationToken Cancellation { get; }

    /// <summary>Runs the notebook; the working directory is its folder meanwhile.</summary>
    /// <param name="run">The notebook, which takes the outputs, the status and the failure.</param>
    /// <param name="given">Parameters by name; those the notebook does not declare are none of its business.</param>
    /// <param name="terminal">Where progress goes.</param>
    /// <param name="verbose">Shows console output on the terminal too.</param>
    /// <param name="cancellation">Stops the run.</param>
    public static async Task ExecuteAsync(
        NotebookRun run, IReadOnlyDictionary<string, string> given, Terminal terminal, bool verbose, CancellationToken cancellation)
    {
        var runner = new NotebookRunner(run, given, terminal, verbose, cancellation);
        string before = Directory.GetCurrentDirectory();
        long start = Stopwatch.GetTimestamp();
        Notebook.Enter(runner);
        try
        {
            Directory.SetCurrentDirectory(Path.GetDirectoryName(Path.GetFullPath(run.Document.Path))!);
            using var console = new ConsoleCapture(runner.OnConsole);
            await runner.RunCellsAsync();
        }
        finally
        {
            foreach (var (key, value) in Notebook.PublishedValues())
            {
                run.Published[key] = ParameterValue.ToJson(value);
            }

            Notebook.Enter(null);
            Directory.SetCurrentDirectory(before);
            run.Seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
    }

    public void ShowLive(string line) => _terminal.Live(line);

    public void Keep(string line)
    {
        _output.Write("stdout", line + "\n");
        _terminal.Detail(line);
    }

    private async Task RunCellsAsync()
    {
        var cells = _run.Document.Cells;
        cells.RemoveAll(cell => cell.HasTag(NotebookCell.InjectedTag));
        foreach (var cell in cells.Where(cell => cell.IsCode))
        {
            cell.ClearOutputs();
        }

        using var engine = new ScriptEngine(
            Directory.GetCurrentDirectory(), new NotebookGlobals((value, mimeTypes) => _output.Display(value, mimeTypes)));
        var declared = ParameterDeclarations.Find(_run.Document).Select(parameter => parameter.Name).ToList();
        var toRun = cells.Where(cell => cell.IsCode && !string.IsNullOrWhiteSpace(cell.Source)).ToList();
        int count = toRun.Count
            + (_given.Keys.Any(declared.Contains) ? toRun.Count(cell => cell.HasTag(NotebookCell.ParametersTag)) : 0);
        string? heading = null;
        int codeCell = 0;
        for (int i = 0; i < cells.Count; i++)
        {
            var cell = cells[i];
            if (!cell.IsCode)
            {
                heading = CellLabel.Heading(cell.Source) ?? heading;
                continue;
            }

            if (string.IsNullOrWhiteSpace(cell.Source))
            {
                continue;
            }

            codeCell++;
            _terminal.BeginCell(codeCell, count, CellLabel.Of(heading, cell));
            if (!await RunCellAsync(engine, cell, codeCell, i + 1))
            {
                break;
            }

            if (cell.HasTag(NotebookCell.ParametersTag) && !Inject(engine, cells, i, codeCell, declared))
            {
                break;
            }
        }

        foreach (string name in declared)
        {
            if (engine.Variable(name) is { } variable)
            {
                _run.Parameters[name] = ParameterValue.ToJson(variable.Value);
            }
        }

        _run.Status = _run.Status == RunStatus.NotRun ? RunStatus.Ok : _run.Status;
    }

    private async Task<bool> RunCellAsync(ScriptEngine engine, NotebookCell cell, int codeCell, int number)
    {
        _output = new CellOutput();
        string file = $"{_run.Document.FileName}#cell{codeCell}";
        long start = Stopwatch.GetTimestamp();
        try
        {
            Cancellation.ThrowIfCancellationRequested();
            var work = Task.Run(() => engine.RunAsync(cell.Source, file, Cancellation), CancellationToken.None);
            if (await FinishesAsync(work) && await work is { } value)
            {
                _output.Result(value, codeCell);
            }
        }
        catch (Exception) when (Cancellation.IsCancellationRequested)
        {
            // Whatever the cell made of the request, it is not at fault.
            _run.Status = RunStatus.Cancelled;
            _output.Error("Cancelled", "The run was stopped.", []);
        }
        catch (Exception e)
        {
            Fail(CellFailure.From(e, _run.Document.FileName, codeCell, number, cell.Source, file));
        }

        cell.Json["execution_count"] = codeCell;
        cell.Json["outputs"] = _output.ToJson();
        cell.Seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return _run.Status == RunStatus.NotRun;
    }

    /// <summary>Waits for the cell's end; throws when it goes on after the run was stopped.</summary>
    private async Task<bool> FinishesAsync(Task work)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = Cancellation.Register(() => stopped.TrySetResult());
        if (await Task.WhenAny(work, stopped.Task) != work && await Task.WhenAny(work, Task.Delay(Grace, CancellationToken.None)) != work)
        {
            throw new OperationCanceledException(Cancellation);
        }

        return true;
    }

    private bool Inject(ScriptEngine engine, List<NotebookCell> cells, int at, int codeCell, List<string> declared)
    {
        var lines = new List<string>();
        foreach (var (name, text) in _given.Where(parameter => declared.Contains(parameter.Key)))
        {
            try
            {
                lines.Add($"{name} = {ParameterValue.ToLiteral(name, text, engine.Variable(name)!.Type)};");
            }
            catch (FormatException e)
            {
                Fail(CellFailure.From(e, _run.Document.FileName, codeCell, at + 1, cells[at].Source, ""));
                cells[at].Json["outputs"] = _output.ToJson();
                return false;
            }
        }

        if (lines.Count > 0)
        {
            cells.Insert(at + 1, NotebookCell.Injected(string.Join('\n', lines)));
        }

        return true;
    }

    private void Fail(CellFailure failure)
    {
        _run.Status = RunStatus.Failed;
        _run.Failure = failure;
        _output.Error(failure.ErrorName, failure.Message, failure.Trace);
    }

    private void OnConsole(string stream, string text)
    {
        _output.Write(stream, text);
        if (_verbose)
        {
            _terminal.Echo(text);
        }
    }
}
