namespace ApproxNets.Search;

/// <summary>Settings of <see cref="Nsga2Search"/>.</summary>
/// <param name="Population">Assignments of one generation, &gt;= 4.</param>
/// <param name="CrossoverProbability">Chance that a child mixes two parents, 0..1; otherwise it copies one.</param>
/// <param name="MutationProbability">Chance of a layer of a child to get another multiplier, 0..1; null for 1 / layers.</param>
/// <param name="StallGenerations">Ends the search after so many generations in which nothing new was measured, &gt;= 1.</param>
public sealed record Nsga2Options(
    int Population = 50, double CrossoverProbability = 0.9, double? MutationProbability = null, int StallGenerations = 50)
{
    internal void Validate()
    {
        if (Population < 4 || !(CrossoverProbability is >= 0 and <= 1) || MutationProbability is not (null or (>= 0 and <= 1))
            || StallGenerations < 1)
        {
            throw new ArgumentException(
                $"NSGA-II: found {this}, expected a population of at least 4, probabilities of 0..1 and at least one stall generation.");
        }
    }
}
