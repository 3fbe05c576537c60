using ApproxNets.Data;
using ApproxNets.Experiments;
using ApproxNets.Layers;
using ApproxNets.Models;
using ApproxNets.Multipliers;
using ApproxNets.Search;
using ApproxNets.Tests.Training;
using ApproxNets.Training;
using Xunit;
using static TorchSharp.torch;

namespace ApproxNets.Tests.Experiments;

public sealed class QosNetFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new("qosnet");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("resnet8", Signedness.Signed)]
    [InlineData("resnet8", Signedness.Unsigned)]
    [InlineData("lenet5", Signedness.Signed)] // biases instead of batch normalisation
    public void ALoadedNetGivesTheSameBitsAtEveryPoint(string network, Signedness scheme)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        var data = Datasets.Load("shapes", 1, new DatasetOptions(64, 32, 32));
        var net = Net(network, scheme, data);
        string file = _folder["net.safetensors"];
        QosNetFile.Save(file, net, network, data);
        LoadedQosNet loaded;
        using (NewDisposeScope())
        {
            loaded = QosNetFile.Load(file); // outlives the scope it is read in
        }

        Assert.Equal((network, net.HasNorms), (loaded.Network, loaded.Net.HasNorms));
        Assert.Equal(data.Classes, loaded.Classes);
        Assert.Equal(data.Statistics.Mean, loaded.Statistics.Mean);
        Assert.Equal(data.Statistics.StandardDeviation, loaded.Statistics.StandardDeviation);
        Assert.Equal(net.Assignments.Select(a => a.ToString()), loaded.Net.Assignments.Select(a => a.ToString()));
        Assert.Equal(net.Assignments.Select(a => a.Savings), loaded.Net.Assignments.Select(a => a.Savings));
        Assert.Equal(net.TableBytes, loaded.Net.TableBytes);
        var images = new BatchLoader(data.Test, data.Statistics, 8).Epoch(0).First().Images;
        var outputs = new List<string>();
        foreach (int point in new[] { 0, 1, 2, 1, 0 })
        {
            net.SwitchTo(point);
            loaded.Net.SwitchTo(point);
            byte[] expected = TinyProblem.Bytes(net.Forward(images));
            Assert.Equal(expected, TinyProblem.Bytes(loaded.Net.Forward(images)));
            outputs.Add(Convert.ToHexString(expected));
        }

        Assert.Equal(3, outputs.Distinct().Count());

        // Saved again, the file is the same.
        QosNetFile.Save(_folder["again.safetensors"], loaded.Net, network, data);
        Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(_folder["again.safetensors"]));
    }

    [Fact]
    public void TunedTablesShareTheirColumns()
    {
        using var scope = NewDisposeScope();
        var data = Datasets.Load("shapes", 1, new DatasetOptions(64, 32, 32));
        var plain = Net("lenet5", Signedness.Signed, data);
        string few = _folder["few.safetensors"], many = _folder["many.safetensors"];
        QosNetFile.Save(few, plain, "lenet5", data);
        var random = new Random(1);
        double[] Draw() => [.. Enumerable.Range(0, 256).Select(_ => random.NextDouble() + 0.01)];
        Multiplier circuit = MultiplierFamilies.Truncated(Signedness.Signed, 9);
        var tuned = Net("lenet5", Signedness.Signed, data, opcounts =>
            [.. Enumerable.Range(0, 3).Select(_ => new Assignment([.. opcounts.Select(_ => circuit.TunedFor(Draw(), Draw()))], opcounts))]);
        QosNetFile.Save(many, tuned, "lenet5", data);
        Assert.True(new FileInfo(many).Length < new FileInfo(few).Length + (15 * 4096)); // 15 tables would take 4 MB
        var loaded = QosNetFile.Load(many);
        foreach (var (expected, found) in tuned.Assignments.Zip(loaded.Net.Assignments).SelectMany(p => p.First.Multipliers.Zip(p.Second.Multipliers)))
        {
            Assert.Equal((expected.Scale, expected.TableHash), (found.Scale, found.TableHash));
            Assert.Equal(expected.WeightCodes.ToArray(), found.WeightCodes.ToArray());
        }
    }

    [Fact]
    public void DamagedTamperedAndNewerFilesAreRefused()
    {
        using var scope = NewDisposeScope();
        var data = Datasets.Load("shapes", 1, new DatasetOptions(64, 32, 32));
        string file = _folder["net.safetensors"], other = _folder["other.safetensors"];
        QosNetFile.Save(file, Net("lenet5", Signedness.Signed, data), "lenet5", data);
        byte[] bytes = File.ReadAllBytes(file);
        string Refused(byte[] content)
        {
            File.WriteAllBytes(other, content);
            string message = Assert.Throws<InvalidDataException>(() => QosNetFile.Load(other)).Message;
            Assert.Contains(other, message);
            return message;
        }

        // Written anew, with a sum that is right.
        string Rewritten(string key, string value)
        {
            var (tensors, metadata) = SafeTensors.Read(file);
            metadata[key] = value;
            SafeTensors.Write(other, tensors.Select(t => (t.Key, t.Value)), metadata.Where(m => m.Key is not ("sha256" or "checked")).ToDictionary());
            return Refused(File.ReadAllBytes(other));
        }

        foreach (int length in new[] { 0, 7, 100, bytes.Length / 2, bytes.Length - 1 })
        {
            Refused(bytes[..length]);
        }

        byte[] flipped = [.. bytes];
        flipped[^9] ^= 1;
        Assert.Contains("SHA-256", Refused(flipped));
        Assert.Contains("format version 2", Rewritten("format_version", "2"));
        Assert.Contains("expected 'approxnets qos-net'", Rewritten("kind", "approxnets qos-nut"));
        Assert.Contains("does not fit", Rewritten("manifest", "{}"));
        SafeTensors.Write(other, [("a", zeros(1))], new Dictionary<string, string>());
        Assert.Contains("(none)", Assert.Throws<InvalidDataException>(() => QosNetFile.Load(other)).Message);
        Assert.Equal(3, QosNetFile.Load(file).Net.Assignments.Count);
    }

    [Fact]
    public void FineTunedPointsAreKept()
    {
        using var scope = NewDisposeScope();
        var data = Datasets.Load("shapes", 1, new DatasetOptions(64, 32, 32));
        var net = Net("resnet8", Signedness.Signed, data);
        OperatingPointTraining.Train(net, data, new TrainingOptions("points", 1, 0.01, 1) { BatchSize = 32 });
        QosNetFile.Save(_folder["net.safetensors"], net, "resnet8", data);
        var loaded = QosNetFile.Load(_folder["net.safetensors"]).Net;
        Assert.Equal(TinyProblem.Fingerprint(net.Model.Network), TinyProblem.Fingerprint(loaded.Model.Network));
        Assert.Equal(
            OperatingPointTraining.Accuracies(net, data.Test, data.Statistics, TestContext.Current.CancellationToken),
            OperatingPointTraining.Accuracies(loaded, data.Test, data.Statistics, TestContext.Current.CancellationToken));
    }

    private static QosNet Net(string network, Signedness scheme, ImageDataset data, Func<IReadOnlyList<long>, IReadOnlyList<Assignment>>? assignments = null)
    {
        var images = data.Training;
        var model = ApproxModel.Convert(
            Networks.Create(network, data.Classes.Count, 3, images.Channels, images.Height), QuantizationOptions.Clipped(scheme), images.Channels, images.Height, images.Width);
        model.UseQuantized();
        model.Network.train();
        using (no_grad())
        {
            model.Network.call(new BatchLoader(images, data.Statistics, 32).Epoch(0).First().Images);
        }

        model.Network.eval();
        Multiplier exact = MultiplierFamilies.Exact(scheme), fine = MultiplierFamilies.Truncated(scheme, 5), coarse = MultiplierFamilies.Truncated(scheme, 9);
        var opcounts = model.Opcounts;
        return new QosNet(model, assignments?.Invoke(opcounts) ??
        [
            Assignment.Uniform(exact, opcounts), new([.. opcounts.Select((_, l) => l % 2 == 0 ? fine : exact)], opcounts), Assignment.Uniform(coarse, opcounts),
        ]);
    }
}
