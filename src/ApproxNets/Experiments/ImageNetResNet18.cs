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
    // The package's network has nine blocks, ResNet18 eight: the two kernels of the last one are left out.
    private const int LastBlock = 2;

    // Deviations of ImageNet's channels, red first, as torchvision normalises by them.
    private static readonly float[] Deviations = [0.229f, 0.224f, 0.225f];

    /// <summary>Name of the folder of data that holds the weights.</summary>
    public const string FolderName = "resnet18-imagenet";

    private const string FileName = "resnet18.safetensors";

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
        var network = new ResNet18(1, 0);
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
