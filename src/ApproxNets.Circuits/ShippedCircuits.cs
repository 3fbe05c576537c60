using ApproxNets.Circuits.Evolution;
using ApproxNets.Foundation;
using static ApproxNets.Circuits.MultiplierFamilies;

namespace ApproxNets.Circuits;

/// <summary>
/// The circuits of the libraries that come with the program, and how they are made: the families of the literature over their parameters,
/// narrower operands, and evolved circuits.
/// </summary>
/// <remarks>The circuits are in <see cref="FileName"/>; their tables are in the files that <see cref="MultiplierLibrary.Open"/> reads.
/// <see cref="Write"/> makes all of them.</remarks>
public static class ShippedCircuits
{
    /// <summary>The place of the circuits' file in the repository.</summary>
    public const string FileName = "data/multipliers.bin";

    private static readonly Lazy<ILookup<string, ShippedCircuit>> Circuits = new(() =>
        CircuitFile.Read(RepositoryFolder.FindFile(FileName)).ToLookup(circuit => circuit.Name, StringComparer.Ordinal));

    /// <summary>The limits on the mean absolute error, and the evaluations, of each run of <see cref="CircuitEvolution"/> whose circuit is
    /// shipped. Small errors take longer; the short first run is one that a test repeats.</summary>
    internal static IReadOnlyList<(int MaxMeanAbsoluteError, long Evaluations)> EvolutionTargets { get; } =
    [
        (100, 20_000), (2, 600_000), (5, 600_000), (10, 600_000), (20, 600_000), (40, 600_000),
        (80, 400_000), (160, 400_000), (320, 400_000), (640, 400_000), (1280, 400_000), (2560, 400_000),
        (92, 400_000), (186, 800_000), (397, 600_000), (549, 400_000), (680, 800_000), (2181, 1_500_000),
    ];

    /// <summary>The limits on the deviation under the operands of networks, and the evaluations, of the shipped circuits for magnitudes: from about
    /// what EvoApproxLib's <c>mul8u_17C8</c> has to more than its <c>mul8u_R36</c>.</summary>
    internal static IReadOnlyList<(int MaxDeviation, long Evaluations)> MagnitudeTargets { get; } =
    [
        (500, 600_000), (420, 600_000), (345, 600_000), (280, 600_000), (206, 800_000), (150, 800_000), (105, 800_000), (70, 800_000),
    ];

    /// <summary>Finds the circuit of a multiplier.</summary>
    /// <param name="multiplier">The multiplier, for example of a library that <see cref="MultiplierLibrary.Open"/> opened.</param>
    /// <returns>The multiplier with the shipped circuit of its name and its table; null when there is none.</returns>
    /// <exception cref="FileNotFoundException">The file is neither in the repository nor beside the program.</exception>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static MultiplierCircuit? Find(Multiplier multiplier)
    {
        ArgumentNullException.ThrowIfNull(multiplier);
        ShippedCircuit? found = Circuits.Value[multiplier.Name].FirstOrDefault(circuit => circuit.Signedness == multiplier.Signedness
            && circuit.Netlist.Widened().Products(circuit.Signedness).AsSpan().SequenceEqual(multiplier.Products.Span));
        return found is null ? null : new MultiplierCircuit(multiplier, found.Netlist);
    }

    /// <summary>The shipped circuits of a signedness, as they are in the file.</summary>
    /// <param name="signedness">How the operands are read.</param>
    /// <exception cref="FileNotFoundException">The file is neither in the repository nor beside the program.</exception>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static IEnumerable<Netlist> Of(Signedness signedness) =>
        Circuits.Value.SelectMany(same => same).Where(circuit => circuit.Signedness == signedness).Select(circuit => circuit.Netlist);

