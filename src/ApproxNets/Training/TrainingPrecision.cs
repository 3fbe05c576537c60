using ApproxNets.Layers;
using static TorchSharp.torch;

namespace ApproxNets.Training;

/// <summary>Sets the precision of a model's layers while it lives.</summary>
internal sealed class TrainingPrecision : IDisposable
{
    private readonly (ApproxLayer Layer, Precision Before)[] _layers;

    /// <summary>Sets the precision.</summary>
    /// <exception cref="ArgumentException">The precision is reduced and the model has no <see cref="ApproxLayer"/>.</exception>
    public TrainingPrecision(nn.Module model, Precision precision)
    {
        Used = precision.Resolved();
        _layers = [.. model.modules().OfType<ApproxLayer>().Select(layer => (layer, layer.Precision))];
        if (_layers.Length == 0 && Used != Precision.Float32)
        {
            throw new ArgumentException(
                $"Training in {Used}: found no ApproxLayer in {model.GetName()}, expected some; ApproxModel.Convert makes them.");
        }

        foreach (var (layer, _) in _layers)
        {
            layer.Precision = Used;
        }
    }

    /// <summary>The precision that the layers were given.</summary>
    public Precision Used { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (layer, before) in _layers)
        {
            layer.Precision = before;
        }
    }
}
