using ApproxNets.Multipliers;

namespace ApproxNets.Layers;

/// <summary>A heterogeneous assignment: one multiplier per layer, in the order of <see cref="ApproxModel.Layers"/>.</summary>
/// <param name="Multipliers">The multipliers.</param>
public sealed record Assignment(IReadOnlyList<Multiplier> Multipliers)
{
    /// <summary>The assignment of one multiplier to all layers.</summary>
    /// <param name="multiplier">The multiplier.</param>
    /// <param name="layers">Number of layers.</param>
    public static Assignment Uniform(Multiplier multiplier, int layers) => new([.. Enumerable.Repeat(multiplier, layers)]);

    /// <summary>Computes the relative power <c>sum_l c_l P(m_l) / sum_l c_l P(exact)</c>; savings are one minus this.</summary>
    /// <param name="opcounts">Opcount c_l of every layer.</param>
    /// <exception cref="ArgumentException">The number of opcounts is not that of the layers, or no layer multiplies.</exception>
    public double RelativePower(IReadOnlyList<long> opcounts)
    {
        if (opcounts.Count != Multipliers.Count || opcounts.Sum() <= 0)
        {
            throw new ArgumentException(
                $"Assignment: found {opcounts.Count} opcounts with the sum {opcounts.Sum()}, "
                + $"expected {Multipliers.Count} with a positive one.", nameof(opcounts));
        }

        return opcounts.Zip(Multipliers, (c, m) => c * m.RelativePower).Sum() / opcounts.Sum();
    }

    /// <summary>Names in the order of the layers.</summary>
    public override string ToString() => string.Join(", ", Multipliers.Select(m => m.Name));
}
