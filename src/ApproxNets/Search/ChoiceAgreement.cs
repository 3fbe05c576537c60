using ApproxNets.ErrorModels;

namespace ApproxNets.Search;

/// <summary>
/// How often an error model leads to the multiplier that the truth would, which is what counts in the end. A choice is that of
/// <see cref="Matching"/> for one layer and one tolerance <c>f |sigma_l|</c>.
/// </summary>
/// <param name="Model">Name of the model.</param>
/// <param name="Rows">The choices of all layers at one factor f each.</param>
public sealed record ChoiceAgreement(string Model, IReadOnlyList<ChoiceAgreement.Row> Rows)
{
    /// <summary>Share of all choices, over layers and factors, that are the same as by the truth, 0..1.</summary>
    public double SameChoice => (double)Rows.Sum(r => r.Same) / Rows.Sum(r => r.Layers);

    /// <summary>Share of all choices whose true error exceeds the tolerance, 0..1.</summary>
    public double Exceeding => (double)Rows.Sum(r => r.Exceeding) / Rows.Sum(r => r.Layers);

    /// <summary>The choices at one factor.</summary>
    /// <param name="Factor">Factor f of the tolerances.</param>
    /// <param name="Layers">Number of choices.</param>
    /// <param name="Same">Choices that are the same multiplier as by the truth.</param>
    /// <param name="Exceeding">Choices whose true error exceeds the tolerance: the model was too bold.</param>
    /// <param name="RelativePower">Relative power of the model's assignment.</param>
    /// <param name="TrueRelativePower">Relative power of the assignment by the truth.</param>
    public sealed record Row(double Factor, int Layers, int Same, int Exceeding, double RelativePower, double TrueRelativePower);

    /// <summary>Matches by prediction and by truth at every factor and compares the choices.</summary>
    /// <param name="predicted">Errors by the model.</param>
    /// <param name="truth">Errors by behavioural simulation, of the same layers and multipliers.</param>
    /// <param name="sigmas">|sigma_l| per layer; equal ones for a model that was not searched.</param>
    /// <param name="factors">The factors f of the tolerances, &gt; 0; several octaves show more than one.</param>
    /// <exception cref="ArgumentException">There is no layer or factor, a factor is not positive, or the tables are of other layers or
    /// multipliers.</exception>
    public static ChoiceAgreement Of(
        ErrorTable predicted, ErrorTable truth, IReadOnlyList<double> sigmas, IReadOnlyList<double> factors)
    {
        if (predicted.Samples.Count == 0 || factors.Count == 0 || factors.Any(f => !(f > 0) || !double.IsFinite(f)))
        {
            throw new ArgumentException(
                $"Agreement of choices: found {predicted.Samples.Count} layers and the factors {string.Join(", ", factors)}, "
                + "expected at least one of each and factors above 0.", nameof(factors));
        }

        return new ChoiceAgreement(predicted.Model, [.. factors.Select(factor =>
        {
            double[] scaled = [.. sigmas.Select(s => factor * s)];
            var byModel = Matching.Match(predicted, scaled, truth);
            var byTruth = Matching.Match(truth, scaled);
            return new Row(
                factor, byModel.Count,
                byModel.Zip(byTruth).Count(p => p.First.Multiplier == p.Second.Multiplier),
                byModel.Count(m => m.True!.Value.StandardDeviation > m.Tolerance),
                byModel.ToAssignment().RelativePower,
                byTruth.ToAssignment().RelativePower);
        })]);
    }
}
