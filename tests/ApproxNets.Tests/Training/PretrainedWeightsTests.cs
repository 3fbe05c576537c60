using ApproxNets.Layers;
using ApproxNets.Models;
using ApproxNets.Multipliers;
using ApproxNets.Tests.Layers;
using ApproxNets.Training;
using Xunit;
using static TorchSharp.torch;

namespace ApproxNets.Tests.Training;

public sealed class PretrainedWeightsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new("pretrained");

    public void Dispose() => _folder.Dispose();

    private static MobileNetV2 Network(int seed, int classes = 10) => new(classes, seed, 3, 32, 0.1);

    private static byte[] Bytes(nn.Module network, string name) => TinyProblem.Bytes(network.state_dict()[name]);

    /// <summary>Writes a network's state in either format.</summary>
    private string Save(nn.Module network, bool safetensors)
    {
        string path = _folder[safetensors ? "a.safetensors" : "a.dat"];
        if (safetensors)
        {
            Checkpoint.Save(path, network, new Dictionary<string, string> { ["from"] = "here" });
        }
        else
        {
            network.save(path);
        }

        return path;
    }

    private string SaveChanged(nn.Module network, Func<string, Tensor, Tensor?> change)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        string path = _folder["changed.safetensors"];
        var tensors = network.state_dict().Select(e => (e.Key, Value: change(e.Key, e.Value))).Where(e => e.Value is not null);
        SafeTensors.Write(path, tensors.Select(e => (e.Key, e.Value!)), new Dictionary<string, string>());
        return path;
    }

    private static string Refused(nn.Module network, string path)
    {
        string before = TinyProblem.Fingerprint(network);
        string message = Assert.Throws<InvalidDataException>(() => PretrainedWeights.Load(network, path)).Message;
        Assert.Contains(Path.GetFileName(path), message);
        Assert.Equal(before, TinyProblem.Fingerprint(network));
        return message;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void WeightsGoThereAndBackInBothFormats(bool safetensors)
    {
        using nn.Module source = Network(1), target = Network(2);
        string path = Save(source, safetensors);
        long before = LiveTensors.Settled();
        var loaded = PretrainedWeights.Load(target, path);
        Assert.Equal(before, Tensor.TotalCount);
        Assert.Equal(TinyProblem.Fingerprint(source), TinyProblem.Fingerprint(target));
        Assert.Equal(target.state_dict().Keys, loaded.Loaded);
        Assert.Empty(loaded.Kept);
        Assert.Equal(safetensors ? ["from", Checkpoint.WeightsSha256] : [], loaded.Metadata.Keys);
        Assert.All(target.parameters(), p => Assert.True(p.requires_grad));
    }

    [Theory]
    [InlineData(ScalarType.Float16)]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Float64)]
    public void OtherFloatTypesAreConverted(ScalarType type)
    {
        using var scope = NewDisposeScope();
        using nn.Module source = Network(1), target = Network(2);
        PretrainedWeights.Load(target, SaveChanged(source, (_, v) => v.is_floating_point() ? v.to(type) : v));
        foreach (var (name, value) in source.state_dict())
        {
            var expected = value.is_floating_point() ? value.detach().to(type).to(float32) : value;
            Assert.Equal(TinyProblem.Bytes(expected), Bytes(target, name));
            Assert.Equal(value.dtype, target.state_dict()[name].dtype);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ConvertedNetworksTakePlainWeightsAndKeepWhatConversionAdded(bool safetensors)
    {
        using var source = TinyProblem.Network(1);
        using var target = TinyProblem.Model(2);
        TinyProblem.Observe(target);
        var grid = target.Layers[0].WeightParameters;
        var range = target.Layers[0].ActivationParameters;
        var loaded = PretrainedWeights.Load(target.Network, Save(source, safetensors));
        string[] kept =
            ["conv.sigma", "conv.observer.least", "conv.observer.greatest", "fc.sigma", "fc.observer.least", "fc.observer.greatest"];
        Assert.Equal(kept.Order(StringComparer.Ordinal), loaded.Kept.Order(StringComparer.Ordinal));
        Assert.All(source.state_dict().Keys, name => Assert.Equal(Bytes(source, name), Bytes(target.Network, name)));
        Assert.Equal(range, target.Layers[0].ActivationParameters);
        Assert.NotEqual(grid, target.Layers[0].WeightParameters);

        // Weights of a converted network go to another one whole, and not to a plain one.
        using var again = TinyProblem.Model(3);
        Assert.Empty(PretrainedWeights.Load(again.Network, Save(target.Network, safetensors)).Kept);
        Assert.Equal(TinyProblem.Fingerprint(target.Network), TinyProblem.Fingerprint(again.Network));
        Assert.Contains("6 unknown (", Refused(source, Save(target.Network, safetensors)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TheClassifierIsLeftOutOnlyWhenAsked(bool converted)
    {
        using nn.Module source = Network(1, classes: 1000);
        var network = Network(2);
        using var model = converted ? ApproxModel.Convert(network, new QuantizationOptions(Signedness.Signed), 3, 32, 32) : null;
        using var target = network;
        string path = Save(source, true);
        string message = Refused(target, path);
        Assert.Contains("2 of another shape or type (classifier.1.weight: Float32 [1000, 1280] in place of Float32 [10, 1280], "
            + "classifier.1.bias: Float32 [1000] in place of Float32 [10])", message);
        Assert.Contains("Only the classifier 'classifier.1' differs", message);

        byte[] weight = Bytes(target, "classifier.1.weight"), bias = Bytes(target, "classifier.1.bias");
        var loaded = PretrainedWeights.Load(target, path, exceptClassifier: true);
        Assert.Equal(weight, Bytes(target, "classifier.1.weight"));
        Assert.Equal(bias, Bytes(target, "classifier.1.bias"));
        Assert.Contains("classifier.1.weight", loaded.Kept);
        Assert.Contains("classifier.1.bias", loaded.Kept);
        string[] others = [.. source.state_dict().Keys.Where(n => !n.StartsWith("classifier", StringComparison.Ordinal))];
        Assert.Equal(others.Order(StringComparer.Ordinal), loaded.Loaded.Order(StringComparer.Ordinal));
        Assert.All(others, name => Assert.Equal(Bytes(source, name), Bytes(target, name)));

        // Nothing else may be missing: a file without a classifier is fine, one without another layer is not.
        string headless = SaveChanged(source, (n, v) => n.StartsWith("classifier", StringComparison.Ordinal) ? null : v);
        Assert.Equal(loaded.Loaded, PretrainedWeights.Load(target, headless, exceptClassifier: true).Loaded);
        string without = SaveChanged(source, (n, v) => n == "features.0.0.weight" ? null : v);
        message = Assert.Throws<InvalidDataException>(() => PretrainedWeights.Load(target, without, exceptClassifier: true)).Message;
        Assert.Contains("1 missing (features.0.0.weight)", message);
    }

    [Fact]
    public void MissingUnknownAndTransposedAreToldInOneError()
    {
        using var scope = NewDisposeScope();
        using nn.Module source = Network(1), target = Network(2);
        string message = Refused(target, SaveChanged(source, (n, v) =>
            n == "features.0.1.running_mean" ? null : n == "classifier.1.weight" ? v.t() : v));
        Assert.Contains("1 missing (features.0.1.running_mean), 0 unknown (none), 1 of another shape or type "
            + "(classifier.1.weight: Float32 [1280, 10] in place of Float32 [10, 1280])", message);
        Assert.DoesNotContain("Only the classifier", message);

        using var other = new LeNet5(10, 0);
        message = Refused(target, Save(other, false));
        Assert.Contains("10 unknown (conv1.weight, conv1.bias, conv2.weight, ...)", message);
        Assert.Contains("missing (features.0.0.weight, ", message);
    }

    [Fact]
    public void ATypeOfAnotherKindIsAnError()
    {
        using nn.Module source = Network(1), target = Network(2);
        Assert.Contains("classifier.1.bias: Int64 [10] in place of Float32 [10]",
            Refused(target, SaveChanged(source, (n, v) => n == "classifier.1.bias" ? v.to(int64) : v)));
        Assert.Contains("num_batches_tracked: Float32 [] in place of Int64 []",
            Refused(target, SaveChanged(source, (n, v) => n == "features.0.1.num_batches_tracked" ? v.to(float32) : v)));
    }

    [Fact]
    public void CountsOfBatchesMayBeMissing()
    {
        using nn.Module source = Network(1), target = Network(2);
        var loaded = PretrainedWeights.Load(
            target, SaveChanged(source, (n, v) => n.EndsWith("num_batches_tracked", StringComparison.Ordinal) ? null : v));
        Assert.Equal(52, loaded.Kept.Count);
        Assert.All(loaded.Kept, n => Assert.EndsWith(".num_batches_tracked", n));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TruncatedFilesAreErrors(bool safetensors)
    {
        using var source = TinyProblem.Network(1);
        using var target = TinyProblem.Network(2);
        string path = Save(source, safetensors);
        byte[] whole = File.ReadAllBytes(path);
        string before = TinyProblem.Fingerprint(target);
        for (int length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(path, whole[..length]);
            Assert.Throws<InvalidDataException>(() => PretrainedWeights.Load(target, path));
        }

        Assert.Equal(before, TinyProblem.Fingerprint(target));
        if (!safetensors)
        {
            File.WriteAllBytes(path, [.. whole, 0]);
            Assert.Contains("1 bytes after the last", Refused(target, path));
        }
    }

    [Theory]
    [InlineData("dtype 99", 1, 1, 97, 99, 1, 1)]
    [InlineData("rank 17", 1, 1, 97, 6, 17)]
    [InlineData("shape [268435455, ...]", 1, 1, 97, 6, 1, 255, 255, 255, 127)]
    [InlineData("number of 127 tensors", 127)]
    [InlineData("twice", 2, 1, 97, 0, 1, 1, 5, 1, 97, 0, 1, 1, 5)]
    [InlineData("damaged", 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255)]
    public void HostileFilesAreErrors(string expected, params int[] bytes)
    {
        using var target = TinyProblem.Network(2);
        string path = _folder["hostile.dat"];
        File.WriteAllBytes(path, Array.ConvertAll(bytes, b => (byte)b));
        Assert.Contains(expected, Refused(target, path));
    }

    [Fact]
    public void ANetworkWithoutAClassifierHasNoneToLeaveOut()
    {
        using var network = nn.Sequential(("conv", nn.Conv2d(1, 1, 1)));
        string path = Save(network, true);
        Assert.Throws<ArgumentException>(() => PretrainedWeights.Load(network, path, exceptClassifier: true));
        Assert.Throws<FileNotFoundException>(() => PretrainedWeights.Load(network, _folder["nowhere.safetensors"]));
    }

    [Fact]
    public void FilesOfPythonAreRead()
    {
        // As Python's safetensors writes: half types, and a header padded with spaces to a multiple of 8.
        string header = """
            {"weight":{"dtype":"BF16","shape":[1,2],"data_offsets":[0,4]},"bias":{"dtype":"F16","shape":[1],"data_offsets":[4,6]}}
            """.PadRight(120);
        string path = _folder["python.safetensors"];
        byte[] data = [0xC0, 0x3F, 0x00, 0xC0, 0x00, 0x38]; // 1.5, -2; 0.5
        File.WriteAllBytes(path, [.. BitConverter.GetBytes((long)header.Length), .. header.Select(c => (byte)c), .. data]);
        using var network = nn.Linear(2, 1);
        PretrainedWeights.Load(network, path);
        Assert.Equal([1.5f, -2], network.weight!.data<float>().ToArray());
        Assert.Equal([0.5f], network.bias!.data<float>().ToArray());
    }
}
