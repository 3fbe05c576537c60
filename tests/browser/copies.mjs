// copies.mjs NOTEBOOK FOLDER HOSTILE: writes what the check opens into the folder: the notebook without outputs, a short one, and one of all
// that a hostile notebook may try, which HOSTILE lists. They ask for the kernel "approxnets".
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

const [notebook, folder, hostile] = process.argv.slice(2);
const metadata = { kernelspec: { display_name: "C# (ApproxNets)", language: "csharp", name: "approxnets" } };
const write = (name, cells) => writeFileSync(join(folder, name), JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 5 }));
const code = (id, source) => ({ cell_type: "code", id, source, execution_count: null, metadata: {}, outputs: [] });

write(basename(notebook), JSON.parse(readFileSync(notebook, "utf8")).cells
  .map(cell => cell.cell_type === "code" ? { ...cell, execution_count: null, outputs: [] } : cell));

write("short.ipynb", [
  code("start", `#r "../artifacts/bin/ApproxNets.Interactive/release/ApproxNets.Interactive.dll"
using ApproxNets.Data;
using ApproxNets.Interactive;
using ApproxNets.Models;
using ApproxNets.Training;
Notebook.Start();
int kept = 17;`),
  code("slider", `double[] x = [1, 2, 3, 4];
Charts.Slider("Powers", "power", Enumerable.Range(1, 3).Select(n => ($"{n}",
    Charts.Line($"power {n}", "x", "y", [new Series("value", x, x.Select(v => Math.Pow(v, n)).ToArray())]))))`),
  code("complete", ""),
  code("train", `var data = Datasets.Load("shapes", 0, new DatasetOptions(1000, 100, 100));
var model = Networks.Create("resnet8", data.Classes.Count, 1);
Trainer.Train(model, data, new TrainingOptions("float baseline", 500, 0.05, 1),
    run: new TrainingRun { Progress = Notebook.Progress, Cancellation = Notebook.Cancellation });`),
  code("kept", "kept + 100"),
  code("fresh", "1 + 1"),
]);

const text = (id, source) => ({ cell_type: "markdown", id, source, metadata: {} });
const tries = JSON.parse(readFileSync(hostile, "utf8"));
write("hostile.ipynb", [
  text("formula", "# Hostile\n\n$a_1$"),
  text("deep", `$${"\\sqrt{".repeat(3000)}x${"}".repeat(3000)}$ and $${"{".repeat(50000)}x$ and ${">".repeat(5000)}`),
  ...[...tries.markdown, ...tries.html].map((source, i) => text(`text-${i}`, source)),
  code("html", `foreach (string html in new[] { ${tries.html.map(source => JSON.stringify(source)).join(", ")} }) { display(html, "text/html"); }`),
]);
