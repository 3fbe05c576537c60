using System.Security.Cryptography;
using System.Text;
using ApproxNets.Data;
using ApproxNets.Layers;
using ApproxNets.Multipliers;
using ApproxNets.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ApproxNets.Tests.Training;

/// <summary>Two classes of 3x8x8 images that differ in colour, and a network of one convolution that tells them apart.</summary>
internal static class TinyProblem
{
    public static ImageDataset Data(int training = 64)
    {
        ImageSet images = Images(training, 1), validation = Images(20, 2);
        return new ImageDataset("tiny", ["red", "blue"], images, validation, validation, ChannelStatistics.Of(images), new string('0', 64));
    }

    public static ImageSet Images(int count, int seed)
    {
        var random = new Random(seed);
        var pixels = new byte[count * 192];
        byte[] labels = [.. Enumerable.Range(0, count).Select(i => (byte)(i % 2))];
        for (int i = 0; i < pixels.Length; i++)
        {
            int channel = i / 64 % 3;
            pixels[i] = (byte)(random.Next(100) + (channel == 2 * labels[i / 192] ? 120 : 0));
        }

        return new ImageSet(pixels, labels, 3, 8, 8);
    }

    public static Sequential Network(int seed)
    {
        var network = nn.Sequential(
            ("conv", nn.Conv2d(3, 4, 3, padding: 1, bias: false)),
            ("bn", nn.BatchNorm2d(4)),
            ("relu", nn.ReLU()),
            ("pool", nn.AdaptiveAvgPool2d(1)),
            ("flatten", nn.Flatten()),
            ("fc", nn.Linear(4, 2)));
        using var random = new Generator((ulong)seed);
        using var gradients = no_grad();
        foreach (var (_, parameter) in network.named_parameters().Where(p => p.name is not ("bn.weight" or "bn.bias")))
        {
            parameter.normal_(0, 0.3, random);
        }

        return network;
    }

    public static ApproxModel Model(int seed, Signedness scheme = Signedness.Signed) =>
        ApproxModel.Convert(Network(seed), new QuantizationOptions(scheme), 3, 8, 8);

    /// <summary>Lets every layer see a range, as quantisation-aware training does.</summary>
    public static void Observe(ApproxModel model)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        var data = Data();
        model.UseQuantized();
        model.Network.train();
        foreach (var batch in new BatchLoader(data.Training, data.Statistics, 64).Epoch(0))
        {
            model.Network.call(batch.Images);
        }

        model.Network.eval();
    }

    public static Tensor Batch(int count = 20)
    {
        var data = Data();
        var batch = new BatchLoader(data.Validation.Take(count), data.Statistics, count).Epoch(0).Single();
        batch.Labels.Dispose();
        return batch.Images;
    }

    public static TrainingOptions Options(int epochs, int seed = 5, double learningRate = 0.05) =>
        new("tiny", epochs, learningRate, seed) { BatchSize = 16 };

    /// <summary>SHA-256 of all names and bytes of a state dictionary.</summary>
    public static string Fingerprint(nn.Module module)
    {
        using var scope = NewDisposeScope();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, value) in module.state_dict().OrderBy(e => e.Key, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(name));
            hash.AppendData(Bytes(value));
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }

    public static byte[] Bytes(Tensor value)
    {
        using var scope = NewDisposeScope();
        return value.detach().contiguous().bytes.ToArray();
    }
}

/// <summary>Calls back at once; <see cref="Progress{T}"/> would do so later, on another thread.</summary>
internal sealed class Callback(Action<TrainingProgress> action) : IProgress<TrainingProgress>
{
    public void Report(TrainingProgress value) => action(value);

    /// <summary>Cancels a training when an epoch has ended.</summary>
    public static Callback CancelAfter(int epoch, CancellationTokenSource source) => new(p =>
    {
        if (p.ValidationAccuracy is not null && p.Epoch == epoch)
        {
            source.Cancel();
        }
    });
}
