using System.Buffers.Binary;
using System.Text.Json.Nodes;
using ApproxNets.Circuits;
using ApproxNets.Cli;
using ApproxNets.Cli.Commands;
using ApproxNets.Cli.Jupyter;
using ApproxNets.Cli.Notebooks;
using ApproxNets.Cli.Sweeps;
using ApproxNets.Data;
using ApproxNets.Experiments;
using ApproxNets.Layers;
using ApproxNets.Models;
using ApproxNets.Multipliers;
using ApproxNets.Training;
using Google.Protobuf;
using NetMQ;
using StbImageWriteSharp;
using static TorchSharp.torch;

namespace ApproxNets.Benchmarks;

internal static partial class CampaignReaders
{
    private const int ImageSize = 64;

    private static IEnumerable<CampaignReader> OfMoreFiles(Func<string, string> place)
    {
        string onnx = place("network.onnx");
        File.WriteAllBytes(onnx, Onnx());
        yield return new CampaignReader("ONNX", onnx, () =>
        {
            using var scope = NewDisposeScope();
            return $"{OnnxFile.Read(onnx).Initialisers.Count}";
        }, HasSum: false);

        string points = place("points.safetensors");
        var data = Data();
        var model = ApproxModel.Convert(
            Networks.Create("lenet5", 10, seed: 1, channels: 1, imageSize: 28), QuantizationOptions.Clipped(Signedness.Signed), 1, 28, 28);
        model.UseQuantized();
        using (no_grad())
        {
            model.Network.train();
            model.Network.call(new BatchLoader(data.Training, data.Statistics, Images).Epoch(0).First().Images);
        }

        model.Network.eval();
        var (exact, coarse) = (MultiplierFamilies.Exact(Signedness.Signed).Multiplier, MultiplierFamilies.Truncated(Signedness.Signed, 5).Multiplier);
        QosNetFile.Save(points, new QosNet(model, [Assignment.Uniform(exact, model.Opcounts), Assignment.Uniform(coarse, model.Opcounts)]), "lenet5", data);
        yield return new CampaignReader("operating points", points, () =>
        {
            using var scope = NewDisposeScope();
            var read = QosNetFile.Load(points);
            return $"{Checkpoint.Sha256(read.Net.Model.Network.state_dict())} {string.Join(' ', read.Net.Assignments.SelectMany(a => a.Multipliers).Select(m => m.TableHash))}";
        }, HasSum: true);

        string results = place("results.json");
        File.WriteAllText(results, """
            {"network":"lenet5","dataset":"shapes","library":"built-in","scheme":"signed","seed":1,"commit":"00","float_top1":90.5,"qat_top1":90.25,
             "points":[{"method":"agn","lambda":1,"savings":0.5,"top1_before_retraining":80.5,"top1":90,"search_seconds":1.5,"retraining_seconds":2,
              "training_epochs":3,"evaluations":0,"multipliers":["a","b"]}],
             "other_seeds":[{"seed":2,"float_top1":90,"qat_top1":89.5,"points":[]}]}
            """);
        yield return new CampaignReader("result file", results, () => $"{ResultFile.ReadComparison(results).Count}", HasSum: false);

        string hundred = Path.GetDirectoryName(place("cifar100/x"))!;
        File.WriteAllBytes(Path.Combine(hundred, Cifar100.TrainingFile), new byte[Cifar100.TrainingParts * Images * Cifar100.RecordLength]);
        File.WriteAllBytes(Path.Combine(hundred, Cifar100.TestFile), new byte[Images * Cifar100.RecordLength]);
        File.WriteAllLines(Path.Combine(hundred, Cifar100.NameFile), Enumerable.Range(0, 100).Select(i => $"class {i}"));
        yield return new CampaignReader(
            "CIFAR-100, images", Path.Combine(hundred, Cifar100.TestFile), () => Cifar100.Read(hundred, Images).Sha256, HasSum: false);

        string[] ids = ["n01", "n02"];
        string tiny = Path.GetDirectoryName(place($"{TinyImageNet.FolderName}/x"))!, first = "";
        foreach (string id in ids)
        {
            for (int i = 0; i < 10; i++)
            {
                WriteImage(first = place($"{TinyImageNet.FolderName}/train/{id}/images/{id}_{i}.JPEG"));
            }

            WriteImage(place($"{TinyImageNet.FolderName}/val/images/{id}.JPEG"));
        }

        string annotations = Path.Combine(tiny, "val", "val_annotations.txt");
        File.WriteAllLines(annotations, ids.Select(id => $"{id}.JPEG\t{id}\t0\t0\t63\t63"));
        File.WriteAllLines(Path.Combine(tiny, "wnids.txt"), ids);
        File.WriteAllLines(Path.Combine(tiny, "words.txt"), ids.Select(id => $"{id}\tname of {id}"));
        string ReadTiny() => TinyImageNet.Read(tiny).Sha256;
        ReadTiny();
        yield return new CampaignReader("Tiny ImageNet, decoded", tiny + TinyImageNet.DecodedSuffix, ReadTiny, HasSum: true);
        yield return new CampaignReader("Tiny ImageNet, annotations", annotations, ReadTiny, HasSum: false)
        {
            Refuses = e => e is InvalidDataException or FileNotFoundException, // the name of an image
        };
        yield return new CampaignReader("JPEG", first, () =>
        {
            byte[] pixels = new byte[3 * ImageSize * ImageSize];
            JpegImage.Decode(first, File.ReadAllBytes(first), ImageSize, pixels);
            return "";
        }, HasSum: false);
    }

