using ApproxNets.Data;
using ApproxNets.Tests.Layers;
using ApproxNets.Training;
using Xunit;
using static TorchSharp.torch;

#pragma warning disable xUnit1051 // the calls last milliseconds, and those that are cancelled have tokens of their own
namespace ApproxNets.Tests.Training;

public sealed class EvaluationTests
{
    [Fact]
    public void AccuracyIsTheShareOfRightAnswersWhateverTheBatch()
    {
        using var scope = NewDisposeScope();
        using var network = TinyProblem.Network(2);
        var data = TinyProblem.Data();
        var x = TinyProblem.Batch();
        network.eval();
        float[] scores = network.call(x).detach().data<float>().ToArray();
        int right = Enumerable.Range(0, 20).Count(i => (scores[2 * i] >= scores[(2 * i) + 1] ? 0 : 1) == data.Validation.Labels[i]);
        foreach (int batch in new[] { 1, 7, 20, 250 })
        {
            Assert.Equal(right / 20.0, Evaluation.Accuracy(network, data.Validation, data.Statistics, batch));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ModeAndStateStayAsTheyWere(bool training)
    {
        using var network = TinyProblem.Network(2);
        network.train(training);
        string before = TinyProblem.Fingerprint(network);
        var data = TinyProblem.Data();
        Evaluation.Accuracy(network, data.Validation, data.Statistics);
        Assert.Equal(training, network.training);
        Assert.All(network.children(), c => Assert.Equal(training, c.training));
        Assert.Equal(before, TinyProblem.Fingerprint(network));
        Assert.Throws<OperationCanceledException>(() => Evaluation.Accuracy(network, data.Validation, data.Statistics, cancellation: new CancellationToken(true)));
        Assert.Equal(training, network.training);
    }

    [Fact]
    public void TopKIsTheShareOfLabelsAmongTheHighestScores()
    {
        // Seven classes whose scores are the image's own first seven pixels.
        var random = new Random(3);
        var pixels = new byte[40 * 9];
        random.NextBytes(pixels);
        byte[] labels = [.. Enumerable.Range(0, 40).Select(_ => (byte)random.Next(7))];
        var images = new ImageSet(pixels, labels, 1, 3, 3);
        using var network = nn.Sequential(nn.Flatten(), nn.Linear(9, 7, hasBias: false));
        using (no_grad())
        {
            network.parameters().Single().copy_(eye(7, 9));
        }

        int Rank(int image) => Enumerable.Range(0, 7).Count(c => images.Image(image)[c] > images.Image(image)[labels[image]]);
        foreach (int k in new[] { 1, 2, 5, 7 })
        {
            TopAccuracy found = Evaluation.TopAccuracy(network, images, new([0.5], [0.25]), k, batchSize: 17);
            Assert.Equal(Enumerable.Range(0, 40).Count(i => Rank(i) < 1) / 40.0, found.Top1);
            Assert.Equal(Enumerable.Range(0, 40).Count(i => Rank(i) < k) / 40.0, found.TopK);
            Assert.Equal(k, found.K);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => Evaluation.TopAccuracy(network, images, new([0.5], [0.25]), 8));
        Assert.Throws<ArgumentOutOfRangeException>(() => Evaluation.TopAccuracy(network, images, new([0.5], [0.25]), 0));
    }

    [Fact]
    public void NoImagesAreAnError()
    {
        using var network = TinyProblem.Network(2);
        var data = TinyProblem.Data();
        Assert.Throws<ArgumentException>(() => Evaluation.Accuracy(network, data.Validation.Take(0), data.Statistics));
    }

    [Fact]
    public void StandardErrorIsTheRootOfTheVarianceOfAMean()
    {
        // The mean of n answers that are right with probability p: 84 % of 10,000 images is 0.37 points, as data/results says.
        Assert.Equal(0.00367, Evaluation.StandardError(0.84, 10_000), 0.000005);
        Assert.Equal(0, Evaluation.StandardError(1, 5));
        Assert.Equal(0.5, Evaluation.StandardError(0.5, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Evaluation.StandardError(84, 10_000));
        Assert.Throws<ArgumentOutOfRangeException>(() => Evaluation.StandardError(0.84, 0));
    }

    [Fact]
    public void CorrectSaysOfEveryImageWhatAccuracyCounts()
    {
        using var network = TinyProblem.Network(2);
        var data = TinyProblem.Data();
        bool[] correct = Evaluation.Correct(network, data.Validation, data.Statistics, 7);
        Assert.Equal(data.Validation.Count, correct.Length);
        Assert.Equal(correct, Evaluation.Correct(network, data.Validation, data.Statistics));
        Assert.Equal(Evaluation.Accuracy(network, data.Validation, data.Statistics), correct.Count(c => c) / (double)correct.Length);
        for (int i = 0; i < 3; i++)
        {
            bool alone = Evaluation.Accuracy(network, data.Validation.Take(i + 1), data.Statistics) * (i + 1) > correct.Take(i).Count(c => c) + 0.5;
            Assert.Equal(alone, correct[i]);
        }

        Assert.Throws<ArgumentException>(() => Evaluation.Correct(network, data.Validation.Take(0), data.Statistics));
        long before = LiveTensors.Settled();
        Evaluation.Correct(network, data.Validation, data.Statistics, 6);
        Assert.Equal(before, Tensor.TotalCount);
    }

    /// <summary>By counting all outcomes of n fair coins: those that are no more even than the one found.</summary>
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(5, 0)]
    [InlineData(2, 9)]
    [InlineData(9, 2)]
    [InlineData(6, 6)]
    public void McNemarIsTheTwoSidedTestOfCoins(int onlyFirst, int onlySecond)
    {
        int n = onlyFirst + onlySecond;
        int uneven = Enumerable.Range(0, 1 << n).Count(coins =>
            Math.Abs((2 * System.Numerics.BitOperations.PopCount((uint)coins)) - n) >= Math.Abs(onlyFirst - onlySecond));
        Assert.Equal(uneven / (double)(1 << n), Evaluation.McNemar(Answers(onlyFirst, 0), Answers(0, onlySecond)), 1e-12);

        bool[] Answers(int first, int second) =>
            [.. Enumerable.Range(0, n + 14).Select(i => i < onlyFirst ? first > 0 : i < n ? second > 0 : i % 2 == 0)];
    }

    [Fact]
    public void McNemarHoldsForThousandsOfImages()
    {
        // 1,300 against 1,200 of 2,500 coins: two deviations, 100 / sqrt(2500), by the normal distribution 0.0455 and with its correction 0.0477.
        bool[] first = [.. Enumerable.Range(0, 2500).Select(i => i < 1300)];
        Assert.Equal(0.0477, Evaluation.McNemar(first, [.. first.Select(c => !c)]), 0.0003);
        Assert.Equal(1, Evaluation.McNemar(first, first));
        Assert.Throws<ArgumentException>(() => Evaluation.McNemar(first, first[1..]));
        Assert.Throws<ArgumentException>(() => Evaluation.McNemar([], []));
    }

    [Fact]
    public void AccuracyLeavesNoTensor()
    {
        using var network = TinyProblem.Network(2);
        var data = TinyProblem.Data();
        long before = LiveTensors.Settled();
        Evaluation.Accuracy(network, data.Validation, data.Statistics, 6);
        Assert.Equal(before, Tensor.TotalCount);
    }
}
