using ApproxNets.Multipliers;

namespace ApproxNets.ErrorModels;

/// <summary>Predicts the error that a multiplier causes at the output of a layer.</summary>
public interface IErrorModel
{
    /// <summary>Short name for tables and results.</summary>
    string Name { get; }

    /// <summary>Computes mean and standard deviation of a layer's output error under a multiplier.</summary>
    /// <param name="multiplier">The multiplier, of the layer's signedness.</param>
    /// <param name="sample">Operands of the layer on sample data.</param>
    /// <exception cref="ArgumentException">The signedness differs.</exception>
    ErrorEstimate Estimate(Multiplier multiplier, LayerSample sample);
}
