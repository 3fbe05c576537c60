using ApproxNets.ErrorModels;
using ApproxNets.Kernels;
using ApproxNets.Multipliers;
using Xunit;

namespace ApproxNets.Tests.ErrorModels;

public sealed class ErrorModelTests
{
    public static TheoryData<IErrorModel> Models =>
        [new SingleDistributionErrorModel(), new MultiDistributionErrorModel(), new MonteCarloErrorModel(100, 1), new FieldErrorModel(15),
        new BehaviouralErrorModel()];

    [Theory]
    [MemberData(nameof(Models))]
    public void ConstantErrorHasNoDeviation(IErrorModel model)
    {
        var sample = LayerSamples.Random(Signedness.Unsigned, 20, 12, 3, 1);
        var estimate = model.Estimate(LayerSamples.WithError(Signedness.Unsigned, (_, _) => 3), sample);
        Assert.Equal(36, estimate.Mean, 1e-9);
        Assert.Equal(0, estimate.StandardDeviation, 1e-5); // root of a rounding error of 1e-13
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void ExactMultiplierHasNoError(IErrorModel model)
    {
        foreach (var scheme in Enum.GetValues<Signedness>())
        {
            Assert.Equal(default, model.Estimate(MultiplierFamilies.Exact(scheme), LayerSamples.Random(scheme, 20, 12, 3, 1)));
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void OtherSignednessIsAnError(IErrorModel model)
    {
        var sample = LayerSamples.Random(Signedness.Unsigned, 5, 4, 2, 1);
        string message = Assert.Throws<ArgumentException>(() => model.Estimate(MultiplierFamilies.Truncated(Signedness.Signed, 4), sample)).Message;
        Assert.Contains("'l'", message);
        Assert.Contains("Signed", message);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void SecondMultiplierOfTheSameSampleHasItsOwnError(IErrorModel model)
    {
        var sample = LayerSamples.Random(Signedness.Unsigned, 20, 12, 3, 1);
        Assert.Equal(12, model.Estimate(LayerSamples.WithError(Signedness.Unsigned, (_, _) => 1), sample).Mean, 1e-9);
        Assert.Equal(24, model.Estimate(LayerSamples.WithError(Signedness.Unsigned, (_, _) => 2), sample).Mean, 1e-9);
    }

    [Fact]
    public void SingleOfAnErrorInTheActivationIsItsMoments()
    {
        // Activations -3, 1, 1, 5: mean 1, variance 8. Error 2x: n = 2 products have the mean 4 and the deviation sqrt(2 x 4 x 8).
        var sample = LayerSamples.Of(Signedness.Signed, [[-3, 1], [1, 5]], [7, -9, 4, 100]);
        var estimate = new SingleDistributionErrorModel().Estimate(LayerSamples.WithError(Signedness.Signed, (x, _) => 2 * x), sample);
        Assert.Equal(4, estimate.Mean, 1e-9);
        Assert.Equal(8, estimate.StandardDeviation, 1e-9);
    }

    [Fact]
    public void SingleOfAnErrorInTheWeightIsItsMoments()
    {
        // Weights 0, 0, 0, 4: mean 1, variance 3; error 3w.
        var sample = LayerSamples.Of(Signedness.Unsigned, [[1, 2], [3, 250]], [0, 0, 0, 4]);
        var estimate = new SingleDistributionErrorModel().Estimate(LayerSamples.WithError(Signedness.Unsigned, (_, w) => 3 * w), sample);
        Assert.Equal(6, estimate.Mean, 1e-9);
        Assert.Equal(Math.Sqrt(2 * 9 * 3), estimate.StandardDeviation, 1e-9);
    }

    [Theory]
    [InlineData(Signedness.Signed)]
    [InlineData(Signedness.Unsigned)]
    public void SingleEqualsTheSumOverAllPairs(Signedness scheme)
    {
        var sample = LayerSamples.Random(scheme, 30, 10, 4, 2);
        var multiplier = LayerSamples.Noisy(scheme, 200, 3);
        double mean = 0, square = 0, pairs = (double)sample.ReceptiveFields.Length * sample.WeightCodes.Length;
        int least = multiplier.MinOperand;
        foreach (byte x in sample.ReceptiveFields)
        {
            foreach (byte w in sample.WeightCodes)
            {
                double error = multiplier[x + least, w + least] - ((x + least) * (w + least));
                mean += error / pairs;
                square += error * error / pairs;
            }
        }

        var estimate = new SingleDistributionErrorModel().Estimate(multiplier, sample);
        double deviation = Math.Sqrt(10 * (square - (mean * mean)));
        Assert.Equal(10 * mean, estimate.Mean, 1e-9 * deviation);
        Assert.Equal(deviation, estimate.StandardDeviation, 1e-9 * deviation);
    }

    [Fact]
    public void MultiEqualsSingleWhenAllFieldsHoldTheSameValues()
    {
        var sample = LayerSamples.Of(Signedness.Signed, [[-90, 3, 3, 77], [3, 77, -90, 3], [77, 3, 3, -90]], [.. Enumerable.Range(-20, 40)]);
        var multiplier = LayerSamples.Noisy(Signedness.Signed, 300, 4);
        var single = new SingleDistributionErrorModel().Estimate(multiplier, sample);
        var multi = new MultiDistributionErrorModel().Estimate(multiplier, sample);
        Assert.Equal(single.Mean, multi.Mean, 1e-8);
        Assert.Equal(single.StandardDeviation, multi.StandardDeviation, 1e-8);
        Assert.True(multi.StandardDeviation > 1);
    }

    [Fact]
    public void MultiSeesTheErrorThatAFieldShares()
    {
        // Fields of a constant 2, 4, 6, 20 (mean 8, variance 50), error 5x: all n = 3 products of an output err alike.
        var sample = LayerSamples.Of(Signedness.Unsigned, [[2, 2, 2], [4, 4, 4], [6, 6, 6], [20, 20, 20]], [1, 2, 3]);
        var multiplier = LayerSamples.WithError(Signedness.Unsigned, (x, _) => 5 * x);
        var multi = new MultiDistributionErrorModel().Estimate(multiplier, sample);
        Assert.Equal(3 * 5 * 8, multi.Mean, 1e-9);
        Assert.Equal(3 * 5 * Math.Sqrt(50), multi.StandardDeviation, 1e-9);
        Assert.Equal(Math.Sqrt(3) * 5 * Math.Sqrt(50), new SingleDistributionErrorModel().Estimate(multiplier, sample).StandardDeviation, 1e-9);

        // The truth agrees: the sample is the whole population.
        var truth = new BehaviouralErrorModel().Estimate(multiplier, sample);
        Assert.Equal(multi.Mean, truth.Mean, 1e-9);
        Assert.Equal(multi.StandardDeviation, truth.StandardDeviation, 1e-9);
    }

    [Fact]
    public void MultiAddsTheSpreadWithinAndBetweenFields()
    {
        // Error x. Field (0, 4): sum 4, within variance 2 x 4 = 8. Field (10, 10): sum 20, none within. Mean 12, between 64, within 4.
        var sample = LayerSamples.Of(Signedness.Unsigned, [[0, 4], [10, 10]], [1, 1]);
        var estimate = new MultiDistributionErrorModel().Estimate(LayerSamples.WithError(Signedness.Unsigned, (x, _) => x), sample);
        Assert.Equal(12, estimate.Mean, 1e-9);
        Assert.Equal(Math.Sqrt(68), estimate.StandardDeviation, 1e-9);
    }

    [Fact]
    public void MonteCarloConvergesToSingle()
    {
        const int Runs = 40_000;
        var sample = LayerSamples.Random(Signedness.Signed, 30, 8, 4, 5);
        var multiplier = LayerSamples.Noisy(Signedness.Signed, 200, 6);
        var expected = new SingleDistributionErrorModel().Estimate(multiplier, sample);
        var actual = new MonteCarloErrorModel(Runs, 9).Estimate(multiplier, sample);

        // Five standard errors: s / sqrt(R) of a mean, about s / sqrt(2R) of a deviation.
        Assert.Equal(expected.Mean, actual.Mean, 5 * expected.StandardDeviation / Math.Sqrt(Runs));
        Assert.Equal(expected.StandardDeviation, actual.StandardDeviation, 5 * expected.StandardDeviation / Math.Sqrt(2 * Runs));
        Assert.Equal(actual, new MonteCarloErrorModel(Runs, 9).Estimate(multiplier, sample));
        Assert.NotEqual(actual, new MonteCarloErrorModel(Runs, 10).Estimate(multiplier, sample));
        Assert.Throws<ArgumentOutOfRangeException>(() => new MonteCarloErrorModel(1, 0));
    }

    [Theory]
    [InlineData(Signedness.Signed, 1, 1, 1)]
    [InlineData(Signedness.Unsigned, 2, 1, 2)]
    [InlineData(Signedness.Unsigned, 1, 2, 4)]
    public void BehaviouralTruthEqualsTheNaiveLoop(Signedness scheme, int stride, int padding, int groups)
    {
        var random = new Random(7);
        var shape = new Conv2dShape(2, 4, 5, 6, 8, 3, 3) { Stride = (stride, stride), Padding = (padding, padding), Groups = groups };
        byte[] Draw(int count)
        {
            var bytes = new byte[count];
            random.NextBytes(bytes);
            return bytes;
        }

        byte[] x = Draw(shape.InputLength), w = Draw(shape.WeightLength);
        const byte Padding = 131; // no operand is 0 there, and the table is wrong there too
        var sample = new LayerSample("c", scheme, shape, x, Padding, w, Draw(shape.FanIn), [1], 1);
        var multiplier = LayerSamples.Noisy(scheme, 500, 8);
        int least = multiplier.MinOperand, channels = 4 / groups;
        var errors = new List<double>();
        for (int i = 0; i < shape.OutputLength; i++)
        {
            int column = i % shape.OutWidth, row = i / shape.OutWidth % shape.OutHeight, o = i / (shape.OutWidth * shape.OutHeight) % 8, b = i / (shape.OutWidth * shape.OutHeight * 8);
            double error = 0;
            for (int k = 0; k < shape.FanIn; k++)
            {
                int c = (o / (8 / groups) * channels) + (k / 9), y = (row * stride) + (k / 3 % 3) - padding, z = (column * stride) + (k % 3) - padding;
                bool inside = y >= 0 && y < 5 && z >= 0 && z < 6;
                int xv = (inside ? x[(((((b * 4) + c) * 5) + y) * 6) + z] : Padding) + least, wv = w[(o * shape.FanIn) + k] + least;
                error += multiplier[xv, wv] - (xv * wv);
            }

            errors.Add(error);
        }

        double mean = errors.Average(), deviation = Math.Sqrt(errors.Average(e => (e - mean) * (e - mean)));
        var estimate = new BehaviouralErrorModel().Estimate(multiplier, sample);
        Assert.Equal(mean, estimate.Mean, 1e-9 * deviation);
        Assert.Equal(deviation, estimate.StandardDeviation, 1e-9 * deviation);
    }

    [Theory]
    [InlineData(1, 1, 0, 1)]
    [InlineData(1, 2, 1, 1)]
    [InlineData(2, 1, 1, 2)]
    [InlineData(4, 2, 1, 1)]
    public void FieldsOfADrawErrAsTheWholeSampleDoes(int groups, int stride, int padding, int dilation)
    {
        // Activations grow over channels and rows and the weights over the kernel, so that a patch from elsewhere would err otherwise.
        var shape = new Conv2dShape(40, 4, 7, 8, 8, 3, 3) { Groups = groups, Stride = (stride, stride), Padding = (padding, padding), Dilation = (dilation, dilation) };
        var random = new Random(5);
        byte[] x = [.. Enumerable.Range(0, shape.InputLength).Select(i => (byte)((i / 56 % 4 * 40) + (i / 8 % 7 * 9) + random.Next(30)))];
        byte[] w = [.. Enumerable.Range(0, shape.WeightLength).Select(i => (byte)((i % 9 * 20) + random.Next(60)))];
        var sample = new LayerSample("c", Signedness.Unsigned, shape, x, 1, w, x[..shape.FanIn], [1], 1);
        var multiplier = LayerSamples.WithError(Signedness.Unsigned, (a, b) => ((a * b) >> 6) - (a & 7) + (b & 3));
        var (truth, drawn) = (new BehaviouralErrorModel().Estimate(multiplier, sample), new FieldErrorModel(300).Estimate(multiplier, sample));
        Assert.NotEqual(truth, drawn);
        Assert.Equal(1, drawn.StandardDeviation / truth.StandardDeviation, 0.06);
        Assert.Equal(truth.Mean, drawn.Mean, 0.1 * truth.StandardDeviation);
        Assert.Equal(1, drawn.ChannelMeanDeviation / truth.ChannelMeanDeviation, 0.06);
        Assert.Equal(drawn, new FieldErrorModel(300).Estimate(multiplier, sample));
        Assert.NotEqual(drawn, new FieldErrorModel(300, seed: 1).Estimate(multiplier, sample));
        Assert.Equal(truth, new FieldErrorModel(10_000).Estimate(multiplier, sample));
    }

    [Fact]
    public void AModelOfNoFieldIsAnError() =>
        Assert.Contains("found 0 receptive fields", Assert.Throws<ArgumentOutOfRangeException>(() => new FieldErrorModel(0)).Message);

    [Fact]
    public void DistributionIsTheRelativeFrequency()
    {
        double[] distribution = LayerSample.Distribution([0, 0, 255, 7]);
        Assert.Equal((0.5, 0.25, 0.25, 1.0), (distribution[0], distribution[7], distribution[255], distribution.Sum()));
        Assert.Equal(256, distribution.Length);
        Assert.Throws<ArgumentException>(() => LayerSample.Distribution([]));
    }

    [Fact]
    public void DistributionsFollowAChangedCopy()
    {
        var sample = LayerSamples.Of(Signedness.Unsigned, [[1, 1]], [2, 2]);
        var changed = sample with { ReceptiveFields = [3, 3], WeightCodes = [4, 4] };
        Assert.Equal((1, 1), (sample.ActivationDistribution[1], sample.WeightDistribution[2]));
        Assert.Equal((1, 1), (changed.ActivationDistribution[3], changed.WeightDistribution[4]));
    }

    [Fact]
    public void NamesAreDistinct() => Assert.Equal(5, Models.Select(m => m.Data.Name).Distinct().Count());
}
