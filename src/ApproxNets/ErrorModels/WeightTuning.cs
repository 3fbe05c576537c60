using ApproxNets.Layers;
using ApproxNets.Multipliers;

namespace ApproxNets.ErrorModels;

/// <summary>
/// Tunes the weights of multipliers to the operands of every layer (<see cref="Multiplier.TunedFor"/>). Searches assign multipliers of a
/// library, that is circuits, and their power; what a layer then computes with is the circuit's table with weights tuned to the layer.
/// Deterministic.
/// </summary>
/// <param name="samples">One sample per layer, of the network that the multipliers are for; training may go on afterwards with the
/// tables as they are.</param>
/// <param name="scaled">Whether tuned multipliers may have a scale other than 1.</param>
public sealed class WeightTuning(IReadOnlyList<LayerSample> samples, bool scaled = true)
{
    private readonly (double[] Activations, double[] Weights)[] _distributions =
        [.. samples.Select(s => (s.ActivationDistribution, s.WeightDistribution))];

    // A search measures many assignments of few multipliers.
    private readonly Dictionary<(int Layer, Multiplier Multiplier), Multiplier> _assigned = [];

    /// <summary>Makes what a layer computes with: the multiplier with weights tuned to the layer; itself where it is exact or tuned
    /// already.</summary>
    /// <param name="layer">Index of the layer.</param>
    /// <param name="multiplier">The multiplier.</param>
    /// <exception cref="ArgumentException">The multiplier's signedness is not the layer's.</exception>
    public Multiplier this[int layer, Multiplier multiplier]
    {
        get
        {
            samples[layer].Check(multiplier);
            var (activations, weights) = _distributions[layer];
            return multiplier.IsExact || !multiplier.WeightCodes.IsEmpty ? multiplier : multiplier.TunedFor(activations, weights, scaled);
        }
    }

    /// <summary>Makes the assignment that the layers compute with; names, power and savings are the same.</summary>
    /// <param name="assignment">One multiplier per layer.</param>
    /// <exception cref="ArgumentException">The number of layers or a signedness differs.</exception>
    public Assignment Of(Assignment assignment)
    {
        if (assignment.Multipliers.Count != samples.Count)
        {
            throw new ArgumentException(
                $"Weight tuning: found an assignment of {assignment.Multipliers.Count} layers, expected {samples.Count}.", nameof(assignment));
        }

        return new Assignment(
            [.. assignment.Multipliers.Select((m, l) => _assigned.TryGetValue((l, m), out var known) ? known : _assigned[(l, m)] = this[l, m])],
            assignment.Opcounts);
    }
}
