using ApproxNets.Quantization;
using ApproxNets.Tests.Layers;
using ApproxNets.Training;
using Xunit;
using static TorchSharp.torch;

namespace ApproxNets.Tests.Quantization;

public sealed class RangeObserverTests
{
    [Theory]
    [InlineData(ObserverKind.MovingAverage)]
    [InlineData(ObserverKind.Histogram)]
    public void FirstBatchGivesTheRangeAndLaterOnesMoveIt(ObserverKind kind)
    {
        using var scope = NewDisposeScope();
        var observer = new RangeObserver(kind);
        Assert.Null(observer.Range);
        observer.Observe(tensor(new float[] { -1, 0.5f, 3 }));
        AssertRange(-1, 3, observer);
        observer.Observe(tensor(new float[] { -3, 0.5f, 11 }));
        AssertRange(-1.1, 3.4, observer); // 5 % of the way from -1 to -3 and from 3 to 11
        observer.Observe(tensor(new float[] { 0.9f, 1.4f }));
        AssertRange(-1, 3.3, observer); // 5 % of the way from -1.1 to 0.9 and from 3.4 to 1.4
    }

    [Fact]
    public void HistogramLeavesOutOutliers()
    {
        using var scope = NewDisposeScope();
        float[] values = [.. Enumerable.Range(0, 99_990).Select(i => i / 99_989f), .. Enumerable.Repeat(-50f, 5), .. Enumerable.Repeat(100f, 5)];
        var histogram = new RangeObserver(ObserverKind.Histogram);
        var extremes = new RangeObserver();
        histogram.Observe(tensor(values));
        extremes.Observe(tensor(values));
        AssertRange(-50, 100, extremes);

        // 10 values may go at either end; what is left is 0..1, known to the width of one bin.
        var (least, greatest) = histogram.Range!.Value;
        Assert.InRange(least, -150.0 / 2048, 0);
        Assert.InRange(greatest, 1, 1 + (150.0 / 2048));
    }

    [Fact]
    public void HistogramLeavesOutTheWholeShareThatItMay()
    {
        using var scope = NewDisposeScope();

        // A tenth of 1,000 values is 100; in doubles (1 - 0.9) * 1000 is less.
        float[] values = [.. Enumerable.Range(0, 900).Select(i => i / 899f), .. Enumerable.Repeat(100f, 100)];
        var histogram = new RangeObserver(ObserverKind.Histogram, 0.9);
        histogram.Observe(tensor(values));
        Assert.InRange(histogram.Range!.Value.Greatest, 0, 2);
    }

    [Fact]
    public void HistogramOfTheWholeShareKeepsTheExtremes()
    {
        using var scope = NewDisposeScope();

        // Many widths: rounding must not carry the greatest value past the last bin, where it would not be counted.
        var random = new Random(4);
        for (int i = 0; i < 200; i++)
        {
            float low = -random.NextSingle(), high = low + (random.NextSingle() * 7) + 0.1f;
            var observer = new RangeObserver(ObserverKind.Histogram, 1);
            observer.Observe(tensor(new[] { low, low + ((high - low) / 3), high }));
            AssertRange(low, high, observer);
        }
    }

    [Theory]
    [InlineData(ObserverKind.MovingAverage)]
    [InlineData(ObserverKind.Histogram)]
    public void ConstantBatchIsARange(ObserverKind kind)
    {
        using var scope = NewDisposeScope();
        var observer = new RangeObserver(kind);
        observer.Observe(full([2, 3], 4f));
        Assert.Equal((4, 4), observer.Range);
    }

    [Theory]
    [InlineData(ObserverKind.MovingAverage, float.NaN)]
    [InlineData(ObserverKind.Histogram, float.NaN)]
    [InlineData(ObserverKind.MovingAverage, float.PositiveInfinity)]
    [InlineData(ObserverKind.Histogram, float.NegativeInfinity)]
    public void ValueThatIsNotFiniteIsAnErrorAndLeavesTheRange(ObserverKind kind, float value)
    {
        using var scope = NewDisposeScope();
        var observer = new RangeObserver(kind);
        observer.Observe(tensor(new float[] { -1, 3 }));
        var before = observer.Range;
        Assert.Contains("finite", Assert.Throws<ArithmeticException>(() => observer.Observe(tensor(new[] { 1, value }))).Message);
        Assert.Equal(before, observer.Range);
    }

    [Fact]
    public void CheckpointsCarryTheRange()
    {
        using var folder = new TemporaryFolder("observer");
        using var source = new RangeObserver();
        using var target = new RangeObserver();
        using (var values = tensor(new float[] { -1.5f, 0.7f }))
        {
            source.Observe(values);
        }

        Checkpoint.Save(folder["a.safetensors"], source, new Dictionary<string, string>());
        Checkpoint.Load(folder["a.safetensors"], target);
        Assert.Equal(source.Range, target.Range);
        Assert.Equal((-1.5f, 0.7f), target.Range);
    }

    [Fact]
    public void BadSettingsAreErrors()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new RangeObserver((ObserverKind)7));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RangeObserver(ObserverKind.Histogram, 0.4));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RangeObserver(ObserverKind.Histogram, 1.1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RangeObserver(ObserverKind.Histogram, double.NaN));
    }

    [Theory]
    [InlineData(ObserverKind.MovingAverage)]
    [InlineData(ObserverKind.Histogram)]
    public void ObservingLeavesNoTensor(ObserverKind kind)
    {
        using var observer = new RangeObserver(kind);
        using var x = randn(100);
        long before = LiveTensors.Settled();
        observer.Observe(x);
        Assert.NotNull(observer.Range);
        Assert.Equal(before, Tensor.TotalCount);
    }

    // float32 buffers: a relative error of 1e-6 after three updates.
    private static void AssertRange(double least, double greatest, RangeObserver observer)
    {
        Assert.NotNull(observer.Range);
        Assert.Equal(least, observer.Range.Value.Least, 1e-5);
        Assert.Equal(greatest, observer.Range.Value.Greatest, 1e-5);
    }

    [Fact]
    public void AHistogramOfALargeBatchCountsItsFirstImages()
    {
        using var scope = NewDisposeScope();
        var batch = rand([64, 8, 32, 32], generator: new Generator(1)); // 2^19 values
        batch[TensorIndex.Slice(32)] = 5;
        var all = new RangeObserver(ObserverKind.Histogram);
        all.Observe(batch);
        var half = new RangeObserver(ObserverKind.Histogram);
        half.Observe(batch[TensorIndex.Slice(0, 32)]);
        Assert.Equal(half.Range, all.Range);
        Assert.InRange(all.Range!.Value.Greatest, 0.99, 1);
        var extremes = new RangeObserver();
        extremes.Observe(batch);
        Assert.Equal(5, extremes.Range!.Value.Greatest);

        batch[63, 7, 31, 31] = float.NaN; // not counted, but not overlooked
        Assert.Throws<ArithmeticException>(() => all.Observe(batch));
        Assert.Equal(half.Range, all.Range);
    }
}
