using System.Text;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Scripting;
using Microsoft.CodeAnalysis.Scripting;
using Microsoft.CodeAnalysis.Scripting.Hosting;

namespace ApproxNets.Cli.Running;

/// <summary>Runs the cells of one notebook as one C# script: what a cell declares, the next ones see.</summary>
internal sealed partial class ScriptEngine : IDisposable
{
    // Those of .NET Interactive, so that a notebook needs the same usings everywhere.
    private static readonly string[] Usings =
        ["System", "System.Text", "System.Collections", "System.Collections.Generic", "System.Threading.Tasks", "System.Linq"];

    private static readonly Lazy<MetadataReference[]> Framework = new(() =>
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetDirectoryName(path) == Path.GetDirectoryName(typeof(object).Assembly.Location))
            .Select(path => MetadataReference.CreateFromFile(path))]);

    private readonly InteractiveAssemblyLoader _loader = new();
    private readonly ScriptOptions _options;
    private readonly NotebookGlobals _globals;
    private ScriptState<object?>? _state;

    public ScriptEngine(string folder, NotebookGlobals globals)
    {
        _globals = globals;
        _options = ScriptOptions.Default
            .WithReferences(Framework.Value)
            .WithImports(Usings)
            .WithMetadataResolver(new InProcessReferences(folder, _loader))
            .WithSourceResolver(new SourceFileResolver([], folder))
            .WithLanguageVersion(LanguageVersion.Latest)
            .WithAllowUnsafe(true)
            .WithOptimizationLevel(OptimizationLevel.Release)
            .WithEmitDebugInformation(true)
            .WithFileEncoding(Encoding.UTF8);
    }

    /// <summary>Compiles and runs a cell; returns the value of its last expression, null if it has none.</summary>
    /// <param name="code">The cell's source.</param>
    /// <param name="file">Its name in compiler errors and stack traces.</param>
    /// <param name="cancellation">Stops before the cell and between its statements that await.</param>
    /// <exception cref="CompilationErrorException">The cell is not valid.</exception>
    /// <exception cref="NotSupportedException">The cell uses what only some hosts have.</exception>
    public async Task<object?> RunAsync(string code, string file, CancellationToken cancellation)
    {
        RefuseMagic(code);
        var options = _options.WithFilePath(file);
        _state = _state is null
            ? await CSharpScript.Create<object?>(code, options, typeof(NotebookGlobals), _loader).RunAsync(_globals, cancellation)
            : await _state.ContinueWithAsync<object?>(code, options, cancellation);
        return _state.ReturnValue;
    }

    /// <summary>The variable of that name; null if no cell run so far declares one.</summary>
    public ScriptVariable? Variable(string name) => _state?.GetVariable(name);

    public void Dispose() => _loader.Dispose();

    private static void RefuseMagic(string code)
    {
        foreach (string line in code.Split('\n'))
        {
            if (NugetDirective().IsMatch(line))
            {
                throw new NotSupportedException(
                    $"found '{line.Trim()}': packages are not restored while a notebook runs. "
                    + "Expected #r \"file.dll\" of a built project.");
            }

            if (line.StartsWith("#!", StringComparison.Ordinal))
            {
                throw new NotSupportedException(
                    $"found '{line.Trim()}': magic commands are not C#. Expected plain C# script, which runs in every host.");
            }
        }
    }

    [GeneratedRegex("""^\s*#r\s+"nuget:""", RegexOptions.IgnoreCase)]
    private static partial Regex NugetDirective();
}