    private static IEnumerable<CampaignReader> OfPrograms(Func<string, string> place)
    {
        string report = Path.GetDirectoryName(place("report/x"))!, notebook = Path.Combine(report, "a.ipynb"), facts = Path.Combine(report, "report.json");
        File.WriteAllText(notebook, """
            {"cells":[{"cell_type":"markdown","id":"a","metadata":{},"source":["# A title\n","$x^2$ and [a link](b.ipynb)"]},
             {"cell_type":"code","execution_count":1,"id":"b","metadata":{"tags":["parameters"]},"outputs":[{"output_type":"stream","name":"stdout","text":["0.5\n"]}],
              "source":"var seed = 1;"},
             {"cell_type":"code","execution_count":2,"id":"c","metadata":{},"outputs":[{"output_type":"execute_result","execution_count":2,"metadata":{},
              "data":{"text/html":"<b>81.5 %</b>","text/plain":["81.5 %"]}}],"source":["seed + 0.5"]}],
             "metadata":{"approxnets":{"status":"ok","parameters":{"seed":1},"published":{"accuracy":81.5},"cpu":"x","threads":2},
              "kernelspec":{"display_name":".NET (C#)","language":"C#","name":".net-csharp"}},"nbformat":4,"nbformat_minor":5}
            """);
        File.WriteAllText(facts, """{"status":"ok","started_utc":"2026-01-01T00:00:00Z","notebooks":[{"file":"a.ipynb","status":"ok","published":{"accuracy":81.5}}]}""");
        Predicate<Exception> refuses = e => e is UsageException;
        yield return new CampaignReader("notebook", notebook, () =>
        {
            var document = NotebookDocument.Load(notebook);
            return $"{document.Title} {document.ToJson().Length} {document.ToSourceJson().Length}";
        }, HasSum: false)
        {
            Refuses = refuses,
        };
        string ReadRecords() => string.Join(' ', VerifyCommand.Records(report).SelectMany(r => r.Values).Select(v => v.ToString()));
        yield return new CampaignReader("report, report.json", facts, ReadRecords, HasSum: false) { Refuses = refuses };
        yield return new CampaignReader("report, executed notebook", notebook, ReadRecords, HasSum: false) { Refuses = refuses };

        string manifest = place("sweep.json");
        File.WriteAllText(manifest, """
            {"jobs":[{"command":"compare","options":{"profile":"smoke","network":"lenet5","method":["agn","uniform"],"without-retraining":true},
             "grid":{"seed":[1,2],"lambda":[0.5,1]}}]}
            """);
        var parts = new ExperimentParts();
        yield return new CampaignReader("sweep, manifest", manifest, () => $"{SweepFile.Read(manifest, parts).Count}", HasSum: false) { Refuses = refuses };

        var sweep = new SweepFolder(Path.GetDirectoryName(place("swept/x"))!);
        var job = new SweepJob("0123456789abcdef", ["compare", "--seed", "1"]);
        sweep.Finish(job, new JsonObject { ["network"] = "lenet5", ["points"] = new JsonArray(new JsonObject { ["savings"] = 0.5, ["top1"] = 90.25 }) });
        yield return new CampaignReader("sweep, a result", Path.Combine(sweep.Path, "done", job.Id + ".json"), () =>
        {
            SweepTable.Write(sweep, [job]);
            return "";
        }, HasSum: false);

        foreach (string key in (string[])["", "a key"])
        {
            string message = place(key == "" ? "unsigned.message" : "signed.message");
            var frames = new JupyterWire(key).Pack(JupyterMessage.Create(
                "execute_request", new JsonObject { ["code"] = "1 + 1", ["silent"] = false, ["store_history"] = true }, null, []));
            File.WriteAllBytes(message, [.. frames.SelectMany(frame => (byte[])[.. Length(frame.MessageSize), .. frame.ToByteArray()])]);
            yield return new CampaignReader(key == "" ? "kernel message, unsigned" : "kernel message, signed", message, () =>
            {
                var read = new JupyterWire(key).Unpack(new NetMQMessage(Frames(File.ReadAllBytes(message)).Select(frame => new NetMQFrame(frame))));
                return $"{read.Type} {read.Content.ToJsonString()}";
            }, HasSum: key != "")
            {
                Refuses = e => e is FormatException,
            };
        }
    }

