namespace ApproxNets.Data;

/// <summary>A data set, split and ready to be trained on.</summary>
/// <param name="Name">Name, e.g. "cifar10".</param>
/// <param name="Classes">Class names in label order.</param>
/// <param name="Training">Images to train on.</param>
/// <param name="Validation">Images to choose by; never trained on.</param>
/// <param name="Test">Images to report by; never trained on nor chosen by.</param>
/// <param name="Statistics">Statistics of the training pixels, for normalisation.</param>
/// <param name="Sha256">SHA-256 of the bytes the set was made from, lower-case hex: says which copy a result belongs to.</param>
public sealed record ImageDataset(
    string Name,
    IReadOnlyList<string> Classes,
    ImageSet Training,
    ImageSet Validation,
    ImageSet Test,
    ChannelStatistics Statistics,
    string Sha256);
