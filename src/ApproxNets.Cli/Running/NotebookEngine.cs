using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ApproxNets.Interactive;
using Microsoft.AspNetCore.Html;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Scripting;
using Microsoft.DotNet.Interactive;
using Microsoft.DotNet.Interactive.Commands;
using Microsoft.DotNet.Interactive.CSharp;
using Microsoft.DotNet.Interactive.Events;
using Microsoft.DotNet.Interactive.Formatting;
using Microsoft.DotNet.Interactive.PackageManagement;
using Diagnostic = Microsoft.CodeAnalysis.Diagnostic;

namespace ApproxNets.Cli.Running;

/// <summary>What a cell at work says, as a message of Jupyter's protocol.</summary>
/// <param name="Type"><c>stream</c>, <c>display_data</c>, <c>update_display_data</c>, <c>execute_result</c> or <c>error</c>.</param>
/// <param name="Content">The message's content; a result has no execution count yet.</param>
internal sealed record CellMessage(string Type, JsonObject Content);

/// <summary>Why a cell failed.</summary>
/// <param name="Name">Type of the error.</param>
/// <param name="Message">What went wrong.</param>
/// <param name="Line">Line in the cell, from 1; null when the error has none.</param>
/// <param name="Trace">All of it, as lines.</param>
internal sealed record CellError(string Name, string Message, int? Line, IReadOnlyList<string> Trace)
{
    private const int LongestText = 20_000;

    /// <summary>As it stands among the cell's outputs.</summary>
    public CellMessage ToMessage() => new("error", new JsonObject
    {
        ["ename"] = Name,
        ["evalue"] = Message,
        ["traceback"] = new JsonArray([.. Trace.Select(line => (JsonNode)line)]),
    });

    /// <summary>What an exception says; its properties are code of a cell, which may fail itself.</summary>
    public static string MessageOf(Exception? error) => Said(error, () => error?.Message);

    /// <summary>All that an exception says.</summary>
    public static string TextOf(Exception error) => Said(error, error.ToString);

    /// <summary>A text of a length that a page can show.</summary>
    public static string Bounded(string text) => text.Length <= LongestText ? text
        : string.Create(CultureInfo.InvariantCulture, $"{text.AsSpan(0, LongestText)} [cut off: {text.Length:N0} characters]");

    private static string Said(Exception? error, Func<string?> read)
    {
        try
        {
            return Bounded(read() ?? "");
        }
        catch (Exception e)
        {
            return $"{error?.GetType().Name} has no message: reading it threw {e.GetType().Name}.";
        }
    }
}

/// <summary>
/// Runs the cells of one notebook with .NET Interactive's C# kernel: what a cell declares, the next ones see. Completion and the like are
/// commands of <see cref="Kernel"/>.
/// </summary>
internal sealed partial class NotebookEngine : IDisposable
{
    // How long a cell may take to notice that it is to stop.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    // What completion works on, and the references that it gives each cell.
    private static readonly FieldInfo LanguageWorkspace = Field(typeof(CSharpKernel), "_workspace");
    private static readonly FieldInfo ReferenceAssemblies = Field(LanguageWorkspace.FieldType, "_referenceAssemblies");

    // What cells can call without a reference, as in .NET Interactive. They are methods of a cell, since imported ones become ambiguous with
    // themselves when a later cell brings a reference. The kernel's own display returns a copy, which replaces nothing.
    private const string Globals = """
        /// <summary>Shows a value in the cell's output. What is returned can replace it.</summary>
        Microsoft.DotNet.Interactive.Formatting.DisplayedValue display(object? value, params string[] mimeTypes) =>
            Microsoft.DotNet.Interactive.KernelInvocationContextExtensions.Display(
                Microsoft.DotNet.Interactive.KernelInvocationContext.Current, value, mimeTypes);

        /// <summary>Makes a text HTML to show.</summary>
        Microsoft.AspNetCore.Html.IHtmlContent HTML(string content) => Microsoft.DotNet.Interactive.Kernel.HTML(content);
        """;

    private readonly CSharpKernel _csharp = new();
    private Task? _leftBehind;

    public NotebookEngine()
    {
        _csharp.UseNugetDirective((kernel, packages) =>
        {
            kernel.AddAssemblyReferences(packages.SelectMany(package => package.AssemblyPaths).Select(Own));
            return Task.CompletedTask;
        });

        // Debug information gives errors their lines.
        Options(_csharp) = Options(_csharp).WithEmitDebugInformation(true).WithFileEncoding(Encoding.UTF8)
            .WithOptimizationLevel(OptimizationLevel.Release).WithAllowUnsafe(true);
        Kernel.Add(_csharp);
        Kernel.DefaultKernelName = _csharp.Name;
    }

    public CompositeKernel Kernel { get; } = new();

    /// <summary>The variable of that name; null if no cell run so far declares one.</summary>
    public ScriptVariable? Variable(string name) => _csharp.ScriptState?.GetVariable(name);

