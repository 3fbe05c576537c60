using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace ApproxNets.Circuits.Evolution;

/// <summary>What a run of <see cref="CircuitEvolution"/> looks for. At least one limit on the error is set; all that are set hold.</summary>
/// <param name="Signedness">How operands and product are read.</param>
/// <param name="Seed">Seed of all random choices.</param>
/// <param name="Evaluations">Circuits that are tried in all, 1 to 10^10.</param>
public sealed record CircuitEvolutionOptions(Signedness Signedness, int Seed, long Evaluations)
{
    private const long MostEvaluations = 10_000_000_000;

    /// <summary>Greatest mean absolute error, 0 to 65,535.</summary>
    public double? MaxMeanAbsoluteError { get; init; }

    /// <summary>Greatest worst-case error, 0 to 65,535.</summary>
    public int? MaxWorstCaseError { get; init; }

    /// <summary>Greatest mean relative error as a fraction, as in <see cref="ErrorStatistics.MeanRelativeError"/>.</summary>
    public double? MaxMeanRelativeError { get; init; }

    /// <summary>Greatest mean absolute error under <see cref="Activations"/> and <see cref="Weights"/>:
    /// <c>sum p_x p_w |m(x, w) - x w|</c>.</summary>
    public double? MaxWeightedError { get; init; }

    /// <summary>Greatest root of the mean squared error under the same distributions, <c>sqrt(sum p_x p_w (m(x, w) - x w)^2)</c>: what a network
    /// takes for the deviation of a product's noise. Few large errors count for more here than in <see cref="MaxWeightedError"/>.</summary>
    public double? MaxWeightedDeviation { get; init; }

    /// <summary>Probability of each activation, 256 entries in numeric order with the sum 1.</summary>
    public IReadOnlyList<double>? Activations { get; init; }

    /// <summary>Probability of each weight, 256 entries in numeric order with the sum 1.</summary>
    public IReadOnlyList<double>? Weights { get; init; }

    /// <summary>
    /// Looks for a circuit to multiply magnitudes (<see cref="Multiplier.SignMagnitude"/>): the distributions are those of signed operands, the
    /// weighted error is that of the product of the signed multiplier, <c>sum p_x p_w |m(2|x|, 2|w|) / 4 - |x| |w||</c>, and the power counts
    /// the sign logic. <see cref="OperandDistributions"/> has distributions as networks have them.
    /// </summary>
    public bool SignMagnitude { get; init; }

    /// <summary>
    /// A circuit that takes the place of the best one when the limits have grown to their full size and it is within them and takes less power; null
    /// for none. A design of the literature may be better than what few evaluations find from the exact array.
    /// </summary>
    public Netlist? Rival { get; init; }

    /// <summary>The file that the state is kept in, every ten seconds and at the end: a run goes on from one that fits. Null: none.</summary>
    public string? CheckpointPath { get; init; }

    /// <summary>All that decides the course of the run, in one line.</summary>
    internal string Fingerprint => FormattableString.Invariant(
        $"2 {Signedness} seed {Seed} of {Evaluations} mae {MaxMeanAbsoluteError} wce {MaxWorstCaseError} mre {MaxMeanRelativeError} ")
        + FormattableString.Invariant($"weighted {MaxWeightedError} {Hash(Activations)} {Hash(Weights)}")
        + (MaxWeightedDeviation is { } deviation ? FormattableString.Invariant($" deviation {deviation}") : "") + (SignMagnitude ? " sign-magnitude" : "") + (Rival is { } rival ? $" rival {Hash(rival)}" : "");

    /// <summary>Throws when an option is out of range.</summary>
    /// <exception cref="ArgumentException">No limit is set; a limit, the number of evaluations or the signedness is out of range; a
    /// distribution is missing, without a limit on it, or is not one.</exception>
    public void Check()
    {
        Signedness.Checked();
        if (Evaluations is < 1 or > MostEvaluations)
        {
            throw new ArgumentException($"Found {Evaluations} evaluations, expected 1 to {MostEvaluations}.");
        }

        bool weighted = MaxWeightedError is not null || MaxWeightedDeviation is not null;
        if (SignMagnitude && (Signedness != Signedness.Unsigned || !weighted))
        {
            throw new ArgumentException("Sign and magnitude: found signed operands or no limit on a weighted error, expected an unsigned "
                + "circuit, which multiplies magnitudes, and such a limit.");
        }

        double?[] limits = [MaxMeanAbsoluteError, MaxWorstCaseError, MaxMeanRelativeError, MaxWeightedError, MaxWeightedDeviation];
        if (limits.All(limit => limit is null))
        {
            throw new ArgumentException("Found no limit on the error, expected at least one: an empty circuit would win.");
        }

        foreach (double? limit in limits)
        {
            if (limit is { } value && !(value >= 0 && value <= ushort.MaxValue))
            {
                throw new ArgumentException(string.Create(
                    CultureInfo.InvariantCulture, $"Found a limit of {value} on the error, expected 0 to {ushort.MaxValue}."));
            }
        }

        if (!weighted ? Activations is not null || Weights is not null : Activations is null || Weights is null)
        {
            throw new ArgumentException("Found a weighted error without both distributions, or a distribution without a limit on the "
                + "weighted error; expected all three or none.");
        }

        foreach (IReadOnlyList<double>? distribution in new[] { Activations, Weights })
        {
            if (distribution is not null && (distribution.Count != Multiplier.Codes || distribution.Any(p => !(p >= 0 && p <= 1))
                || Math.Abs(distribution.Sum() - 1) > 1e-6))
            {
                throw new ArgumentException($"Found a distribution of {distribution.Count} entries with the sum {distribution.Sum()}, "
                    + "expected 256 probabilities with the sum 1.");
            }
        }
    }

    private static string Hash(Netlist netlist) => Convert.ToHexStringLower(SHA256.HashData(
        [.. MemoryMarshal.AsBytes(netlist.Gates), .. MemoryMarshal.AsBytes(netlist.Outputs)]))[..12];

    private static string Hash(IReadOnlyList<double>? values) => values is null
        ? "-"
        : Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(values.ToArray().AsSpan())))[..12];
}
