using ApproxNets.Foundation;
using ApproxNets.Multipliers.Evolution;
using static ApproxNets.Multipliers.MultiplierFamilies;

namespace ApproxNets.Multipliers.Shipped;

/// <summary>Makes the shipped library: the families of the literature over their parameters, narrower operands, and evolved circuits.</summary>
public static class ShippedLibrary
{
    /// <summary>The file's place in the repository.</summary>
    public const string FileName = "data/multipliers.bin";

    /// <summary>The file: in the repository of the current folder or of the program, otherwise beside the program.</summary>
    internal static string Path => new[] { RepositoryFolder.TryFind(), RepositoryFolder.TryFind(AppContext.BaseDirectory) }
        .Where(root => root is not null).Select(root => System.IO.Path.Combine(root!, FileName))
        .Append(System.IO.Path.Combine(AppContext.BaseDirectory, System.IO.Path.GetFileName(FileName)))
        .FirstOrDefault(File.Exists)
        ?? throw new FileNotFoundException($"Shipped multipliers: found no {FileName} in the repository or beside the program; "
            + "approxnets multipliers generate makes it.");

    /// <summary>The signedness of every multiplier in the file.</summary>
    internal static IReadOnlyList<Signedness> Signednesses() => [.. ShippedFile.Read(Path).Select(circuit => circuit.Signedness)];

    /// <summary>Makes the file's content: the same bytes on every machine.</summary>
    /// <param name="checkpoints">Folder that the evolution's state is kept in, so that an interrupted run goes on; null for none.</param>
    /// <param name="progress">Is told the name of the circuit that is evolved, and how far it is.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <exception cref="OperationCanceledException">The run was ended.</exception>
    /// <exception cref="InvalidDataException">A checkpoint is damaged, or of other settings.</exception>
    public static byte[] Make(
        string? checkpoints, IProgress<(string Name, EvolutionProgress Progress)>? progress, CancellationToken cancellation)
    {
        var circuits = new List<ShippedCircuit>();
        foreach (Signedness signedness in new[] { Signedness.Unsigned, Signedness.Signed })
        {
            var evolved = EvolvedFront.Targets.Select(target =>
            {
                string name = EvolvedFront.NameOf(signedness, target.MaxMeanAbsoluteError);
                var told = progress is null ? null : new Relay(name, progress);
                return EvolvedFront.Evolve(signedness, target, checkpoints, told, cancellation).ToMultiplier(name, signedness);
            });
            circuits.AddRange(Distinct(Families(signedness).Concat(evolved)).Select(ShippedCircuit.Of));
        }

        return ShippedFile.Write(circuits);
    }

    /// <summary>One multiplier of each table, the one of least power; of the exact ones the array, by falling power.</summary>
    internal static IEnumerable<Multiplier> Distinct(IEnumerable<Multiplier> multipliers) => multipliers
        .GroupBy(multiplier => multiplier.TableHash)
        .Select(same => same.First().IsExact ? same.First() : same.MinBy(multiplier => multiplier.RelativePower)!)
        .OrderByDescending(multiplier => multiplier.RelativePower)
        .ThenBy(multiplier => multiplier.Name, StringComparer.Ordinal);

    /// <summary>The families over their parameters; some tables come twice.</summary>
    internal static IEnumerable<Multiplier> Families(Signedness s)
    {
        bool signed = s == Signedness.Signed;
        return
        [
            Exact(s),
            .. Each(1, 14, k => Truncated(s, k)),
            .. Each(2, 14, k => TruncatedCompensated(s, k)),
            .. Each(1, 6, h => BrokenArray(s, h, 0)),
            .. Each(1, 6, h => Each(5, 12, v => BrokenArray(s, h, v))).SelectMany(members => members),
            .. Each(2, signed ? 7 : 14, k => LowerPartOr(s, k)),
            .. Each(1, 4, first => Each(1, 3, count => Perforated(s, first, count))).SelectMany(members => members),
            .. Each(0, 6, a => Each(Math.Max(a - 1, 0), Math.Min(a + 1, 6), b => OperandTruncated(s, a, b)).Where(m => !m.IsExact))
                .SelectMany(members => members),
            .. Each(1, 7, d => Underdesigned(s, d)),
            .. Each(3, 7, k => Drum(s, k)),
            .. Each(3, 7, k => DynamicSegment(s, k)),
            .. Each(4, signed ? 6 : 7, k => StaticSegment(s, k)),
            .. Each(1, 7, t => Mitchell(s, t)),
            .. Each(5, 7, t => MitchellCorrected(s, t)),
            .. Each(1, 6, m => LogarithmicSetOne(s, m)),
            RoundingBased(s),
            .. Designs(design => Each(4, 12, k => Compressed(s, design, k))),
            .. Each(4, 7, n => Narrow(s, n)).SelectMany(members => members),
        ];
    }

    /// <summary>Operands of n bits, fewer than 8.</summary>
    private static IEnumerable<Multiplier> Narrow(Signedness s, int n) =>
    [
        Exact(s, n),
        .. Each(2, n, k => Truncated(s, k, n)),
        TruncatedCompensated(s, n, n), BrokenArray(s, 1, n - 1, n), BrokenArray(s, 2, n, n),
        .. Designs(design => [Compressed(s, design, n, n)]),
    ];

    private static IEnumerable<Multiplier> Designs(Func<ApproximateCompressor, IEnumerable<Multiplier>> members) =>
        Enum.GetValues<ApproximateCompressor>().SelectMany(members);

    private static IEnumerable<T> Each<T>(int first, int last, Func<int, T> member) =>
        Enumerable.Range(first, last - first + 1).Select(member);

    private sealed class Relay(string name, IProgress<(string Name, EvolutionProgress Progress)> progress) : IProgress<EvolutionProgress>
    {
        public void Report(EvolutionProgress value) => progress.Report((name, value));
    }
}
