using ApproxNets.ErrorModels;

namespace ApproxNets.Circuits;

/// <summary>A multiplier and the circuit that it is the table of.</summary>
/// <param name="Multiplier">Name, table, power, area and delay.</param>
/// <param name="Netlist">The circuit. With operands of fewer than 8 bits it multiplies the upper bits (<see cref="Netlist.Widened"/>).
/// </param>
public sealed record MultiplierCircuit(Multiplier Multiplier, Netlist Netlist)
{
    /// <summary>The multiplier's name.</summary>
    public string Name => Multiplier.Name;

    /// <summary>The multiplier's power relative to the exact one of its signedness.</summary>
    public double RelativePower => Multiplier.RelativePower;

    /// <summary>The multiplier's product table in numeric order.</summary>
    public ReadOnlyMemory<int> Products => Multiplier.Products;

    /// <summary>The product of two operand values.</summary>
    public int this[int x, int w] => Multiplier[x, w];

    /// <inheritdoc/>
    public override string ToString() => Multiplier.ToString();

    /// <summary>The multiplier alone.</summary>
    public static implicit operator Multiplier(MultiplierCircuit circuit) => circuit.Multiplier;
}

/// <summary>The power of multipliers under the operands of a layer.</summary>
public static class LayerPower
{
    /// <summary>
    /// Estimates the power of a circuit relative to the exact array, both under the operands of this layer instead of uniform ones
    /// (<see cref="CircuitCost"/>): activations are far from uniform, and a gate that does not switch costs little.
    /// </summary>
    /// <param name="layer">The layer's operands.</param>
    /// <param name="circuit">The circuit of a multiplier of the layer's signedness.</param>
    /// <exception cref="ArgumentException">The signedness differs.</exception>
    public static double RelativePower(this LayerSample layer, MultiplierCircuit circuit)
    {
        Check(layer, circuit);
        return CircuitCost.RelativePower(
            circuit.Netlist.Widened(), layer.Scheme, layer.ActivationDistribution, layer.WeightDistribution);
    }

    /// <summary>The same for a multiplier whose circuit is looked for among the shipped ones: <see cref="ShippedCircuits.Find"/>.
    /// </summary>
    /// <param name="layer">The layer's operands.</param>
    /// <param name="multiplier">The multiplier, of the layer's signedness.</param>
    /// <returns>The relative power; null for a multiplier without a shipped circuit.</returns>
    /// <exception cref="ArgumentException">The signedness differs.</exception>
    public static double? RelativePower(this LayerSample layer, Multiplier multiplier)
    {
        Check(layer, multiplier);
        return ShippedCircuits.Find(multiplier) is { } circuit ? layer.RelativePower(circuit) : null;
    }

    private static void Check(LayerSample layer, Multiplier multiplier)
    {
        if (multiplier.Signedness != layer.Scheme)
        {
            throw new ArgumentException(
                $"Layer '{layer.Path}': found {multiplier.Signedness} multiplier '{multiplier.Name}', expected a {layer.Scheme} one.",
                nameof(multiplier));
        }
    }
}
