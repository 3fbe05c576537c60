using ApproxNets.Cli.Running;
using System.Text.Json.Nodes;
namespace ApproxNets.Cli.Reporting;
internal static class IndexPage { public static string Make(RunSession s, JsonObject f) => ""; }
