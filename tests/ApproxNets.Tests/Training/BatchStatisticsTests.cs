using ApproxNets.Data;
using ApproxNets.Training;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace ApproxNets.Tests.Training;

public sealed class BatchStatisticsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void StatisticsAreTheMeansOverBatchesAndNothingElseChanges()
    {
        using var scope = NewDisposeScope();
        var data = TinyProblem.Data();
        var network = TinyProblem.Network(3);
        var norm = network.modules().OfType<BatchNorm2d>().Single();
        network.train();
        var before = network.named_parameters().Select(p => TinyProblem.Bytes(p.parameter)).ToList();

        Assert.Equal(1, BatchStatistics.Estimate(network, data.Training, data.Statistics, 16, Augmentation.None, Cancellation));

        Assert.Equal(before, network.named_parameters().Select(p => TinyProblem.Bytes(p.parameter)));
        Assert.True(network.training && norm.training);
        Assert.Equal(0.1, norm.momentum);

        List<Tensor> means = [], variances = [];
        using var gradients = no_grad();
        var convolution = network.modules().OfType<Conv2d>().Single();
        foreach (var batch in new BatchLoader(data.Training, data.Statistics, 16).Epoch(0))
        {
            var given = convolution.call(batch.Images);
            means.Add(given.mean([0, 2, 3]));
            variances.Add(given.var([0L, 2, 3], unbiased: true));
        }

        Assert.Equal(4, means.Count);
        Assert.True(allclose(norm.running_mean!, stack(means).mean([0]), 1e-4, 1e-5));
        Assert.True(allclose(norm.running_var!, stack(variances).mean([0]), 1e-4, 1e-5));
    }

    [Fact]
    public void ANetworkWithoutBatchNormalisationStaysAsItIs()
    {
        using var network = nn.Sequential(("flatten", nn.Flatten()), ("fc", nn.Linear(192, 2)));
        var data = TinyProblem.Data();
        Assert.Equal(0, BatchStatistics.Estimate(network, data.Training, data.Statistics, cancellation: Cancellation));
    }
}
