using ApproxNets.Cli.Running;
namespace ApproxNets.Cli.Reporting;
internal static class NotebookPage { public static string Make(NotebookRun r, IReadOnlyList<NotebookRun> all, string folder) => ""; }
