using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using ApproxNets.Circuits;
using ApproxNets.Circuits.Evolution;
using ApproxNets.Circuits.Import;
using ApproxNets.Data;
using ApproxNets.Experiments;
using ApproxNets.Foundation;
using ApproxNets.Models;
using ApproxNets.Multipliers;
using ApproxNets.Training;
using static TorchSharp.torch;

namespace ApproxNets.Benchmarks;

/// <summary>Every reader of files of the library, of its circuits and of the command line program, with a small file to mutate.</summary>
internal static partial class CampaignReaders
{
    private const int Images = 4;

    /// <summary>Writes the files into an empty folder.</summary>
    /// <param name="folder">The folder.</param>
    public static IReadOnlyList<CampaignReader> Make(string folder)
    {
        Func<string, string> place = name =>
        {
            string path = Path.Combine(folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            return path;
        };
        return [.. OfWeights(place), .. OfTables(place), .. OfCircuits(place), .. OfImages(place), .. OfMoreFiles(place), .. OfPrograms(place)];
    }

    private static IEnumerable<CampaignReader> OfWeights(Func<string, string> place)
    {
        var data = Data();
        var network = Networks.Create("lenet5", 10, seed: 1, channels: 1, imageSize: 28);
        string State(string more) => $"{Checkpoint.Sha256(network.state_dict())} {more}";

        string checkpoint = place("checkpoint.safetensors");
        Checkpoint.Save(checkpoint, network, new Dictionary<string, string> { ["seed"] = "1" });
        yield return new CampaignReader("checkpoint", checkpoint, () =>
        {
            using var scope = NewDisposeScope();
            return State(string.Join(' ', Checkpoint.Load(checkpoint, network)));
        }, HasSum: true);

        // A stage that is no good is made again: here that is the refusal.
        var key = new Fingerprint("campaign", 1).Add("seed", 1);
        void Refuse(string text) => throw new InvalidDataException(text);
        var store = new StageStore(Path.GetDirectoryName(place("stages/x"))!) { Notice = Refuse };
        var record = new TrainingRecord([new EpochRecord(1, 0.5, 0.25, 0.75, 1)]);
        var stage = store.Run("float-lenet5", key, network, _ => record);
        yield return new CampaignReader("stage", stage.File, () =>
        {
            using var scope = NewDisposeScope();
            return State($"{store.Run("float-lenet5", key, network, _ => record).Result.Epochs[0]}");
        }, HasSum: true);

        double[] kept = store.Keep("search-lenet5", key, () => new[] { 0.5, 0.25 });
        yield return new CampaignReader(
            "kept search", Directory.GetFiles(place("stages"), "search-*.json")[0],
            () => string.Join(' ', store.Keep("search-lenet5", key, () => kept)), HasSum: true);

        string resume = place("training.resume");
        var options = new TrainingOptions("campaign", 2, 0.05, 1) { BatchSize = Images, Augment = false };
        using (var source = new CancellationTokenSource())
        {
            try
            {
                Trainer.Train(network, data, options, run: new() { ResumeFile = resume, Progress = new AfterEpoch(source.Cancel), Cancellation = source.Token });
            }
            catch (OperationCanceledException)
            {
                // The file holds the first of two epochs.
            }
        }

        yield return new CampaignReader("resume file", resume, () =>
        {
            var read = Trainer.Train(network, data, options, new() { Stops = _ => true }, new() { ResumeFile = resume, Notice = Refuse });
            return State(string.Join(' ', read.Epochs));
        }, HasSum: true);

        string answers = place("teacher.answers");
        TeacherAnswers.Ask(answers, [network], data, new ImageViews(2, Seed: 1), new Dictionary<string, string>());
        yield return new CampaignReader("teacher's answers", answers, () =>
        {
            var read = TeacherAnswers.Read(answers, data);
            return $"{read.Sha256} {read.Views}";
        }, HasSum: true);

        string plain = place("weights.dat");
        network.save(plain);
        yield return new CampaignReader("weights of TorchSharp", plain, () => $"{PretrainedWeights.Load(network, plain)}", HasSum: false);

        string index = place("index/" + CheckpointIndex.FileName);
        File.WriteAllText(index, """[{"file":"a.safetensors","what":"float","validation_accuracy":80.5,"weights_sha256":"00","file_sha256":"00","fingerprint":["float 1"]}]""");
        yield return new CampaignReader("index of checkpoints", index, () => $"{CheckpointIndex.Read(place("index")).Count}", HasSum: false);
    }

    private static IEnumerable<CampaignReader> OfTables(Func<string, string> place)
    {
        var circuit = MultiplierFamilies.BrokenArray(Signedness.Unsigned, 1, 4);
        int[] products = circuit.Products.ToArray();

        string npy = place("mul8u_table.npy");
        NpyTable.Write(npy, products);
        yield return new CampaignReader("table, .npy", npy, () => $"{NpyTable.Read(npy, Signedness.Unsigned).Length}", HasSum: false);

        string csv = place("mul8u_table.csv");
        File.WriteAllLines(csv, products.Chunk(256).Select(row => string.Join(',', row)));
        yield return Imported("table, .csv", csv);

        string raw = place("mul8u_table.bin");
        File.WriteAllBytes(raw, [.. products.SelectMany(product => BitConverter.GetBytes((ushort)product))]);
        yield return Imported("table, .bin", raw);

        string library = place("some.tables");
        File.WriteAllBytes(library, LibraryFile.Bytes([circuit.Multiplier, MultiplierFamilies.Exact(Signedness.Unsigned).Multiplier]));
        yield return new CampaignReader(
            "library", library, () => string.Join(' ', LibraryFile.Read(library).Select(m => $"{m} {m.TableHash}")), HasSum: true);

        string mine = Path.GetDirectoryName(place("mine/x"))!;
        UserLibrary.Add(mine, [(circuit.Multiplier, circuit.Netlist)], replace: false);
        string ReadLibrary() => string.Join(' ', MultiplierLibrary.ReadFolder(mine, Signedness.Unsigned).Multipliers.Select(m => m.TableHash));
        yield return new CampaignReader("user's library, a table", Path.Combine(mine, circuit.Name + ".npy"), ReadLibrary, HasSum: true);
        yield return new CampaignReader("user's library, the costs", Path.Combine(mine, "mine.csv"), ReadLibrary, HasSum: false)
        {
            Refuses = e => e is InvalidDataException or FileNotFoundException, // a row without a table
        };
    }

    private static IEnumerable<CampaignReader> OfCircuits(Func<string, string> place)
    {
        var netlist = MultiplierFamilies.BrokenArray(Signedness.Unsigned, 2, 8).Netlist;
        string blif = place("mul8u_circuit.blif"), verilog = place("mul8u_circuit.v"), c = place("mul8u_circuit.c");
        File.WriteAllText(blif, netlist.ToBlif("multiplier"));
        File.WriteAllText(verilog, netlist.ToVerilog("multiplier"));
        var body = new StringBuilder();
        for (int bit = 0; bit < 8; bit++)
        {
            body.Append($"  uint8_t n{bit} = ((a >> {bit}) & 0x1) & ((b >> 7) & 0x1);\n  uint8_t m{bit} = n{bit} ^ ((b >> {bit}) & 0x1);\n")
                .Append($"  c |= (n{bit} & 0x1) << {bit + 7};\n  c |= (m{bit} & 0x1) << {bit};\n");
        }

        File.WriteAllText(c, $"#include <stdint.h>\n\nuint16_t mul8u_circuit(uint8_t a, uint8_t b)\n{{\n  uint16_t c = 0;\n{body}  return c;\n}}\n");
        string shipped = place("multipliers.bin"), state = place("evolution.json");
        File.WriteAllBytes(shipped, CircuitFile.Bytes([ShippedCircuit.Of(MultiplierFamilies.BrokenArray(Signedness.Signed, 1, 4))]));
        yield return new CampaignReader("circuits, shipped form", shipped, () => $"{CircuitFile.Read(shipped).Count}", HasSum: true);

        var options = new CircuitEvolutionOptions(Signedness.Unsigned, Seed: 1, Evaluations: 300) { MaxMeanAbsoluteError = 50, CheckpointPath = state };
        CircuitEvolution.Run(options);
        yield return new CampaignReader("state of an evolution", state, () =>
        {
            var read = EvolutionCheckpoint.Read(state, options, CellGenome.Exact(options.Signedness));
            return $"{read.Settings} {read.Evaluations} {read.Random} {string.Join(' ', read.Genes)}";
        }, HasSum: true);

        foreach (var (format, path) in new[] { ("BLIF", blif), ("Verilog", verilog), ("C", c) })
        {
            yield return new CampaignReader($"circuit, {format}", path, () => $"{MultiplierImport.ReadCircuit(path).Netlist.Gates.Length}", HasSum: false);
        }
    }

    private static IEnumerable<CampaignReader> OfImages(Func<string, string> place)
    {
        string cifar = Path.GetDirectoryName(place("cifar/x"))!, fashion = Path.GetDirectoryName(place("fashion/x"))!;
        foreach (string file in (string[])[.. Cifar10.TrainingFiles, Cifar10.TestFile])
        {
            File.WriteAllBytes(Path.Combine(cifar, file), new byte[Images * Cifar10.RecordLength]);
        }

        string classes = Path.Combine(cifar, Cifar10.MetaFile);
        File.WriteAllText(classes, "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n");
        string ReadCifar() => Cifar10.Read(cifar, Images).Sha256;
        yield return new CampaignReader("CIFAR-10, images", Path.Combine(cifar, Cifar10.TestFile), ReadCifar, HasSum: false);
        yield return new CampaignReader("CIFAR-10, classes", classes, ReadCifar, HasSum: false);

        int[] counts = [FashionMnist.TrainingParts * Images, Images];
        foreach (int kind in new[] { 0, 1 })
        {
            byte[] length = [0, 0, 0, (byte)counts[kind]];
            File.WriteAllBytes(
                Path.Combine(fashion, FashionMnist.Files[2 * kind]), [0, 0, 8, 3, .. length, 0, 0, 0, 28, 0, 0, 0, 28, .. new byte[counts[kind] * 784]]);
            byte[] labels = [0, 0, 8, 1, .. length, .. new byte[counts[kind]]];
            using var packed = new GZipStream(File.Create(Path.Combine(fashion, FashionMnist.Files[(2 * kind) + 1] + ".gz")), CompressionLevel.Fastest);
            packed.Write(labels);
        }

        string ReadFashion() => FashionMnist.Read(fashion, Images).Sha256;
        yield return new CampaignReader("IDX, images", Path.Combine(fashion, FashionMnist.Files[2]), ReadFashion, HasSum: false);
        yield return new CampaignReader("IDX, labels packed with gzip", Path.Combine(fashion, FashionMnist.Files[3] + ".gz"), ReadFashion, HasSum: false);

        string archive = place("set.tar.gz"), target = place("unpacked");
        using (var tar = new TarWriter(new GZipStream(File.Create(archive), CompressionLevel.Fastest)))
        {
            tar.WriteEntry(new UstarTarEntry(TarEntryType.Directory, "set/"));
            tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, "set/data.bin") { DataStream = new MemoryStream(new byte[5000]) });
            tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, "set/deep/names.txt") { DataStream = new MemoryStream("one\n"u8.ToArray()) });
        }

        string bare = place("set.tar");
        using (var unzipped = new GZipStream(File.OpenRead(archive), CompressionMode.Decompress))
        using (var file = File.Create(bare))
        {
            unzipped.CopyTo(file);
        }

        string Unpack()
        {
            Directory.CreateDirectory(target);
            try
            {
                ArchiveExtraction.Extract(archive, target, 1_000_000, CancellationToken.None);
                return $"{Directory.GetFileSystemEntries(target).Length}";
            }
            finally
            {
                Directory.Delete(target, recursive: true);
            }
        }

        Predicate<Exception> refuses = e => e is InvalidDataException or IOException; // a path that the file system refuses
        yield return new CampaignReader("archive", archive, Unpack, HasSum: false) { Refuses = refuses };

        // Gzip's own sum hides what the reader of tar does with a damaged file: mutated before it is packed.
        yield return new CampaignReader("archive, mutated inside of gzip", bare, () =>
        {
            using (var packed = new GZipStream(File.Create(archive), CompressionLevel.Fastest))
            using (var file = File.OpenRead(bare))
            {
                file.CopyTo(packed);
            }

            return Unpack();
        }, HasSum: false)
        {
            Refuses = refuses,
        };
    }

    private static CampaignReader Imported(string name, string path) =>
        new(name, path, () => MultiplierImport.Read(path).Multiplier.TableHash, HasSum: false);

    private static ImageDataset Data()
    {
        var pixels = new byte[Images * 784];
        new Random(1).NextBytes(pixels);
        var images = new ImageSet(pixels, [0, 1, 2, 3], 1, 28, 28);
        return new ImageDataset(
            "campaign", [.. Enumerable.Range(0, 10).Select(i => $"{i}")], images, images, images, ChannelStatistics.Of(images),
            Convert.ToHexStringLower(SHA256.HashData(pixels)));
    }

    private sealed class AfterEpoch(Action action) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.ValidationAccuracy is not null)
            {
                action();
            }
        }
    }
}
