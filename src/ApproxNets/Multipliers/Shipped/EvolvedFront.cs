using ApproxNets.Multipliers.Circuits;
using ApproxNets.Multipliers.Evolution;

namespace ApproxNets.Multipliers.Shipped;

/// <summary>The evolved circuits of the shipped library: one run of <see cref="CircuitEvolution"/> for each limit on the mean absolute
/// error.</summary>
internal static class EvolvedFront
{
    /// <summary>The limits and the evaluations of each run. Small errors take longer; the short first run is one that a test repeats.</summary>
    internal static IReadOnlyList<(int MaxMeanAbsoluteError, long Evaluations)> Targets { get; } =
    [
        (100, 20_000), (2, 600_000), (5, 600_000), (10, 600_000), (20, 600_000), (40, 600_000),
        (80, 400_000), (160, 400_000), (320, 400_000), (640, 400_000), (1280, 400_000), (2560, 400_000),
        (92, 400_000), (186, 800_000), (397, 600_000), (549, 400_000), (680, 800_000), (2181, 1_500_000),
    ];

    internal static string NameOf(Signedness signedness, int maxMeanAbsoluteError) =>
        $"mul8{(signedness == Signedness.Signed ? 's' : 'u')}_evo_mae{maxMeanAbsoluteError}";

    /// <summary>Evolves one circuit, or takes it from its checkpoint.</summary>
    /// <param name="signedness">How operands and product are read.</param>
    /// <param name="target">One of <see cref="Targets"/>.</param>
    /// <param name="folder">Where checkpoints are kept; null for none.</param>
    /// <param name="progress">Is told how far the run is.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <exception cref="OperationCanceledException">The run was ended.</exception>
    internal static Netlist Evolve(
        Signedness signedness, (int MaxMeanAbsoluteError, long Evaluations) target, string? folder,
        IProgress<EvolutionProgress>? progress, CancellationToken cancellation)
    {
        string name = NameOf(signedness, target.MaxMeanAbsoluteError);
        EvolvedCircuit evolved = CircuitEvolution.Run(
            new CircuitEvolutionOptions(signedness, Seed: 1, target.Evaluations)
            {
                MaxMeanAbsoluteError = target.MaxMeanAbsoluteError,
                CheckpointPath = folder is null ? null : Path.Combine(folder, name + ".json"),
            },
            progress, cancellation);
        return evolved.IsComplete ? evolved.Circuit : throw new OperationCanceledException(cancellation);
    }
}
