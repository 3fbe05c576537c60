using ApproxNets.ErrorModels;
using ApproxNets.Layers;
using ApproxNets.Multipliers;
using ApproxNets.Search;
using Xunit;

namespace ApproxNets.Tests.ErrorModels;

public sealed class WeightTuningTests
{
    private static readonly Multiplier Exact = MultiplierFamilies.Exact(Signedness.Signed);
    private static readonly Multiplier Half = Multiplier.FromFunction("half", Signedness.Signed, (x, w) => 4 * x * w / 9, 0.3, "test");
    private static readonly Multiplier Magnitude = Multiplier.SignMagnitude(MultiplierFamilies.BrokenArray(Signedness.Unsigned, 5, 11), swapped: true);

    // Layers of other activations and weights: large weights need the scale.
    private static readonly LayerSample[] Samples =
    [
        LayerSamples.Random(Signedness.Signed, 40, 9, 6, 1),
        LayerSamples.Of(Signedness.Signed, [[1, 5, 9], [100, 3, 0], [7, 7, 90]], [-127, 127, 90, -3, 120, -100]) with { OutputStandardDeviation = 1000 },
    ];

    public static TheoryData<IErrorModel> Models =>
        [new SingleDistributionErrorModel(), new MultiDistributionErrorModel(), new MonteCarloErrorModel(300, 1), new FieldErrorModel(2),
        new BehaviouralErrorModel()];

    [Fact]
    public void Every_layer_has_its_own_table_of_one_circuit()
    {
        var tuning = new WeightTuning(Samples);
        Multiplier first = tuning[0, Half], second = tuning[1, Half];
        Assert.NotEqual((first.TableHash, first.Scale), (second.TableHash, second.Scale));
        var expected = Half.TunedFor(Samples[1].ActivationDistribution, Samples[1].WeightDistribution);
        Assert.Equal((expected.TableHash, expected.Scale), (second.TableHash, second.Scale));
        Assert.NotEqual(1, second.Scale);
        Assert.Equal(1, new WeightTuning(Samples, scaled: false)[1, Half].Scale);
        Assert.Same(Exact, tuning[0, Exact]);
        Assert.Same(first, tuning[1, first]);

        var circuits = new Assignment([Half, Magnitude], [1, 3]);
        var tuned = tuning.Of(circuits);
        Assert.Equal((circuits.ToString(), circuits.Savings), (tuned.ToString(), tuned.Savings));
        Assert.Equal([first.TableHash, tuning[1, Magnitude].TableHash], tuned.Multipliers.Select(m => m.TableHash));
        Assert.Same(tuned.Multipliers[0], tuning.Of(circuits).Multipliers[0]);
        Assert.Equal(tuned.Multipliers, tuning.Of(tuned).Multipliers);
        Assert.Throws<ArgumentException>(() => tuning.Of(new Assignment([Half], [1])));
        Assert.Throws<ArgumentException>(() => tuning[0, MultiplierFamilies.Exact(Signedness.Unsigned)]);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_table_of_tuned_errors_has_the_circuits_as_columns(IErrorModel model)
    {
        var library = new MultiplierLibrary("l", Signedness.Signed, [Exact, Half, Magnitude]);
        var token = TestContext.Current.CancellationToken;
        var tuning = new WeightTuning(Samples);
        var table = ErrorTable.Of(Samples, library, model, token, tuning);
        var plain = ErrorTable.Of(Samples, library, model, token);
        Assert.Equal(library.Multipliers, table.Multipliers);
        for (int l = 0; l < Samples.Length; l++)
        {
            Assert.Equal(default, table[l, 0]);
            for (int m = 1; m < 3; m++)
            {
                var expected = model.Estimate(tuning[l, library.Multipliers[m]], Samples[l]);
                Assert.Equal(expected.Mean, table[l, m].Mean, 1e-9 * expected.RootMeanSquare);
                Assert.Equal(expected.StandardDeviation, table[l, m].StandardDeviation, 1e-9 * expected.RootMeanSquare);
            }

            Assert.True(table[l, 1].RootMeanSquare < plain[l, 1].RootMeanSquare);
        }

        // Whatever reads the table assigns circuits.
        double[] tolerances = [.. Samples.Select((_, l) => Math.Max(table[l, 1].StandardDeviation, table[l, 2].StandardDeviation))];
        Assert.All(Matching.Match(table, tolerances), match => Assert.Contains(match.Multiplier, library.Multipliers));
        Assert.All(SubsetSearch.Run(table, tolerances, [1], 2, 1).Multipliers, m => Assert.Contains(m, library.Multipliers));
        Assert.All(ExactAssignment.SolveForPower(table.Opcounts, table.Multipliers, ExactAssignment.Degradations(table, tolerances), 0.5)
            .Assignment.Multipliers, m => Assert.Contains(m, library.Multipliers));
    }

    [Fact]
    public void Moments_are_those_of_the_scaled_error()
    {
        var sample = Samples[1];
        Multiplier tuned = new WeightTuning(Samples)[1, Half];
        double mean = 0, square = 0, pairs = (double)sample.ReceptiveFields.Length * sample.WeightCodes.Length;
        foreach (byte x in sample.ReceptiveFields)
        {
            foreach (byte w in sample.WeightCodes)
            {
                double error = (tuned.Scale * tuned[x - 128, w - 128]) - ((x - 128) * (w - 128));
                mean += error / pairs;
                square += error * error / pairs;
            }
        }

        var single = new SingleDistributionErrorModel().Estimate(tuned, sample);
        Assert.Equal(3 * mean / 1000, single.Mean, 1e-9);
        Assert.Equal(Math.Sqrt(3 * (square - (mean * mean))) / 1000, single.StandardDeviation, 1e-9);

        int[] sums = sample.Simulate(tuned), exact = sample.Simulate(Exact);
        double[] errors = [.. sums.Zip(exact, (s, e) => (tuned.Scale * s) - e)];
        var truth = new BehaviouralErrorModel().Estimate(tuned, sample);
        Assert.Equal(errors.Average() / 1000, truth.Mean, 1e-9);
        Assert.Equal(Math.Sqrt(errors.Average(e => e * e) - Math.Pow(errors.Average(), 2)) / 1000, truth.StandardDeviation, 1e-9);
    }
}
