using ApproxNets.Data;
using ApproxNets.Layers;
using ApproxNets.Models;
using ApproxNets.Multipliers;
using ApproxNets.Search;
using ApproxNets.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ApproxNets.Benchmarks;

/// <summary>A network in one mode with random images, labels and an optimiser, and one step of its training.</summary>
internal sealed class TrainingStep : IDisposable
{
    private const int Classes = 10;

    private readonly ApproxModel _model;
    private readonly SGD _optimizer;
    private readonly Tensor _images;
    private readonly Tensor _labels;
    private readonly BatchStep _gradients;
    private int _steps;

    public TrainingStep(int depth, string mode, bool reduced, Multiplier multiplier, TrainBenchmarkOptions options)
    {
        using var generator = new Generator((ulong)options.Seed);
        _model = ApproxModel.Convert(new ResNet(depth, Classes, options.Seed), new QuantizationOptions(Signedness.Signed), 3, 32, 32);
        var assignment = Assignment.Uniform(multiplier, _model.Opcounts);
        Action use = mode switch
        {
            "Float" => _model.UseFloat,
            "Quantized" => _model.UseQuantized,
            "Noise" => () => _model.UseNoise(0),
            "Approximate" => () => _model.Use(assignment),
            "Surrogate" => () => _model.UseSurrogate(assignment),
            _ => throw new ArgumentException(
                $"Training benchmark: found the mode '{mode}', expected one of {string.Join(", ", TrainBenchmark.Modes)}.", nameof(mode)),
        };
        use();
        _model.Network.train();
        _images = randn([options.Batch, 3, 32, 32], generator: generator);
        if (reduced)
        {
            _images = _images.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
            foreach (var layer in _model.Layers)
            {
                layer.Precision = Precision.Fastest;
            }
        }

        _labels = randint(0, Classes, [options.Batch], dtype: ScalarType.Int64, generator: generator);
        _optimizer = optim.SGD(_model.Network.parameters(), 0.01, momentum: 0.9, weight_decay: 1e-4, nesterov: true);
        _gradients = mode == "Noise" ? NoiseGradients : Trainer.CrossEntropyStep(_model.Network);
    }

    public void Run()
    {
        using var scope = NewDisposeScope();
        _optimizer.zero_grad();
        var (loss, _) = _gradients(new Batch(_images, _labels), _steps++);
        if (!double.IsFinite(loss))
        {
            throw new ArithmeticException($"Benchmark: found a loss of {loss}, expected a finite number.");
        }

        _optimizer.step();
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        _model.Dispose();
        _images.Dispose();
        _labels.Dispose();
    }

    // The step of AgnSearch: noise drawn anew, and its reward in the loss.
    private (double Loss, double Correct) NoiseGradients(Batch batch, int step)
    {
        _model.UseNoise((long)step << 10);
        var logits = _model.Network.call(batch.Images);
        using Scalar lambda = 0.3;
        var loss = functional.cross_entropy(logits, batch.Labels).sub(AgnSearch.NoiseReward(_model, 0.5).mul(lambda));
        loss.backward();
        return (loss.item<float>(), logits.detach().argmax(1).eq(batch.Labels).sum().item<long>());
    }
}
