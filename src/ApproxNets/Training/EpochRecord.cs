namespace ApproxNets.Training;

/// <summary>What one epoch of training gave.</summary>
/// <param name="Epoch">Epoch, from 1.</param>
/// <param name="Loss">Mean training loss.</param>
/// <param name="Accuracy">Training accuracy, 0..1, with augmentation.</param>
/// <param name="ValidationAccuracy">Accuracy on the validation images, 0..1.</param>
/// <param name="Seconds">Wall time of the epoch.</param>
public sealed record EpochRecord(int Epoch, double Loss, double Accuracy, double ValidationAccuracy, double Seconds)
{
    /// <summary>What the stage measures besides; in an AGN search |sigma_l| of every layer, then |beta_l| if it learns biases.</summary>
    public IReadOnlyList<double> Measured { get; init; } = [];
}
