using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ApproxNets.Cli.Notebooks;
using ApproxNets.Multipliers;
using Xunit;

namespace ApproxNets.Tests.Cli;

public sealed class NotebookRunTests
{
    private const string Chart = "Charts.Line(\"A line.\", \"epoch\", \"loss\", [new Series(\"train\", [3, 2, 1.5])])";

    [Fact]
    public async Task A_run_writes_valid_notebooks_with_outputs_in_order()
    {
        using var fixture = new NotebookFixture();
        fixture.Add("01-ok.ipynb",
            "md:# First\n\nLoss $\\sigma_l$.",
            NotebookFixture.Reference + "Notebook.Start();",
            "tag parameters:var seed = 3;\nvar rate = 0.5;",
            "md:## Work",
            "Console.Write(\"one \");\nConsole.WriteLine(\"line\");\ndisplay(\"shown\");\n"
            + "Console.Error.WriteLine(\"problem\");\nawait Task.Delay(1);\n" + Chart,
            "Notebook.Report(\"dataset\", \"shapes\");\nNotebook.Report(\"dataset_sha256\", \"abc\");\nseed * rate");

        var session = await fixture.RunAsync(["01"], ["rate=2"]);

        Assert.True(session.Status == RunStatus.Ok, fixture.Log.ToString());
        var root = fixture.Executed("01-ok.ipynb");
        AssertValid(root);
        var cells = root["cells"]!.AsArray();
        Assert.Equal("rate = 2d;\nprofile", string.Concat(cells[3]!["source"]!.AsArray().Select(line => (string?)line)) + "\nprofile");
        Assert.Equal("injected-parameters", (string?)cells[3]!["metadata"]!["tags"]![0]);
        var outputs = cells[5]!["outputs"]!.AsArray();
        Assert.Equal(["stream", "display_data", "stream", "execute_result"], outputs.Select(output => (string?)output!["output_type"]));
        Assert.Equal("one line\n", (string?)outputs[0]!["text"]![0]);
        Assert.Equal("stderr", (string?)outputs[2]!["name"]);
        var bundle = outputs[3]!["data"]!.AsObject();
        Assert.Equal(["text/html", "image/svg+xml", "application/pdf", "text/plain"], bundle.Select(form => form.Key));
        Assert.StartsWith(Convert.ToBase64String("%PDF-1"u8.ToArray()), (string?)bundle["application/pdf"]![0], StringComparison.Ordinal);
        Assert.Contains(">loss</text>", (string?)bundle["image/svg+xml"]![0], StringComparison.Ordinal);
        Assert.Contains("A line.", string.Concat(bundle["text/html"]!.AsArray().Select(line => (string?)line)), StringComparison.Ordinal);
        Assert.Equal("6", (string?)cells[6]!["outputs"]![0]!["data"]!["text/plain"]![0]);
    }

    [Fact]
    public async Task The_report_is_complete_and_needs_no_network()
    {
        using var fixture = new NotebookFixture();
        fixture.Add("01-ok.ipynb", "md:# First\n\nSee [two](02-ok.ipynb#work), ![x](https://example.org/x.png), $a_1$.",
            NotebookFixture.Reference + "Notebook.Start();\n" + Chart,
            "tag parameters:var seed = 3;", "Notebook.Report(\"dataset\", \"shapes\");\nNotebook.Report(\"dataset_sha256\", \"abc\");");
        fixture.Add("02-ok.ipynb", "md:# Second\n\n## Work",
            "display(\"<script src='https://example.org/x.js'></script>\", \"text/html\");");

        await fixture.RunAsync([]);

        string[] pages = ["index.html", "01-ok.html", "02-ok.html"];
        foreach (string page in pages)
        {
            string html = File.ReadAllText(Path.Combine(fixture.Report, page));
            Assert.DoesNotMatch(new Regex(
                """<(script|link|img|iframe)[^>]*\s(src|href)\s*=\s*["']?(https?:)?//""", RegexOptions.IgnoreCase), html);
            Assert.DoesNotMatch(new Regex("<script[^>]* src="), html);
        }

        string first = File.ReadAllText(Path.Combine(fixture.Report, "01-ok.html")),
            index = File.ReadAllText(Path.Combine(fixture.Report, "index.html"));
        Assert.Contains("href=\"02-ok.html#work\"", first, StringComparison.Ordinal);
        Assert.Contains("<span class=\"math\">a_1</span>", first, StringComparison.Ordinal);
        Assert.Contains("href=\"01-ok.html\"", index, StringComparison.Ordinal);
        Assert.Contains("Second", index, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(fixture.Report, "*.tmp"));

        var facts = fixture.Facts;
        foreach (string key in (string[])["status", "started_utc", "seconds", "profile", "commit", "dirty", "dotnet", "os", "cpu",
            "threads", "packages", "notebooks", "dataset", "dataset_sha256"])
        {
            Assert.True(facts.ContainsKey(key), key);
        }

        Assert.Equal("abc", (string?)facts["dataset_sha256"]);
        Assert.Equal("0.107.0", (string?)facts["packages"]!["TorchSharp"]);
        var notebook = facts["notebooks"]![0]!;
        Assert.Equal(("ok", 1, 3, 3), (
            (string?)notebook["status"], (int)notebook["charts"]!, (int)notebook["seed"]!, (int)notebook["parameters"]!["seed"]!));
    }