    /// <summary>A graph of one convolution with its weights, in the fields of onnx.proto3.</summary>
    private static byte[] Onnx()
    {
        static byte[] Message(Action<CodedOutputStream> write)
        {
            using var bytes = new MemoryStream();
            using (var stream = new CodedOutputStream(bytes))
            {
                write(stream);
            }

            return bytes.ToArray();
        }

        static void Field(CodedOutputStream stream, int number, byte[] value)
        {
            stream.WriteTag(number, WireFormat.WireType.LengthDelimited);
            stream.WriteBytes(ByteString.CopyFrom(value));
        }

        byte[] node = Message(n =>
        {
            foreach (string input in (string[])["x", "kernel"])
            {
                Field(n, 1, System.Text.Encoding.UTF8.GetBytes(input));
            }

            Field(n, 4, "Conv"u8.ToArray());
        });
        byte[] weights = Message(t =>
        {
            foreach (long size in (long[])[2, 1, 3, 3])
            {
                t.WriteTag(1, WireFormat.WireType.Varint);
                t.WriteInt64(size);
            }

            t.WriteTag(2, WireFormat.WireType.Varint);
            t.WriteInt32(1);
            Field(t, 8, "kernel"u8.ToArray());
            Field(t, 9, new byte[2 * 9 * sizeof(float)]);
        });
        byte[] graph = Message(g =>
        {
            Field(g, 1, node);
            Field(g, 5, weights);
        });
        return Message(m => Field(m, 7, graph));
    }

    private static void WriteImage(string path)
    {
        byte[] pixels = new byte[3 * ImageSize * ImageSize];
        new Random(1).NextBytes(pixels);
        using var file = File.Create(path);
        new ImageWriter().WriteJpg(pixels, ImageSize, ImageSize, ColorComponents.RedGreenBlue, file, 50);
    }

    private static byte[] Length(int length)
    {
        byte[] bytes = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, length);
        return bytes;
    }

    /// <summary>The frames of a file: a length before each; a wrong one ends where the file does.</summary>
    private static IEnumerable<byte[]> Frames(byte[] file)
    {
        for (int at = 0; at + sizeof(int) <= file.Length;)
        {
            int length = (int)Math.Min((uint)BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at)), file.Length - at - sizeof(int));
            yield return file[(at + sizeof(int))..(at + sizeof(int) + length)];
            at += sizeof(int) + length;
        }
    }
}