    /// <summary>Asks for a completion or the like at a place in a cell.</summary>
    /// <returns>The answer; null if there is none.</returns>
    public async Task<T?> AskAsync<T>(KernelCommand command, CancellationToken cancellation)
        where T : KernelEvent
    {
        await DeclareGlobalsAsync();

        // The kernel asks a copy, which would compile all cells so far and forget them again.
        var workspace = (Workspace)LanguageWorkspace.GetValue(_csharp)!;
        await Task.WhenAll(workspace.CurrentSolution.Projects.Select(project => project.GetCompilationAsync(cancellation)));
        return (await Kernel.SendAsync(command, cancellation).WaitAsync(cancellation)).Events.OfType<T>().FirstOrDefault();
    }

    public void Dispose() => Kernel.Dispose();

    /// <summary>
    /// Compiles and runs a cell. A cell that is stopped gets the time to see <see cref="Notebook.Cancellation"/> and to end by itself; one
    /// that does not is left behind, and the engine refuses others until it ends.
    /// </summary>
    /// <param name="code">The cell's source.</param>
    /// <param name="file">Its name in compiler errors and stack traces.</param>
    /// <param name="show">Receives what the cell says, in order, from any thread.</param>
    /// <param name="cancellation">Stops the cell.</param>
    /// <returns>Why the cell failed or was stopped; null if it ran through. The error has been shown, too.</returns>
    public async Task<CellError?> ExecuteAsync(string code, string file, Action<CellMessage> show, CancellationToken cancellation)
    {
        if (_leftBehind is { IsCompleted: false })
        {
            return Refuse("An earlier cell that could not be stopped still runs: restart the kernel.");
        }

        await DeclareGlobalsAsync();
        code = OwnAssemblies(code);
        string part = code;
        Options(_csharp) = Options(_csharp).WithFilePath(file);
        NotebookHost.Cancellation = cancellation;
        using var events = Kernel.KernelEvents.Subscribe(@event =>
        {
            if (@event is CodeSubmissionReceived received)
            {
                part = ((SubmitCode)received.Command).Code;
            }
            else if (MessageOf(@event) is { } message)
            {
                show(message);
            }
        });

        var before = _csharp.ScriptState;
        var work = Kernel.SendAsync(new SubmitCode(code), CancellationToken.None);
        try
        {
            await work.WaitAsync(cancellation);
        }
        catch (OperationCanceledException) when (!work.IsCompleted)
        {
            await Task.WhenAny(work, Task.Delay(Grace, CancellationToken.None));
        }
        catch (Exception) when (work.IsFaulted)
        {
            // The kernel reads the message of what a cell throws, which is the cell's code and may throw too.
        }

        if (_csharp.ScriptState != before)
        {
            // Cells inherit the references of those before them. Given to each anew, the lists that all cells hold take gigabytes after
            // two thousand.
            Options(_csharp) = Options(_csharp).WithReferences(Array.Empty<MetadataReference>());
            ReferenceAssemblies.SetValue(LanguageWorkspace.GetValue(_csharp), Array.Empty<MetadataReference>());
        }

        _leftBehind = work;
        return !work.IsCompleted
            ? Refuse($"The cell did not stop within {Grace.TotalSeconds:F0} s and still runs. Only code that looks at "
                + "Notebook.Cancellation can be stopped: restart the kernel.")
            : work.Exception is { } thrown ? Show(new CellError(thrown.GetBaseException().GetType().Name, CellError.MessageOf(thrown.GetBaseException()), null,
                CellFrames(thrown.GetBaseException(), file)))
            : (await work).Events.OfType<CommandFailed>().LastOrDefault() is not { } failed ? null

            // Whatever the cell made of the request to stop, it is not at fault.
            : cancellation.IsCancellationRequested ? Refuse("The cell was stopped.")
            : Show(Describe(failed, file, code[..Math.Max(0, code.IndexOf(part, StringComparison.Ordinal))].Count(c => c == '\n')));

        CellError Refuse(string message) => Show(new CellError("Cancelled", message, null, [message]));

        CellError Show(CellError error)
        {
            show(error.ToMessage());
            return error;
        }
    }

    private async Task DeclareGlobalsAsync()
    {
        if (_csharp.ScriptState is null)
        {
            var result = await Kernel.SendAsync(new SubmitCode(Globals), CancellationToken.None);
            if (result.Events.OfType<CommandFailed>().FirstOrDefault() is { } failed)
            {
                throw new InvalidOperationException(failed.Message);
            }
        }
    }

    // A file or package whose name is that of an assembly of this program is that assembly, wherever the cell says it is: a second copy would
    // load libtorch again, which aborts the process.
    private static string OwnAssemblies(string code) => OwnReference().Replace(
        code, match => Own(match.Groups["name"].Value + ".dll") is var own && Path.IsPathRooted(own) ? $"{match.Groups["r"].Value}\"{own}\"" : match.Value);