    [Fact]
    public async Task A_referenced_assembly_is_the_one_in_process()
    {
        using var fixture = new NotebookFixture();
        fixture.Add("01.ipynb", NotebookFixture.Reference + "using ApproxNets.Multipliers;\nusing TorchSharp;",
            "Notebook.Report(\"library\", typeof(Multiplier).Assembly.Location);\n"
            + "Notebook.Report(\"sum\", torch.ones(2, 3).sum().item<float>());");

        var session = await fixture.RunAsync([]);

        Assert.True(session.Status == RunStatus.Ok, fixture.Log.ToString());
        Assert.Equal(typeof(Multiplier).Assembly.Location, (string?)session.Notebooks[0].Published["library"]);
        Assert.Equal(6, (float)session.Notebooks[0].Published["sum"]!);
        Assert.Single(AppDomain.CurrentDomain.GetAssemblies(), assembly => assembly.GetName().Name == "TorchSharp");
    }

    [Theory]
    [InlineData("var x = 1;\nint y = \"text\";", 2, "int y = \"text\";", "CompilationError", "CS0029")]
    [InlineData("var zero = 0;\nvar a = 1;\nConsole.WriteLine(a / zero);", 3, "Console.WriteLine(a / zero);", "DivideByZeroException",
        "divide by zero")]
    [InlineData("await Task.Yield();\nthrow new InvalidOperationException(\"late\");", 2, "throw new InvalidOperationException(\"late\");",
        "InvalidOperationException", "late")]
    [InlineData("#!magic\nvar x = 1;", null, null, "Error", "Unknown magic command '#!magic'")]
    [InlineData("#r \"../nowhere/Missing.dll\"", 1, "#r \"../nowhere/Missing.dll\"", "CompilationError", "Build the solution first")]
    public async Task A_failing_cell_is_named_with_its_line_and_stops_the_run(
        string code, int? line, string? text, string error, string message)
    {
        using var fixture = new NotebookFixture();
        fixture.Add("01-bad.ipynb", "md:# Bad", "var before = 1;", "md:Text", code, "Console.WriteLine(\"after\");");
        fixture.Add("02-never.ipynb", "var x = 1;");

        var session = await fixture.RunAsync([]);

        Assert.Equal(RunStatus.Failed, session.Status);
        var failure = session.Notebooks[0].Failure!;
        Assert.Equal((2, 4, line, text, error), (failure.CodeCell, failure.Cell, failure.Line, failure.Code, failure.ErrorName));
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
        Assert.Contains("01-bad.ipynb, code cell 2 (cell 4 of all)", fixture.Log.ToString(), StringComparison.Ordinal);
        var root = fixture.Executed("01-bad.ipynb");
        AssertValid(root);
        Assert.Equal("error", (string?)root["cells"]![3]!["outputs"]![0]!["output_type"]);
        Assert.Empty(root["cells"]![4]!["outputs"]!.AsArray());
        Assert.False(File.Exists(Path.Combine(fixture.Report, "02-never.html")));
        Assert.Equal(["failed", "not run"], fixture.Facts["notebooks"]!.AsArray().Select(notebook => (string?)notebook!["status"]));
        Assert.Equal(line, (int?)fixture.Facts["notebooks"]![0]!["failure"]!["line"]);
    }

