namespace ApproxNets.Data;

/// <summary>How many images of a data set to use: the first ones of each split; null for all (<see cref="Shapes"/>: the default number).</summary>
/// <param name="Training">Number of training images.</param>
/// <param name="Validation">Number of validation images.</param>
/// <param name="Test">Number of test images.</param>
public sealed record DatasetOptions(int? Training = null, int? Validation = null, int? Test = null);