    private static string Own(string path) => Path.Combine(AppContext.BaseDirectory, Path.GetFileName(path)) is var own && File.Exists(own) ? own : path;

    private static CellMessage? MessageOf(KernelEvent @event) => @event switch
    {
        StandardOutputValueProduced output => Stream("stdout", output),
        StandardErrorValueProduced output => Stream("stderr", output),
        DisplayedValueProduced value => Display("display_data", value),
        DisplayedValueUpdated value => Display("update_display_data", value),
        ReturnValueProduced { Value: not (null or DisplayedValue) } value => new("execute_result", new JsonObject
        {
            ["data"] = MimeBundle(value),
            ["metadata"] = new JsonObject(),
        }),
        _ => null,
    };

    private static CellMessage Stream(string name, DisplayEvent output) => new("stream", new JsonObject
    {
        ["name"] = name,
        ["text"] = string.Concat(output.FormattedValues.Select(value => value.Value)),
    });

    private static CellMessage Display(string type, DisplayEvent value) => new(type, new JsonObject
    {
        ["data"] = MimeBundle(value),
        ["metadata"] = new JsonObject(),
        ["transient"] = new JsonObject { ["display_id"] = value.ValueId },
    });

    private static JsonObject MimeBundle(DisplayEvent value)
    {
        var bundle = new JsonObject();
        foreach (var form in value.FormattedValues)
        {
            bundle[form.MimeType] = form.MimeType.EndsWith("json", StringComparison.Ordinal) ? JsonNode.Parse(form.Value) : form.Value;
        }

        // Readers of a notebook expect a text beside every other form. HTML as a text would only make the file longer.
        if (!bundle.ContainsKey(PlainTextFormatter.MimeType) && value.Value is not (null or string or FormattedValue or IHtmlContent))
        {
            bundle[PlainTextFormatter.MimeType] = value.Value.ToDisplayString(PlainTextFormatter.MimeType);
        }

        return bundle;
    }

    /// <summary>Finds the error that matters and its line in the cell.</summary>
    /// <param name="failed">The kernel's word.</param>
    /// <param name="file">The cell's name.</param>
    /// <param name="skipped">Lines of the cell before the code at fault, which directives take.</param>
    private static CellError Describe(CommandFailed failed, string file, int skipped)
    {
        var error = failed.Exception;

        // Awaited and reflected calls wrap the error that matters, and so does the kernel.
        while (error is AggregateException { InnerExceptions.Count: 1 } or TargetInvocationException { InnerException: not null }
            or CodeSubmissionCompilationErrorException { InnerException: not null })
        {
            error = error.InnerException;
        }

        switch (error)
        {
            case null:
                string message = CellError.Bounded(failed.Message);
                return new CellError("Error", message, null, message.Split('\n'));
            case CompilationErrorException compilation:
                var errors = compilation.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).ToList();
                int Line(Diagnostic diagnostic) => diagnostic.Location.GetLineSpan().StartLinePosition.Line + 1 + skipped;
                string hint = errors[0].Id == "CS0006" ? " Build the solution first: dotnet build -c Release" : "";
                return new CellError("CompilationError", CellError.Bounded($"{errors[0].Id}: {errors[0].GetMessage()}{hint}"), Line(errors[0]),
                    CellError.Bounded(string.Join('\n', errors.Select(diagnostic => $"line {Line(diagnostic)}: {diagnostic.Id}: {diagnostic.GetMessage()}")))
                        .Split('\n'));
            default:
                int? line = new StackTrace(error, fNeedFileInfo: true).GetFrames()
                    .FirstOrDefault(frame => Path.GetFileName(frame.GetFileName()) == file)?.GetFileLineNumber();
                return new CellError(error.GetType().Name, CellError.MessageOf(error), line + skipped, CellFrames(error, file));
        }
    }

    // The frames below the cell are the engine's own, and folders of this machine tell a reader nothing.
    private static string[] CellFrames(Exception error, string file)
    {
        string[] lines = CellError.TextOf(error).ReplaceLineEndings("\n").Split('\n');
        int last = Array.FindLastIndex(lines, line => line.Contains(file, StringComparison.Ordinal));
        string folder = Directory.GetCurrentDirectory() + Path.DirectorySeparatorChar;
        return [.. lines.Take(last < 0 ? lines.Length : last + 1).Select(line => line.Replace(folder, "", StringComparison.Ordinal))];
    }

    [GeneratedRegex(
        @"^(?<r>\s*#r\s+)""(nuget:\s*(?<name>ApproxNets(\.\w+)*)\s*(,[^""\n]*)?|([^""\n]*[\\/])?(?<name>[^""\\/\n]+)\.dll)""",
        RegexOptions.Multiline | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex OwnReference();

    private static FieldInfo Field(Type type, string name) => type.GetField(name, BindingFlags.NonPublic | BindingFlags.Instance)!;

    // The kernel offers no setting for these.
    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_scriptOptions")]
    private static extern ref ScriptOptions Options(CSharpKernel kernel);
}