    [Fact]
    public async Task Each_notebook_begins_anew()
    {
        using var fixture = new NotebookFixture();
        fixture.Add("01.ipynb", "var shared = 1;");
        fixture.Add("02.ipynb", "Console.WriteLine(shared);");

        var session = await fixture.RunAsync([]);

        Assert.Contains("CS0103", session.Notebooks[1].Failure!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stopped_run_ends_the_cell_that_watches_the_token_and_writes_the_report()
    {
        using var fixture = new NotebookFixture();
        using var cancellation = new CancellationTokenSource();
        fixture.Add("01.ipynb", NotebookFixture.Reference,
            "Console.WriteLine(\"begun\");\nawait Task.Delay(TimeSpan.FromMinutes(5), Notebook.Cancellation);",
            "Console.WriteLine(\"after\");");

        var running = fixture.RunAsync([], stop: cancellation);
        while (!fixture.Log.ToString().Contains("cell 2/3", StringComparison.Ordinal))
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        cancellation.Cancel();
        var session = await running;

        Assert.Equal(RunStatus.Cancelled, session.Status);
        Assert.Equal("cancelled", (string?)fixture.Facts["status"]);
        AssertValid(fixture.Executed("01.ipynb"));
        Assert.Empty(fixture.Executed("01.ipynb")["cells"]![2]!["outputs"]!.AsArray());
    }

    [Fact]
    public async Task In_place_puts_outputs_into_the_notebook_itself_and_only_then()
    {
        using var fixture = new NotebookFixture();
        string path = fixture.Add("01.ipynb", "md:# First",
            NotebookFixture.Reference + "Notebook.Start();", "tag parameters:var seed = 3;", "seed + 1");
        var author = (JsonObject)JsonNode.Parse(File.ReadAllText(path))!;

        var session = await fixture.RunAsync([], ["seed=4"], inPlace: true);

        Assert.True(session.Status == RunStatus.Ok, fixture.Log.ToString());
        string text = File.ReadAllText(path);
        var saved = (JsonObject)JsonNode.Parse(text)!;
        AssertValid(saved);
        var cells = saved["cells"]!.AsArray();
        Assert.Equal(author["cells"]!.AsArray().Select(Written), cells.Select(Written));
        Assert.True(JsonNode.DeepEquals(author["metadata"], saved["metadata"]));
        Assert.Equal([null, 1, 2, 4], cells.Select(cell => (int?)cell!["execution_count"]));
        Assert.Equal("5", (string?)cells[3]!["outputs"]![0]!["data"]!["text/plain"]![0]);

        // Saved outputs do not stand in the way of another run, and only --in-place touches the file.
        Assert.Equal(RunStatus.Ok, (await fixture.RunAsync([], ["seed=7"])).Status);
        Assert.Equal("8", (string?)fixture.Executed("01.ipynb")["cells"]![4]!["outputs"]![0]!["data"]!["text/plain"]![0]);
        Assert.Equal(text, File.ReadAllText(path));

        Assert.Equal(RunStatus.Ok, (await fixture.RunAsync([], ["seed=4"], inPlace: true)).Status);
        Assert.Equal(text, File.ReadAllText(path));
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(path)!, "*.tmp"));

        static string Written(JsonNode? cell) =>
            $"{cell!["cell_type"]} {cell["metadata"]!.ToJsonString()} {cell["source"]!.ToJsonString()}";
    }

