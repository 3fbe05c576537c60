using System.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Scripting;

namespace ApproxNets.Cli.Running;

/// <summary>Why and where a notebook failed.</summary>
/// <param name="Notebook">File name of the notebook.</param>
/// <param name="CodeCell">Number of the cell among the code cells, from 1.</param>
/// <param name="Cell">Number of the cell among all cells, from 1.</param>
/// <param name="Line">Line in the cell, from 1; null when the error has none.</param>
/// <param name="Code">Text of that line.</param>
/// <param name="ErrorName">Type of the error.</param>
/// <param name="Message">What went wrong.</param>
/// <param name="Trace">All of it, as lines.</param>
internal sealed record CellFailure(
    string Notebook, int CodeCell, int Cell, int? Line, string? Code, string ErrorName, string Message, IReadOnlyList<string> Trace)
{
    public static CellFailure From(Exception error, string notebook, int codeCell, int cell, string source, string file)
    {
        // Awaited and reflected calls wrap the error that matters.
        while (error is AggregateException { InnerExceptions.Count: 1 }
            or System.Reflection.TargetInvocationException { InnerException: not null })
        {
            error = error.InnerException!;
        }

        if (error is CompilationErrorException compilation)
        {
            var errors = compilation.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).ToList();
            int first = errors[0].Location.GetLineSpan().StartLinePosition.Line + 1;
            string message = $"{errors[0].Id}: {errors[0].GetMessage()}{Hint(errors[0])}";
            return Make("CompilationError", message, first,
                [.. errors.Select(diagnostic => $"line {diagnostic.Location.GetLineSpan().StartLinePosition.Line + 1}: "
                    + $"{diagnostic.Id}: {diagnostic.GetMessage()}")]);
        }

        int? line = new StackTrace(error, fNeedFileInfo: true).GetFrames()
            .FirstOrDefault(frame => Path.GetFileName(frame.GetFileName()) == file)?.GetFileLineNumber();
        return Make(error.GetType().Name, error.Message, line, CellFrames(error, file));

        CellFailure Make(string name, string message, int? number, IReadOnlyList<string> trace) =>
            new(notebook, codeCell, cell, number, number is { } n ? source.Split('\n').ElementAtOrDefault(n - 1)?.Trim() : null, name,
                message, [.. trace.Select(text => text.TrimEnd('\r'))]);
    }

    public override string ToString()
    {
        string where = $"{Notebook}, code cell {CodeCell} (cell {Cell} of all)";
        return Line is null ? $"{where}: {ErrorName}: {Message}" : $"{where}, line {Line}: {Code}\n  {ErrorName}: {Message}";
    }

    // The frames below the cell are the runner's own, and folders of this machine tell a reader nothing.
    private static string[] CellFrames(Exception error, string file)
    {
        string[] lines = error.ToString().Split('\n');
        int last = Array.FindLastIndex(lines, line => line.Contains(file, StringComparison.Ordinal));
        string folder = Directory.GetCurrentDirectory() + Path.DirectorySeparatorChar;
        return [.. lines.Take(last < 0 ? lines.Length : last + 1).Select(line => line.Replace(folder, "", StringComparison.Ordinal))];
    }

    private static string Hint(Diagnostic diagnostic) =>
        diagnostic.Id == "CS0006" ? " Build the solution first: dotnet build -c Release" : "";
}
