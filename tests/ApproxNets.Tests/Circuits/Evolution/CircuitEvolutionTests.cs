using ApproxNets.Circuits.Evolution;
using ApproxNets.Multipliers;
using Xunit;
using static ApproxNets.Circuits.MultiplierFamilies;

namespace ApproxNets.Tests.Circuits.Evolution;

public sealed class CircuitEvolutionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new("evolution");

    public void Dispose() => _folder.Dispose();

    public static TheoryData<Signedness> BothSignednesses => [Signedness.Unsigned, Signedness.Signed];

    private static CircuitEvolutionOptions Options(Signedness signedness, long evaluations, double? mae = 50) =>
        new(signedness, 7, evaluations) { MaxMeanAbsoluteError = mae };

    private static Multiplier Evolved(CircuitEvolutionOptions options) =>
        CircuitEvolution.Run(options, null, TestContext.Current.CancellationToken).Circuit.ToMultiplier("evolved", options.Signedness);

    [Theory]
    [MemberData(nameof(BothSignednesses))]
    public void The_exact_genome_is_the_exact_array(Signedness signedness)
    {
        CellGenome genome = CellGenome.Exact(signedness);
        double power = new GenomeEvaluator(Options(signedness, 1, 0), genome.SignalCount).Power(genome);

        Assert.True(genome.ToNetlist().ToMultiplier("exact", signedness).Multiplier.IsExact);
        Assert.Equal(1, CircuitCost.RelativePower(genome.ToNetlist(), signedness), 1e-9);
        Assert.Equal(CircuitCost.OfExact(signedness).PowerMicrowatts, power, 0.02 * power); // half adders with a constant 1 differ
    }

    [Theory]
    [MemberData(nameof(BothSignednesses))]
    public void Every_limit_holds_and_power_falls(Signedness signedness)
    {
        double[] small = new double[256], uniform = [.. Enumerable.Repeat(1 / 256.0, 256)];
        Array.Fill(small, 1 / 16.0, signedness == Signedness.Signed ? 120 : 0, 16);
        CircuitEvolutionOptions bare = Options(signedness, 4000, null);
        Multiplier byMean = Evolved(bare with { MaxMeanAbsoluteError = 60 }), byWorst = Evolved(bare with { MaxWorstCaseError = 300 });
        Multiplier byRelative = Evolved(bare with { MaxMeanRelativeError = 0.02 });
        Multiplier byWeights = Evolved(bare with { MaxWeightedError = 3, Activations = small, Weights = uniform });
        Multiplier byAll = Evolved(bare with { MaxMeanAbsoluteError = 60, MaxWorstCaseError = 300, MaxMeanRelativeError = 0.02 });

        Assert.InRange(ErrorStatistics.Of(byMean).MeanAbsoluteError, 1, 60);
        Assert.InRange(ErrorStatistics.Of(byWorst).WorstCaseError, 1, 300);
        Assert.InRange(ErrorStatistics.Of(byRelative).MeanRelativeError, 1e-4, 0.02);
        int[] errors = byWeights.ErrorMap();
        double weighted = Enumerable.Range(0, errors.Length).Sum(i => small[i >> 8] * uniform[i & 255] * Math.Abs(errors[i]));
        Assert.InRange(weighted, 1e-3, 3);
        ErrorStatistics all = ErrorStatistics.Of(byAll);
        Assert.True(all is { MeanAbsoluteError: <= 60, WorstCaseError: <= 300, MeanRelativeError: <= 0.02 }, all.ToString());
        Assert.All(
            [byMean, byWorst, byRelative, byWeights, byAll], multiplier => Assert.InRange(multiplier.RelativePower, 0.01, 0.999));
        Assert.NotEqual(byMean.TableHash, byWorst.TableHash);
    }

    [Theory]
    [MemberData(nameof(BothSignednesses))]
    public void Every_shipped_circuit_is_a_genome_of_its_table_and_about_its_power(Signedness signedness)
    {
        CircuitEvolutionOptions any = Options(signedness, 1, ushort.MaxValue);
        var circuits = ShippedCircuits.Of(signedness).Where((_, i) => i % 5 == 0).ToList();
        Assert.True(circuits.Count > 30);
        Assert.All(circuits, circuit =>
        {
            CellGenome genome = CellGenome.Of(circuit);
            double power = new GenomeEvaluator(any, genome.SignalCount).Power(genome), own = CircuitCost.Of(circuit).PowerMicrowatts;
            Assert.Equal(circuit.Widened().Products(signedness), genome.ToNetlist().Products(signedness));
            Assert.InRange(power, 0.9 * own, (1.25 * own) + 1); // cells are costed as they are, without mapping: half adders as two gates
        });
    }

    [Fact]
    public void A_rival_that_is_better_than_what_was_found_takes_its_place()
    {
        CircuitEvolutionOptions options = Options(Signedness.Unsigned, 300, 400);
        Netlist rival = CircuitEvolution.CheapestWithin(options, ShippedCircuits.Of(Signedness.Unsigned))!;
        Multiplier of = rival.ToMultiplier("rival", Signedness.Unsigned), alone = Evolved(options), with = Evolved(options with { Rival = rival });

        Assert.InRange(ErrorStatistics.Of(of).MeanAbsoluteError, 0, 400);
        Assert.True(of.RelativePower < alone.RelativePower, $"{of.RelativePower} {alone.RelativePower}");
        Assert.InRange(with.RelativePower, 0, of.RelativePower);
        Assert.InRange(ErrorStatistics.Of(with).MeanAbsoluteError, 0, 400);
        Assert.Null(CircuitEvolution.CheapestWithin(options with { MaxMeanAbsoluteError = 1e-9 }, [Truncated(Signedness.Unsigned, 8).Netlist]));
    }

    [Fact]
    public void A_circuit_for_magnitudes_keeps_the_limit_on_the_signed_product_and_counts_the_sign_logic()
    {
        IReadOnlyList<double> x = OperandDistributions.Rectified, w = OperandDistributions.Symmetric;
        CircuitEvolutionOptions options = Options(Signedness.Unsigned, 6000, null) with
        {
            SignMagnitude = true,
            MaxWeightedDeviation = 120,
            Activations = x,
            Weights = w,
        };
        Multiplier circuit = Evolved(options), signed = Multiplier.SignMagnitude(circuit);

        int[] errors = signed.ErrorMap();
        double squares = Enumerable.Range(0, errors.Length).Sum(i => x[i >> 8] * w[i & 255] * errors[i] * errors[i]);
        Assert.InRange(Math.Sqrt(squares), 30, 120.6); // the table rounds quarters
        Assert.InRange(signed.RelativePower, 0.05, 0.8);

        CellGenome genome = CellGenome.Exact(Signedness.Unsigned);
        double plain = new GenomeEvaluator(Options(Signedness.Unsigned, 1), genome.SignalCount).Power(genome);
        double counted = new GenomeEvaluator(options, genome.SignalCount).Power(genome);
        Assert.InRange((counted - plain) / CircuitCost.OfExact(Signedness.Signed).PowerMicrowatts, 0.15, 0.25); // 16 bits
        Assert.Throws<ArgumentException>(() => (options with { Signedness = Signedness.Signed }).Check());
        Assert.Throws<ArgumentException>(() => (options with { MaxWeightedDeviation = null, MaxMeanAbsoluteError = 3 }).Check());
    }

    [Fact]
    public void Operands_of_networks_are_distributions()
    {
        Assert.Equal(1, OperandDistributions.Rectified.Sum(), 1e-9);
        Assert.Equal(1, OperandDistributions.Symmetric.Sum(), 1e-9);
        Assert.InRange(OperandDistributions.Rectified[128], 0.5, 0.52); // half of them, and the middle of the others
        Assert.Equal(0, OperandDistributions.Rectified.Take(128).Sum());
        Assert.Equal(OperandDistributions.Symmetric.Skip(1), OperandDistributions.Symmetric.Skip(1).Reverse());
    }

    [Fact]
    public void No_error_allowed_keeps_the_product_exact() =>
        Assert.True(Evolved(Options(Signedness.Signed, 2000, 0)).IsExact);

    [Fact]
    public void The_same_options_give_the_same_circuit_and_another_seed_another()
    {
        CircuitEvolutionOptions options = Options(Signedness.Unsigned, 3000);

        Assert.Equal(Evolved(options).TableHash, Evolved(options).TableHash);
        Assert.NotEqual(Evolved(options).TableHash, Evolved(options with { Seed = 8 }).TableHash);
    }

    [Theory]
    [MemberData(nameof(BothSignednesses))]
    public void A_resumed_run_equals_an_uninterrupted_one(Signedness signedness)
    {
        CircuitEvolutionOptions whole = Options(signedness, 20_000), kept = whole with { CheckpointPath = _folder["state.json"] };
        using var stopping = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        EvolvedCircuit stopped = CircuitEvolution.Run(kept, null, stopping.Token);
        EvolvedCircuit again = CircuitEvolution.Run(kept, null, stopping.Token);
        EvolvedCircuit resumed = CircuitEvolution.Run(kept, null, TestContext.Current.CancellationToken);
        EvolvedCircuit loaded = CircuitEvolution.Run(kept, null, TestContext.Current.CancellationToken);
        Netlist uninterrupted = CircuitEvolution.Run(whole, null, TestContext.Current.CancellationToken).Circuit;

        Assert.True(stopped is { IsComplete: false, Evaluations: > 0 and < 20_000 }, $"{stopped.Evaluations} evaluations");
        Assert.True(again is { IsComplete: false } && again.Evaluations - stopped.Evaluations is >= 0 and < 256);
        Assert.Equal((20_000, true), (resumed.Evaluations, resumed.IsComplete));
        Assert.Equal(resumed.Circuit.Gates.ToArray(), loaded.Circuit.Gates.ToArray());
        Assert.Equal(uninterrupted.Gates.ToArray(), resumed.Circuit.Gates.ToArray());
        Assert.Equal(uninterrupted.Outputs.ToArray(), resumed.Circuit.Outputs.ToArray());
        Assert.Empty(Directory.GetFiles(_folder.Path, "*.tmp"));
    }

    /// <summary>A second of evolution; what minutes give is in the shipped library.</summary>
    [Theory]
    [MemberData(nameof(BothSignednesses))]
    public void Evolution_beats_truncation_at_equal_error(Signedness signedness)
    {
        Multiplier rival = MultiplierFamilies.Truncated(signedness, 8);
        Multiplier evolved = Evolved(Options(signedness, 20_000, ErrorStatistics.Of(rival).MeanAbsoluteError));

        Assert.True(ErrorStatistics.Of(evolved).MeanAbsoluteError <= ErrorStatistics.Of(rival).MeanAbsoluteError);
        Assert.True(evolved.RelativePower < 0.9 * rival.RelativePower, $"{evolved} and {rival}");
    }

    [Fact]
    public void The_limits_double_ten_times_and_are_then_as_asked_for()
    {
        Assert.Equal(1 / 1024.0, CircuitEvolution.Share(0, 1000));
        Assert.Equal([1 / 512.0, 1.5 / 512, 0.5, 1, 1], new long[] { 80, 120, 720, 800, 999 }.Select(done => CircuitEvolution.Share(done, 1000)));
    }

    [Fact]
    public void Hostile_options_are_refused()
    {
        CircuitEvolutionOptions good = Options(Signedness.Signed, 10);
        double[] uniform = [.. Enumerable.Repeat(1 / 256.0, 256)];
        CircuitEvolutionOptions[] bad =
        [
            good with { Signedness = (Signedness)2 }, good with { Evaluations = 0 }, good with { Evaluations = long.MaxValue },
            good with { MaxMeanAbsoluteError = null }, good with { MaxMeanAbsoluteError = double.NaN },
            good with { MaxMeanAbsoluteError = -1 }, good with { MaxMeanAbsoluteError = double.PositiveInfinity },
            good with { MaxWorstCaseError = -1 }, good with { MaxMeanRelativeError = double.NaN }, good with { MaxWeightedError = 1 },
            good with { Activations = uniform }, good with { MaxWeightedError = 1, Activations = uniform, Weights = new double[256] },
            good with { MaxWeightedError = 1, Activations = uniform, Weights = [1.0] },
            good with { MaxWeightedError = 1, Activations = uniform, Weights = [double.NaN, .. uniform[1..]] },
        ];
        Assert.All(bad, options =>
        {
            string message = Assert.ThrowsAny<ArgumentException>(
                () => CircuitEvolution.Run(options, null, TestContext.Current.CancellationToken)).Message;
            Assert.Contains("expected", message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Damaged_or_foreign_checkpoints_are_refused()
    {
        string path = _folder["state.json"];
        CircuitEvolutionOptions options = Options(Signedness.Signed, 500) with { CheckpointPath = path };
        CircuitEvolution.Run(options, null, TestContext.Current.CancellationToken);
        string text = File.ReadAllText(path);
        AssertRefused("is damaged", text.Replace("\"Evaluations\":500", "\"Evaluations\":499", StringComparison.Ordinal), options);
        AssertRefused("is damaged", System.Text.RegularExpressions.Regex.Replace(text, @"\d+\]", "0]"), options);
        text = System.Text.RegularExpressions.Regex.Replace(text, "\"Sha256\":\"[0-9a-f]{64}\"", "\"Sha256\":null"); // as earlier versions

        AssertRefused("settings", text, options with { Seed = 9 });
        AssertRefused("settings", text, options with { Evaluations = 400 });
        AssertRefused("501 evaluations", text.Replace("\"Evaluations\":500", "\"Evaluations\":501", StringComparison.Ordinal), options);
        AssertRefused("no checkpoint", text[..(text.Length / 2)], options);
        AssertRefused("no checkpoint", "[1]", options);
        AssertRefused("settings ''", "null", options);
        AssertRefused("genes", System.Text.RegularExpressions.Regex.Replace(text, @"\[\d+,", "["), options);
        AssertRefused("as cell 0", System.Text.RegularExpressions.Regex.Replace(text, @"\[\d+,", "[9,"), options);
        AssertRefused("at signal", System.Text.RegularExpressions.Regex.Replace(text, @"\d+\]", "99999]"), options);
        AssertRefused("outside the limits", System.Text.RegularExpressions.Regex.Replace(text, @"\d+\]", "0]"), options);

        void AssertRefused(string found, string content, CircuitEvolutionOptions asked)
        {
            File.WriteAllText(path, content);
            string message = Assert.Throws<InvalidDataException>(
                () => CircuitEvolution.Run(asked, null, TestContext.Current.CancellationToken)).Message;
            Assert.Contains(found, message, StringComparison.Ordinal);
            Assert.StartsWith(path, message, StringComparison.Ordinal);
        }
    }
}
