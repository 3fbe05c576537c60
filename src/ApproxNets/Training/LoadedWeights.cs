namespace ApproxNets.Training;

/// <summary>What <see cref="PretrainedWeights.Load"/> did.</summary>
/// <param name="Loaded">Names of the parameters and buffers that were set from the file.</param>
/// <param name="Kept">Names of those that are as before: the classifier where it was left out, noise scales and ranges of
/// converted layers and counts of batches that the file does not have.</param>
/// <param name="Metadata">Text in the file; none in TorchSharp's format.</param>
public sealed record LoadedWeights(
    IReadOnlyList<string> Loaded, IReadOnlyList<string> Kept, IReadOnlyDictionary<string, string> Metadata);