    [Theory]
    [InlineData("throw new InvalidOperationException();", false)]
    [InlineData("System.IO.File.AppendAllText(\"01.ipynb\", \"\\n\");", true)]
    public async Task In_place_leaves_a_notebook_that_failed_or_was_edited_meanwhile(string code, bool runs)
    {
        using var fixture = new NotebookFixture();
        string path = fixture.Add("01.ipynb", code);
        string before = File.ReadAllText(path).TrimEnd();

        var session = await fixture.RunAsync([], inPlace: true);

        Assert.Equal(runs ? RunStatus.Ok : RunStatus.Failed, session.Status);
        Assert.Equal(before, File.ReadAllText(path).TrimEnd());
        Assert.Equal(runs, fixture.Log.ToString().Contains("was changed while it ran", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_log_counts_the_cells_right_from_the_start()
    {
        using var fixture = new NotebookFixture();
        fixture.Add("01.ipynb", "md:# First", "var before = 1;", "", "tag parameters:var seed = 3;", "md:## Work", "seed");

        await fixture.RunAsync([], ["seed=4"]);

        Assert.Equal(["cell 1/4: First", "cell 2/4: parameters", "cell 3/4: parameters of this run", "cell 4/4: Work"],
            Regex.Matches(fixture.Log.ToString(), "cell .*").Select(match => match.Value.TrimEnd()));
    }

    [Fact]
    public async Task A_display_is_updated_in_place_even_by_a_later_cell_and_disappears_when_emptied()
    {
        using var fixture = new NotebookFixture();
        fixture.Add("01.ipynb", "var shown = display(\"one\");\nvar gone = display(\"old\");\nConsole.WriteLine(\"text\");",
            "shown.Update(\"two\");\nConsole.WriteLine(\"late\");", "var last = display(\"bar\");\nlast.Update(\"\");\nlast");

        var session = await fixture.RunAsync([]);

        Assert.True(session.Status == RunStatus.Ok, fixture.Log.ToString());
        var cells = fixture.Executed("01.ipynb")["cells"]!.AsArray();
        Assert.Equal("two", (string?)cells[0]!["outputs"]![0]!["data"]!["text/plain"]![0]);
        Assert.Equal(["display_data", "display_data", "stream"], cells[0]!["outputs"]!.AsArray().Select(output => (string?)output!["output_type"]));
        Assert.Single(cells[1]!["outputs"]!.AsArray());
        Assert.Empty(cells[2]!["outputs"]!.AsArray());
    }

    [Fact]
    public async Task A_training_leaves_its_lines_and_its_chart_but_no_bar()
    {
        using var fixture = new NotebookFixture();
        fixture.Add("01.ipynb", NotebookFixture.Reference + "using ApproxNets.Training;\nNotebook.Start();",
            "void Train(int epoch, int batch) => Notebook.Progress.Report(new TrainingProgress(\"QAT\", epoch, 2, batch, 2, 1, 0.5, null, 9, default, default)"
            + " { Measured = [0.1 * epoch, 0.2] });\n"
            + "for (int i = 0; i < 4; i++) { System.Threading.Thread.Sleep(250); await Task.Run(() => Train(1 + (i / 2), 1 + (i % 2))); }\n"
            + "\"done\"",
            "Train(1, 1);\nthrow new InvalidOperationException();");

        await fixture.RunAsync([]);

        var cells = fixture.Executed("01.ipynb")["cells"]!.AsArray();
        var outputs = cells[1]!["outputs"]!.AsArray();
        Assert.Equal(["stream", "display_data", "stream", "execute_result"], outputs.Select(output => (string?)output!["output_type"]));
        Assert.StartsWith("QAT: epoch 1/2", (string?)outputs[0]!["text"]![0], StringComparison.Ordinal);
        Assert.Contains("[0.1,0.2]", outputs[1]!["data"]!["text/html"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.StartsWith("QAT: epoch 2/2", (string?)outputs[2]!["text"]![0], StringComparison.Ordinal);
        Assert.Contains("<progress", (string?)cells[2]!["outputs"]![0]!["data"]!["text/html"]![0], StringComparison.Ordinal);
        Assert.Contains("QAT: epoch 2/2", fixture.Log.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_report_says_that_a_run_is_at_work_and_keeps_what_ran()
    {
        using var fixture = new NotebookFixture();
        fixture.Add("01.ipynb", "Console.WriteLine(\"kept\");",
            "Console.WriteLine(System.IO.File.ReadAllText(\"../report/report.json\"));"
            + "Console.WriteLine(System.IO.File.ReadAllText(\"../report/01.ipynb\"));");

        await fixture.RunAsync([]);

        string text = string.Concat(fixture.Executed("01.ipynb")["cells"]![1]!["outputs"]![0]!["text"]!.AsArray().Select(line => (string?)line));
        Assert.Equal(3, Regex.Count(text, "\"status\": \"running\""));
        Assert.Contains("\"kept\\n\"", text, StringComparison.Ordinal);
        Assert.Equal("ok", (string?)fixture.Facts["status"]);
    }

    /// <summary>What nbformat 4.5's schema asks for.</summary>
    private static void AssertValid(JsonObject root)
    {
        Assert.Equal((4, 5), ((int)root["nbformat"]!, (int)root["nbformat_minor"]!));
        Assert.Equal(".net-csharp", (string?)root["metadata"]!["kernelspec"]!["name"]);
        var ids = new HashSet<string>();
        foreach (var cell in root["cells"]!.AsArray().OfType<JsonObject>())
        {
            string id = (string)cell["id"]!;
            Assert.Matches("^[a-zA-Z0-9-_]{1,64}$", id);
            Assert.True(ids.Add(id), $"id {id} twice");
            Assert.IsType<JsonObject>(cell["metadata"]);
            Assert.All(cell["source"]!.AsArray(), line => Assert.Equal(System.Text.Json.JsonValueKind.String, line!.GetValueKind()));
            if ((string?)cell["cell_type"] != "code")
            {
                Assert.False(cell.ContainsKey("outputs"));
                continue;
            }

            Assert.True(cell.ContainsKey("execution_count"));
            foreach (var output in cell["outputs"]!.AsArray().OfType<JsonObject>())
            {
                string[] required = (string?)output["output_type"] switch
                {
                    "stream" => ["name", "text"],
                    "display_data" => ["data", "metadata"],
                    "execute_result" => ["data", "metadata", "execution_count"],
                    "error" => ["ename", "evalue", "traceback"],
                    var other => throw new InvalidDataException($"output type {other}"),
                };
                Assert.Equal(required.Append("output_type").Order(), output.Select(property => property.Key).Order());
                foreach (var (mime, value) in output["data"]?.AsObject() ?? [])
                {
                    Assert.True(mime.EndsWith("json", StringComparison.Ordinal) ? value is JsonObject : value is JsonArray, mime);
                }
            }
        }
    }
}
