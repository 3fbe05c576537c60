namespace ApproxNets.Experiments;

/// <summary>What one assignment of multipliers costs and keeps: a row of a comparison of methods.</summary>
/// <param name="Lambda">Weight of the reward for noise; null where the method has none.</param>
/// <param name="Method">"agn" and "cpsat" for matching and integer program after an AGN search, "agn-bias" for a
/// search that learns a tolerance for the mean error, too; "agn-measured" for matching by errors of behavioural simulation in place of
/// predicted ones; "agn-savings" for the least degradation, by such errors, at savings that were asked for; "uniform" for the one
/// multiplier of least predicted error among those that save as much as a rival; "nsga2", "greedy", "random" for searches by measured
/// accuracy.</param>
/// <param name="Savings">One minus the relative power, 0..1.</param>
/// <param name="Top1BeforeRetraining">Test accuracy of the assigned network before retraining, in per cent.</param>
/// <param name="Top1">Test accuracy after retraining, in per cent; null where it diverged or was left out.</param>
/// <param name="SearchSeconds">Wall time of the search: noise training and error model, or evaluations; retraining not counted.</param>
/// <param name="RetrainingSeconds">Wall time of retraining.</param>
/// <param name="TrainingEpochs">Epochs of training after QAT: search and retraining.</param>
/// <param name="Evaluations">Measurements of accuracy that the search took; 0 for methods that need none.</param>
/// <param name="Multipliers">Name of every layer's multiplier.</param>
public sealed record AssignmentResult(
    double? Lambda,
    string Method,
    double Savings,
    double Top1BeforeRetraining,
    double? Top1,
    double SearchSeconds,
    double RetrainingSeconds,
    int TrainingEpochs,
    int Evaluations,
    IReadOnlyList<string> Multipliers)
{
    /// <summary>The savings that "agn-savings" was asked for, 0..1; null for other methods.</summary>
    public double? Target { get; init; }

    /// <summary>
    /// Test accuracy in per cent with the statistics of batch normalisation estimated anew (<see cref="Training.BatchStatistics"/>) and no training
    /// under the assignment; null where the network has no batch normalisation.
    /// </summary>
    public double? Top1NewStatistics { get; init; }
}
