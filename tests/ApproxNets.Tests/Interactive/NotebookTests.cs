using ApproxNets.Interactive;
using ApproxNets.Interactive.Internals;
using Xunit;

namespace ApproxNets.Tests.Interactive;

public sealed class NotebookTests
{
    [Fact]
    public void An_old_FSharp_core_is_told_with_both_versions_and_a_remedy()
    {
        Assert.Null(HostChecks.FSharpCoreProblem(new Version(10, 1), null));
        Assert.Null(HostChecks.FSharpCoreProblem(new Version(10, 1), new Version(10, 1, 203)));
        string problem = HostChecks.FSharpCoreProblem(new Version(10, 1), new Version(10, 0, 5))!;
        Assert.Contains("10.1", problem, StringComparison.Ordinal);
        Assert.Contains("10.0.5", problem, StringComparison.Ordinal);
        Assert.Contains("ApproxNets.Cli -- run", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failed_load_of_libtorch_names_cause_and_remedy()
    {
        string problem = HostChecks.TorchProblem(
            new TypeInitializationException("TorchSharp.torch", new NotSupportedException("no libtorch-cpu")));

        Assert.Contains("no libtorch-cpu", problem, StringComparison.Ordinal);
        Assert.Contains("GLIBCXX_3.4.32", problem, StringComparison.Ordinal);
        Assert.Contains("dotnet build -c Release", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Plotly_is_at_hand_without_a_network()
    {
        string html = FigureHtml.PlotlyScript;

        Assert.InRange(html.Length, 3_000_000, 5_000_000);
        Assert.Equal(html.Length - "</script>".Length, html.IndexOf("</script", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void The_last_value_published_counts()
    {
        NotebookHost.Begin();
        Notebook.Report("a", 1);
        Notebook.Report("b", 2);
        Notebook.Report("a", 3);

        Assert.Equal([KeyValuePair.Create<string, object>("b", 2), KeyValuePair.Create<string, object>("a", 3)],
            NotebookHost.Reported);
        NotebookHost.Begin();
        Assert.Empty(NotebookHost.Reported);
        Assert.Throws<ArgumentException>(() => Notebook.Report(" ", 1));
    }
}
