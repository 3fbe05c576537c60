using ApproxNets.ErrorModels;
using ApproxNets.Kernels;
using ApproxNets.Multipliers;
using ApproxNets.Tests.Search;
using Xunit;

namespace ApproxNets.Tests.ErrorModels;

public sealed class ErrorTableTests
{
    public static TheoryData<IErrorModel> Models =>
        [new SingleDistributionErrorModel(), new MultiDistributionErrorModel(), new MonteCarloErrorModel(300, 1), new FieldErrorModel(9),
        new BehaviouralErrorModel()];

    [Theory]
    [MemberData(nameof(Models))]
    public void EstimatesOfAllPairsEqualTheSingleOnes(IErrorModel model)
    {
        foreach (var scheme in Enum.GetValues<Signedness>())
        {
            // 37 multipliers: no multiple of what is computed together (8 and 32); extremes of the 16 bits too.
            Multiplier[] multipliers =
            [
                LayerSamples.WithError(scheme, (_, _) => 70000, name: "greatest"), LayerSamples.WithError(scheme, (_, _) => -70000, name: "least"),
                .. Enumerable.Range(0, 35).Select(i => LayerSamples.Noisy(scheme, 1 + (40 * i), i, name: $"n{i}")),
            ];
            LayerSample[] samples = [Convolution(scheme, 1), LayerSamples.Random(scheme, 20, 7, 3, 2), LayerSamples.Random(scheme, 1, 300, 9, 3)];
            var all = model.EstimateAll(samples, multipliers, TestContext.Current.CancellationToken);
            for (int l = 0; l < samples.Length; l++)
            {
                for (int m = 0; m < multipliers.Length; m++)
                {
                    var expected = model.Estimate(multipliers[m], samples[l]);
                    double tolerance = 1e-9 * expected.RootMeanSquare;
                    Assert.Equal(expected.Mean, all[l, m].Mean, tolerance);

                    // A deviation is the root of a difference of squares: 1e-13 of the mean square, its root of the deviation.
                    Assert.Equal(expected.StandardDeviation, all[l, m].StandardDeviation, expected.StandardDeviation < 1e-4 * Math.Abs(expected.Mean) ? 1e-6 * expected.RootMeanSquare : tolerance);
                    Assert.Equal(expected.ChannelMeanDeviation, all[l, m].ChannelMeanDeviation, tolerance);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void RepeatedTablesAreEqualBitForBit(IErrorModel model)
    {
        var library = Library(Signedness.Signed);
        LayerSample[] samples = [.. Enumerable.Range(0, 6).Select(i => LayerSamples.Random(Signedness.Signed, 30, 11 + i, 5, i))];
        var first = ErrorTable.Of(samples, library, model, TestContext.Current.CancellationToken);
        var second = ErrorTable.Of(samples, library, model, TestContext.Current.CancellationToken);
        for (int l = 0; l < samples.Length; l++)
        {
            for (int m = 0; m < library.Multipliers.Count; m++)
            {
                Assert.Equal(first[l, m], second[l, m]);
                Assert.Equal(library.Multipliers[m].IsExact, first[l, m] == default);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void OtherSignednessAndCancellationAreErrors(IErrorModel model)
    {
        LayerSample[] samples = [LayerSamples.Random(Signedness.Unsigned, 5, 4, 2, 1)];
        Assert.Contains("'l'", Assert.Throws<ArgumentException>(() => ErrorTable.Of(samples, Library(Signedness.Signed), model, TestContext.Current.CancellationToken)).Message);
        Assert.ThrowsAny<OperationCanceledException>(() => ErrorTable.Of(samples, Library(Signedness.Unsigned), model, new CancellationToken(true)));
    }

    [Fact]
    public void OtherModelsAreAskedPairByPair()
    {
        var library = ConstantDeviation.Library(0.8, 0.5);
        LayerSample[] samples = [ConstantDeviation.Layer("first", 0.5, 2), ConstantDeviation.Layer("second", 2)];
        IErrorModel model = new ConstantDeviation((m, l) => (m == "a" ? 1 : 10) * (l == "first" ? 1 : 3));
        var table = ErrorTable.Of(samples, library, model, TestContext.Current.CancellationToken);
        Assert.Equal("constant", table.Model);
        Assert.Equal(library.Multipliers, table.Multipliers);
        Assert.Equal([default, new(-0.25, 0.25), new(-0.25, 2.5), default, new(-2, 6), new(-2, 60)], Enumerable.Range(0, 6).Select(i => table[i / 3, i % 3]));
        Assert.Equal(samples.Select(s => s.Opcount), table.Opcounts);
    }

    [Fact]
    public void ErrorConstantPerChannelIsAllChannelMean()
    {
        // Weights 1, 1 and 5, 5: errors 2 w make 4 and 20 in the two channels, nothing else: deviation 8, all of it between channels.
        var sample = LayerSamples.Of(Signedness.Unsigned, [[1, 2], [3, 4], [9, 9]], [1, 1, 5, 5]);
        var estimate = new BehaviouralErrorModel().Estimate(LayerSamples.WithError(Signedness.Unsigned, (_, w) => 2 * w), sample);
        Assert.Equal((12, 8, 8, 0), (estimate.Mean, estimate.StandardDeviation, estimate.ChannelMeanDeviation, estimate.StandardDeviationAroundChannelMeans));
    }

    [Fact]
    public void ChannelsCountByTheirScales()
    {
        // Two channels of scales 1 and 3, weights 1 and 5: errors 2 w make 4 and 20 in integers, 4 and 60 in real units, which std(y) = 1 makes shares.
        var sample = LayerSamples.Of(Signedness.Unsigned, [[1, 2], [3, 4], [9, 9]], [1, 1, 5, 5]) with { OutputScales = [1, 3] };
        var table = ErrorTable.Of([sample], Library(LayerSamples.WithError(Signedness.Unsigned, (_, w) => 2 * w)), new BehaviouralErrorModel(), TestContext.Current.CancellationToken);
        Close((32, 28, 28), table[0, 1]);

        // An error of 2 in every product makes 4 in both channels, 4 and 12 in real units: every model knows that.
        var constant = Library(LayerSamples.WithError(Signedness.Unsigned, (_, _) => 2));
        foreach (IErrorModel model in new IErrorModel[] { new SingleDistributionErrorModel(), new MultiDistributionErrorModel(), new MonteCarloErrorModel(100, 1), new BehaviouralErrorModel() })
        {
            Close((8, 4, 4), ErrorTable.Of([sample], constant, model, TestContext.Current.CancellationToken)[0, 1]);
            Close((8, 4, 4), model.Estimate(constant.Multipliers[1], sample));
        }

        static MultiplierLibrary Library(Multiplier multiplier) => new("one", Signedness.Unsigned, [MultiplierFamilies.Exact(Signedness.Unsigned), multiplier]);
        static void Close((double Mean, double Deviation, double Between) expected, ErrorEstimate actual)
        {
            Assert.Equal(expected.Mean, actual.Mean, 1e-9);
            Assert.Equal(expected.Deviation, actual.StandardDeviation, 1e-9);
            Assert.Equal(expected.Between, actual.ChannelMeanDeviation, 1e-9);
        }
    }

    [Fact]
    public void DeviationAroundChannelMeansEqualsTheNaiveLoop()
    {
        var sample = Convolution(Signedness.Signed, 4);
        var multiplier = LayerSamples.Noisy(Signedness.Signed, 400, 5);
        int[] sums = sample.Simulate(multiplier), exact = sample.Simulate(MultiplierFamilies.Exact(Signedness.Signed));
        int plane = sample.Shape.OutHeight * sample.Shape.OutWidth;
        var channels = sums.Select((s, i) => (Channel: i / plane % sample.Shape.OutChannels, Error: (double)s - exact[i])).GroupBy(e => e.Channel, e => e.Error);
        double expected = 0.5 * Math.Sqrt(channels.Sum(c => c.Sum(e => (e - c.Average()) * (e - c.Average()))) / sums.Length); // scale 0.5
        var estimate = new BehaviouralErrorModel().Estimate(multiplier, sample);
        Assert.Equal(expected, estimate.StandardDeviationAroundChannelMeans, 1e-9 * expected);
        Assert.True(expected < 0.99 * estimate.StandardDeviation);
        Assert.Equal(expected / 3, new BehaviouralErrorModel().Estimate(multiplier, sample with { OutputStandardDeviation = 3 }).StandardDeviationAroundChannelMeans, 1e-9 * expected);
    }

    [Fact]
    public void FirstImagesAreSimulatedAlone()
    {
        var sample = Convolution(Signedness.Unsigned, 6);
        var multiplier = LayerSamples.Noisy(Signedness.Unsigned, 400, 7);
        var first = sample.First(2);
        Assert.Equal(sample.Simulate(multiplier)[..first.Shape.OutputLength], first.Simulate(multiplier));
        Assert.Equal(2, first.Shape.Batch);
        Assert.Same(sample.ReceptiveFields, first.ReceptiveFields);
        Assert.Contains("1 to 3", Assert.Throws<ArgumentOutOfRangeException>(() => sample.First(4)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => sample.First(0));
    }

    [Fact]
    public void TablesThatDoNotFitAreErrors()
    {
        LayerSample[] samples = [ConstantDeviation.Layer("l")];
        var multipliers = ConstantDeviation.Library(0.5).Multipliers;
        Assert.Contains("1 layers x 2", Assert.Throws<ArgumentException>(() => new ErrorTable("t", samples, multipliers, new ErrorEstimate[2, 1])).Message);
        Assert.Contains("'a'", Assert.Throws<ArgumentException>(() => new ErrorTable("t", samples, multipliers, new ErrorEstimate[,] { { default, new(0, -1) } })).Message);
        Assert.Throws<ArgumentException>(() => new ErrorTable("t", samples, multipliers, new ErrorEstimate[,] { { default, new(double.NaN, 1) } }));
    }

    private static MultiplierLibrary Library(Signedness scheme) => new(
        "noisy", scheme, [MultiplierFamilies.Exact(scheme), .. Enumerable.Range(0, 13).Select(i => LayerSamples.Noisy(scheme, 10 + (40 * i), i, name: $"n{i}"))]);

    private static LayerSample Convolution(Signedness scheme, int seed)
    {
        var random = new Random(seed);
        var shape = new Conv2dShape(3, 4, 5, 7, 8, 3, 3) { Padding = (1, 1) };
        byte[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => (byte)Math.Min(random.Next(256), random.Next(256)))];
        return new LayerSample("c", scheme, shape, Draw(shape.InputLength), 131, Draw(shape.WeightLength), Draw(17 * shape.FanIn), [0.5], 1);
    }
}