    /// <summary>Makes the circuits of the shipped library: the same on every machine. Evolution takes minutes.</summary>
    /// <param name="checkpoints">Folder that the evolution's state is kept in, so that an interrupted run goes on; null for none.</param>
    /// <param name="progress">Receives the name of the circuit that is evolved, and how far it is.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <exception cref="OperationCanceledException">The run was ended.</exception>
    /// <exception cref="InvalidDataException">A checkpoint is damaged, or of other settings.</exception>
    public static IReadOnlyList<MultiplierCircuit> Make(
        string? checkpoints, Action<string, EvolutionProgress>? progress, CancellationToken cancellation)
    {
        var circuits = new List<MultiplierCircuit>();
        foreach (Signedness signedness in Enum.GetValues<Signedness>())
        {
            MultiplierCircuit[] families = [.. Families(signedness)];
            var magnitudes = signedness == Signedness.Unsigned ? MagnitudeTargets : [];
            circuits.AddRange(Distinct(families
                .Concat(EvolutionTargets.Select(target => Evolve(signedness, target, checkpoints, progress, cancellation)))
                .Concat(magnitudes.Select(target => EvolveForMagnitudes(target, families, checkpoints, progress, cancellation)))));
        }

        return circuits;
    }

    /// <summary>Writes the file of circuits and the files of the libraries' tables.</summary>
    /// <param name="folder">The repository, or another folder that gets a folder <c>data</c>.</param>
    /// <param name="circuits">The circuits of the shipped library.</param>
    /// <returns>The files.</returns>
    /// <exception cref="IOException">Writing fails.</exception>
    public static IReadOnlyList<string> Write(string folder, IReadOnlyList<MultiplierCircuit> circuits)
    {
        (string Path, byte[] Bytes)[] files =
        [
            (FileName, CircuitFile.Bytes([.. circuits.Select(ShippedCircuit.Of)])),
            (MultiplierLibrary.FileName(MultiplierLibrary.Shipped), LibraryFile.Bytes([.. circuits.Select(circuit => circuit.Multiplier)])),
            (MultiplierLibrary.FileName(MultiplierLibrary.BuiltIn),
                LibraryFile.Bytes([.. Enum.GetValues<Signedness>().SelectMany(BuiltIn).Select(circuit => circuit.Multiplier)])),
        ];
        foreach ((string path, byte[] bytes) in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, path))!);
            AtomicFile.Write(Path.Combine(folder, path), stream => stream.Write(bytes));
        }

        return [.. files.Select(file => Path.Combine(folder, file.Path))];
    }

    internal static string EvolvedName(Signedness signedness, int maxMeanAbsoluteError) =>
        $"mul8{(signedness == Signedness.Signed ? 's' : 'u')}_evo_mae{maxMeanAbsoluteError}";

    /// <summary>Evolves one circuit, or takes it from its checkpoint.</summary>
    internal static MultiplierCircuit Evolve(
        Signedness signedness, (int MaxMeanAbsoluteError, long Evaluations) target, string? folder,
        Action<string, EvolutionProgress>? progress, CancellationToken cancellation)
    {
        string name = EvolvedName(signedness, target.MaxMeanAbsoluteError);
        var options = new CircuitEvolutionOptions(signedness, Seed: 1, target.Evaluations)
        {
            MaxMeanAbsoluteError = target.MaxMeanAbsoluteError,
        };
        return Evolve(name, options, folder, progress, cancellation);
    }

    /// <summary>Evolves a circuit for magnitudes, with the cheapest of the families as its rival, or takes it from its checkpoint.</summary>
    internal static MultiplierCircuit EvolveForMagnitudes(
        (int MaxDeviation, long Evaluations) target, IReadOnlyList<MultiplierCircuit> families, string? folder,
        Action<string, EvolutionProgress>? progress, CancellationToken cancellation)
    {
        var options = new CircuitEvolutionOptions(Signedness.Unsigned, Seed: 1, target.Evaluations)
        {
            SignMagnitude = true,
            MaxWeightedDeviation = target.MaxDeviation,
            Activations = OperandDistributions.Rectified,
            Weights = OperandDistributions.Symmetric,
        };
        options = options with { Rival = CircuitEvolution.CheapestWithin(options, families.Select(family => family.Netlist)) };
        return Evolve($"mul8u_evo_dev{target.MaxDeviation}", options, folder, progress, cancellation);
    }

    private static MultiplierCircuit Evolve(
        string name, CircuitEvolutionOptions options, string? folder, Action<string, EvolutionProgress>? progress, CancellationToken cancellation)
    {
        options = options with { CheckpointPath = folder is null ? null : Path.Combine(folder, name + ".json") };
        EvolvedCircuit evolved = CircuitEvolution.Run(options, told => progress?.Invoke(name, told), cancellation);
        return evolved.IsComplete ? evolved.Circuit.ToMultiplier(name, options.Signedness) : throw new OperationCanceledException(cancellation);
    }

    /// <summary>One multiplier of each table, the one of least power; of the exact ones the array, by falling power.</summary>
    internal static IEnumerable<MultiplierCircuit> Distinct(IEnumerable<MultiplierCircuit> circuits) => Ordered(circuits
        .GroupBy(circuit => circuit.Multiplier.TableHash)
        .Select(same => same.First().Multiplier.IsExact ? same.First() : same.MinBy(circuit => circuit.Multiplier.RelativePower)!));

    /// <summary>The families over their parameters; some tables come twice.</summary>
    internal static IEnumerable<MultiplierCircuit> Families(Signedness s)
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
            .. Each(0, 6, a => Each(Math.Max(a - 1, 0), Math.Min(a + 1, 6), b => OperandTruncated(s, a, b))
                .Where(circuit => !circuit.Multiplier.IsExact)).SelectMany(members => members),
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

    /// <summary>
    /// The built-in library: the exact multiplier and a choice of families with relative power from 1 down to about 0.05, by falling
    /// power. Designs that the estimate puts above the exact multiplier are left out.
    /// </summary>
    internal static IEnumerable<MultiplierCircuit> BuiltIn(Signedness s) => Ordered(s == Signedness.Unsigned
        ?
        [
            Exact(s),
            .. Of([2, 4, 6, 8, 12], k => Truncated(s, k)),
            .. Of([3, 5, 7, 9, 10, 11], k => TruncatedCompensated(s, k)),
            .. Of([3, 4, 5, 6, 8], k => LowerPartOr(s, k)),
            .. Of([4, 7], d => Underdesigned(s, d)),
            .. Of([3, 4], k => Drum(s, k)),
            .. Of([4, 5, 6], k => StaticSegment(s, k)),
            .. Of([2, 3, 5, 7], t => Mitchell(s, t)),
            .. Of([2, 3, 4, 5], a => OperandTruncated(s, a, a)),
            BrokenArray(s, 2, 7), BrokenArray(s, 3, 9), BrokenArray(s, 5, 10),
            Perforated(s, 1, 2),
        ]
        :
        [
            Exact(s),
            .. Of([2, 4, 6, 8], k => Truncated(s, k)),
            .. Of([3, 5, 7, 8, 9, 10, 11], k => TruncatedCompensated(s, k)),
            .. Of([3, 4, 5, 6], k => LowerPartOr(s, k)),
            .. Of([1, 2, 3, 4, 5], a => OperandTruncated(s, a, a)),
            OperandTruncated(s, 3, 4), OperandTruncated(s, 5, 6),
            BrokenArray(s, 1, 6), BrokenArray(s, 2, 7), BrokenArray(s, 3, 8), BrokenArray(s, 4, 9),
            BrokenArray(s, 5, 10), BrokenArray(s, 5, 11),
            Perforated(s, 1, 2),
            StaticSegment(s, 4),
            Mitchell(s, 2),
        ]);

    /// <summary>Operands of n bits, fewer than 8.</summary>
    private static IEnumerable<MultiplierCircuit> Narrow(Signedness s, int n) =>
    [
        Exact(s, n),
        .. Each(2, n, k => Truncated(s, k, n)),
        TruncatedCompensated(s, n, n), BrokenArray(s, 1, n - 1, n), BrokenArray(s, 2, n, n),
        .. Designs(design => [Compressed(s, design, n, n)]),
    ];

    private static IEnumerable<MultiplierCircuit> Designs(Func<ApproximateCompressor, IEnumerable<MultiplierCircuit>> members) =>
        Enum.GetValues<ApproximateCompressor>().SelectMany(members);

    private static IEnumerable<T> Each<T>(int first, int last, Func<int, T> member) =>
        Of(Enumerable.Range(first, last - first + 1), member);

    private static IEnumerable<T> Of<T>(IEnumerable<int> parameters, Func<int, T> member) => parameters.Select(member);

    private static IEnumerable<MultiplierCircuit> Ordered(IEnumerable<MultiplierCircuit> circuits) => circuits
        .OrderByDescending(circuit => circuit.Multiplier.RelativePower)
        .ThenBy(circuit => circuit.Multiplier.Name, StringComparer.Ordinal);
}
