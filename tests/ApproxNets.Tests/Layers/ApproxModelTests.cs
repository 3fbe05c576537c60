using ApproxNets.Layers;
using ApproxNets.Models;
using ApproxNets.Multipliers;
using ApproxNets.Tests.Training;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace ApproxNets.Tests.Layers;

public sealed class ApproxModelTests
{
    private static readonly QuantizationOptions Signed = new(Signedness.Signed);

    [Fact]
    public void ConversionReplacesEveryLayerAndKeepsNamesAndOutput()
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        using var random = new Generator(1);
        var network = new ResNet(8, 10, 4);
        network.train();
        network.call(randn(8, 3, 32, 32, generator: random)); // batch normalisation away from its start
        network.eval();
        var x = randn(4, 3, 32, 32, generator: random);
        var before = network.call(x);
        string[] names = [.. network.state_dict().Keys];
        Assert.Contains("layer2.0.downsample.0.weight", names);

        using var model = ApproxModel.Convert(network, Signed, 3, 32, 32);

        string[] paths =
        [
            "conv1", "layer1.0.conv1", "layer1.0.conv2", "layer2.0.conv1", "layer2.0.conv2", "layer2.0.downsample.0",
            "layer3.0.conv1", "layer3.0.conv2", "layer3.0.downsample.0", "fc",
        ];
        Assert.Equal(paths, model.Layers.Select(l => l.Path));
        Assert.DoesNotContain(network.modules(), m => m is Conv2d or Linear);
        Assert.Equal(10, network.modules().Count(m => m is ApproxLayer));
        string[] added = [.. paths.SelectMany(p => new[] { p + ".sigma", p + ".observer.least", p + ".observer.greatest" })];
        Assert.Equal(names.Concat(added).Order(StringComparer.Ordinal), network.state_dict().Keys.Order(StringComparer.Ordinal));
        Assert.Equal(TinyProblem.Bytes(before), TinyProblem.Bytes(network.call(x)));

