using ApproxNets.Multipliers;

namespace ApproxNets.Layers;

/// <summary>A heterogeneous assignment: one multiplier per layer, in the order of <see cref="ApproxModel.Layers"/>, and what each costs.</summary>
public sealed record Assignment
{
    /// <summary>Makes an assignment.</summary>
    /// <param name="multipliers">One multiplier per layer.</param>
    /// <param name="opcounts">Opcount c_l of every layer, such as <see cref="ApproxModel.Opcounts"/>.</param>
    /// <exception cref="ArgumentException">There are not as many opcounts as multipliers, one is negative, or all are zero.</exception>
    public Assignment(IReadOnlyList<Multiplier> multipliers, IReadOnlyList<long> opcounts)
    {
        if (opcounts.Count != multipliers.Count || opcounts.Any(c => c < 0) || opcounts.Sum() == 0)
        {
            throw new ArgumentException(
                $"Assignment: found {multipliers.Count} multipliers and the opcounts [{string.Join(", ", opcounts)}], "
                + "expected one opcount >= 0 for every multiplier and a positive sum.", nameof(opcounts));
        }

        (Multipliers, Opcounts) = (multipliers, opcounts);
        RelativePower = opcounts.Zip(multipliers, (c, m) => c * m.RelativePower).Sum() / opcounts.Sum();
    }

    /// <summary>One multiplier per layer.</summary>
    public IReadOnlyList<Multiplier> Multipliers { get; }

    /// <summary>Opcount c_l of every layer.</summary>
    public IReadOnlyList<long> Opcounts { get; }

    /// <summary>The relative power <c>sum_l c_l P(m_l) / sum_l c_l P(exact)</c>, summed in the order of the layers.</summary>
    public double RelativePower { get; }

    /// <summary>One minus the relative power.</summary>
    public double Savings => 1 - RelativePower;

    /// <summary>Makes the assignment of one multiplier to all layers.</summary>
    /// <param name="multiplier">The multiplier.</param>
    /// <param name="opcounts">Opcount c_l of every layer.</param>
    /// <exception cref="ArgumentException">There is no opcount, one is negative, or all are zero.</exception>
    public static Assignment Uniform(Multiplier multiplier, IReadOnlyList<long> opcounts) =>
        new([.. Enumerable.Repeat(multiplier, opcounts.Count)], opcounts);

    /// <summary>Names in the order of the layers.</summary>
    public override string ToString() => string.Join(", ", Multipliers.Select(m => m.Name));
}