        // Multiplications by hand: O x OutH x OutW x n.
        Assert.Equal(
            [
                16 * 1024 * 27, 16 * 1024 * 144, 16 * 1024 * 144, 32 * 256 * 144, 32 * 256 * 288, 32 * 256 * 16,
                64 * 64 * 288, 64 * 64 * 576, 64 * 64 * 32, 640,
            ],
            model.Opcounts);
        Assert.Equal([27, 144, 144, 144, 288, 16, 288, 576, 32, 64], model.Layers.Select(l => l.FanIn));
        Assert.Equal(78_042, model.ParameterCount); // without the ten noise scales
        Assert.Equal(78_052, network.parameters().Sum(p => p.numel()));
    }

    [Fact]
    public void ConversionChangesNoStateAndItsTensorsOutliveTheCallersScope()
    {
        var network = new ResNet(8, 10, 4);
        string before = TinyProblem.Fingerprint(network);
        ApproxModel model;
        using (NewDisposeScope())
        {
            model = ApproxModel.Convert(network, Signed, 3, 32, 32);
        }

        using (model)
        {
            Assert.All(model.Layers, l => Assert.Equal(0.1f, l.Sigma.item<float>()));
            Assert.All(model.Layers, l => Assert.Throws<InvalidOperationException>(() => l.ActivationParameters));
            Assert.All(model.Layers, l => Assert.IsType<FloatArithmetic>(l.Arithmetic));
            using var plain = new ResNet(8, 10, 4);
            Assert.Equal(before, TinyProblem.Fingerprint(plain));
            foreach (var (name, value) in plain.state_dict())
            {
                Assert.Equal(TinyProblem.Bytes(value), TinyProblem.Bytes(network.state_dict()[name]));
            }
        }
    }

    [Fact]
    public void SequentialRunsTheNewLayers()
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        using var model = TinyProblem.Model(1);
        Assert.Equal(["conv", "fc"], model.Layers.Select(l => l.Path));
        TinyProblem.Observe(model);
        var x = TinyProblem.Batch();
        model.Network.eval();
        var quantized = model.Network.call(x);
        model.UseFloat();
        var plain = model.Network.call(x);
        Assert.Equal([20, 2], plain.shape);
        Assert.NotEqual(TinyProblem.Bytes(plain), TinyProblem.Bytes(quantized));
    }

    [Fact]
    public void FieldOfTypeConv2dIsAClearError()
    {
        using var network = new Rigid();
        string message = Assert.Throws<ArgumentException>(() => ApproxModel.Convert(network, Signed, 3, 8, 8)).Message;
        Assert.Contains("'conv'", message);
        Assert.Contains("Conv2d", message);
        Assert.Contains("Module<Tensor, Tensor>", message);
    }

    [Fact]
    public void NothingToConvertIsAnError()
    {
        using var network = nn.Sequential(nn.ReLU());
        Assert.Contains("no Conv2d", Assert.Throws<ArgumentException>(() => ApproxModel.Convert(network, Signed, 3, 8, 8)).Message);
    }

    [Fact]
    public void OtherPaddingThanZerosIsAnError()
    {
        using var network = nn.Sequential(("c", nn.Conv2d(3, 4, 3, padding: 1, padding_mode: TorchSharp.PaddingModes.Circular)));
        Assert.Contains("'c'", Assert.Throws<ArgumentException>(() => ApproxModel.Convert(network, Signed, 3, 8, 8)).Message);
    }

    [Fact]
    public void AssignmentSetsMultipliers()
    {
        using var model = TinyProblem.Model(1);
        Assert.Contains("'conv'", Assert.Throws<InvalidOperationException>(() => model.Assignment).Message);
        Multiplier a = MultiplierFamilies.Exact(Signedness.Signed), b = MultiplierFamilies.Truncated(Signedness.Signed, 6);
        model.Use(new Assignment([a, b], model.Opcounts));
        Assert.Equal([a, b], model.Assignment.Multipliers);
        Assert.All(model.Layers, l => Assert.IsType<ApproximateArithmetic>(l.Arithmetic));
        Assert.Equal($"{a.Name}, {b.Name}", model.Assignment.ToString());
        Assert.Equal(model.Opcounts, model.Assignment.Opcounts);
        Assert.Equal([b, b, b], Assignment.Uniform(b, [1, 2, 3]).Multipliers);
    }

    [Fact]
    public void AssignmentThatDoesNotFitIsAnError()
    {
        using var model = TinyProblem.Model(1);
        var exact = MultiplierFamilies.Exact(Signedness.Signed);
        Assert.Contains("found 3", Assert.Throws<ArgumentException>(() => model.Use(Assignment.Uniform(exact, [1, 1, 1]))).Message);
        Assert.Contains("found 2 layers of the opcounts 1, 1", Assert.Throws<ArgumentException>(() => model.Use(Assignment.Uniform(exact, [1, 1]))).Message);
        var mixed = new Assignment([exact, MultiplierFamilies.Exact(Signedness.Unsigned)], model.Opcounts);
        Assert.Contains("'fc'", Assert.Throws<ArgumentException>(() => model.Use(mixed)).Message);
    }

    [Fact]
    public void RelativePowerIsTheOpcountsAverage()
    {
        static Multiplier Costs(double power) => Multiplier.FromFunction($"m{power}", Signedness.Signed, (x, w) => x * w, power, "test");
        Multiplier[] multipliers = [Costs(1), Costs(0.5), Costs(0.25)];
        var assignment = new Assignment(multipliers, [100, 300, 600]);
        Assert.Equal((100 + (0.5 * 300) + (0.25 * 600)) / 1000, assignment.RelativePower, 1e-12);
        Assert.Equal(1 - assignment.RelativePower, assignment.Savings);
        Assert.Equal(1, Assignment.Uniform(Costs(1), [1, 2]).RelativePower);
        Assert.Contains("3 multipliers", Assert.Throws<ArgumentException>(() => new Assignment(multipliers, [1, 2])).Message);
        Assert.Throws<ArgumentException>(() => new Assignment(multipliers, [0, 0, 0]));
        Assert.Throws<ArgumentException>(() => new Assignment(multipliers, [1, 3, -2]));
        Assert.Throws<ArgumentException>(() => Assignment.Uniform(Costs(1), []));
    }

    private sealed class Rigid : nn.Module<Tensor, Tensor>
    {
        private readonly Conv2d conv = nn.Conv2d(3, 4, 3);

        public Rigid()
            : base(nameof(Rigid)) => RegisterComponents();

        public override Tensor forward(Tensor input) => conv.call(input);
    }
}
