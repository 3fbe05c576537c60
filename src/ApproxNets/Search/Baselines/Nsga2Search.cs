namespace ApproxNets.Search.Baselines;

/// <summary>
/// Multi-objective genetic search over assignments, as in ALWANN (Mrazek, Vasicek, Sekanina, Hanif, Shafique, ICCAD 2019), by NSGA-II
/// (Deb, Pratap, Agarwal, Meyarivan, IEEE Trans. Evolutionary Computation 6(2), 2002): a chromosome is one multiplier per layer, the
/// objectives are relative power and lost accuracy, both minimised.
/// </summary>
/// <remarks>Fast non-dominated sort, crowding distance, binary tournament, uniform crossover, mutation to any other multiplier. The first
/// generation is up to half homogeneous assignments, spread over the library by power, else random. Equal chromosomes are kept once.</remarks>
public static class Nsga2Search
{
    /// <summary>Searches until the budget is used up, all assignments are measured or the search stalls.</summary>
    /// <param name="problem">Layers, multipliers and measurement of accuracy.</param>
    /// <param name="options">Population and probabilities.</param>
    /// <param name="budget">Measurements of accuracy at most, &gt;= 1; a generation costs at most its population.</param>
    /// <param name="seed">Seed of the search.</param>
    /// <param name="progress">Receives a report after every measurement.</param>
    /// <param name="cancellation">Stops between two measurements.</param>
    /// <returns>The Pareto front of everything measured.</returns>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="OperationCanceledException">The search was cancelled.</exception>
    public static SearchResult Run(
        AssignmentProblem problem, Nsga2Options options, int budget, int seed, IProgress<SearchProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        options.Validate();
        var evaluator = new AssignmentEvaluator(problem, budget, progress, cancellation);
        var random = new Random(seed);
        List<Individual> population = [];
        Add(population, First(evaluator, options.Population, random), evaluator);
        Select(population, options.Population);
        for (int stalled = 0; !evaluator.IsExhausted && stalled < options.StallGenerations;)
        {
            int before = evaluator.Points.Count;
            var children = Enumerable.Range(0, options.Population).Select(_ => Child(population, options, evaluator.Multipliers, random));
            Add(population, [.. children], evaluator);
            Select(population, options.Population);
            stalled = evaluator.Points.Count == before ? stalled + 1 : 0;
        }

        return evaluator.Result("nsga-ii", SearchPoint.Front(evaluator.Points));
    }

    private static List<int[]> First(AssignmentEvaluator evaluator, int count, Random random)
    {
        int uniform = Math.Min(evaluator.Multipliers, count / 2);
        return [.. Enumerable.Range(0, count).Select(i => i < uniform
            ? Enumerable.Repeat(uniform == 1 ? 0 : i * (evaluator.Multipliers - 1) / (uniform - 1), evaluator.Layers).ToArray()
            : [.. Enumerable.Range(0, evaluator.Layers).Select(_ => random.Next(evaluator.Multipliers))])];
    }

    /// <summary>Measures what is not in the population yet, while the budget lasts.</summary>
    private static void Add(List<Individual> population, List<int[]> candidates, AssignmentEvaluator evaluator)
    {
        var keys = population.Select(i => AssignmentEvaluator.Key(i.Genes)).ToHashSet();
        foreach (int[] genes in candidates)
        {
            if (keys.Add(AssignmentEvaluator.Key(genes)) && evaluator.Evaluate(genes) is { } point)
            {
                population.Add(new Individual(genes, point.RelativePower, 1 - point.Accuracy));
            }
        }
    }

    private static int[] Child(List<Individual> population, Nsga2Options options, int multipliers, Random random)
    {
        int[] child = [.. Tournament().Genes];
        if (random.NextDouble() < options.CrossoverProbability)
        {
            int[] other = Tournament().Genes;
            for (int l = 0; l < child.Length; l++)
            {
                child[l] = random.Next(2) == 0 ? child[l] : other[l];
            }
        }

        for (int l = 0; l < child.Length && multipliers > 1; l++)
        {
            if (random.NextDouble() < (options.MutationProbability ?? 1.0 / child.Length))
            {
                child[l] = (child[l] + 1 + random.Next(multipliers - 1)) % multipliers;
            }
        }

        return child;

        Individual Tournament()
        {
            var (a, b) = (population[random.Next(population.Count)], population[random.Next(population.Count)]);
            return b.Rank < a.Rank || (b.Rank == a.Rank && b.Crowding > a.Crowding) ? b : a;
        }
    }

    /// <summary>Ranks the population and keeps the best: whole fronts, of the last one those in the least crowded places.</summary>
    private static void Select(List<Individual> population, int count)
    {
        var kept = new List<Individual>();
        foreach (var front in Fronts(population))
        {
            Crowd(front);
            kept.AddRange(front.OrderByDescending(i => i.Crowding).Take(count - kept.Count));
        }

        population.Clear();
        population.AddRange(kept);
    }

    /// <summary>Fast non-dominated sort: the fronts, best first; sets the ranks.</summary>
    private static List<List<Individual>> Fronts(List<Individual> population)
    {
        var dominated = population.Select(a => population.Where(b => Dominates(a, b)).ToList()).ToList();
        var dominators = population.ToDictionary(a => a, _ => 0);
        foreach (var b in dominated.SelectMany(d => d))
        {
            dominators[b]++;
        }

        var index = population.Index().ToDictionary(p => p.Item, p => p.Index);
        var fronts = new List<List<Individual>>();
        for (var front = population.Where(a => dominators[a] == 0).ToList(); front.Count > 0;)
        {
            fronts.Add(front);
            var next = new List<Individual>();
            foreach (var a in front)
            {
                a.Rank = fronts.Count;
                next.AddRange(dominated[index[a]].Where(b => --dominators[b] == 0));
            }

            front = next;
        }

        return fronts;
    }

    /// <summary>Sets the crowding distance: the sum, over the objectives, of the distance of the two neighbours in the front.</summary>
    private static void Crowd(List<Individual> front)
    {
        front.ForEach(i => i.Crowding = 0);
        foreach (Func<Individual, double> objective in (Func<Individual, double>[])[i => i.Power, i => i.Loss])
        {
            var sorted = front.OrderBy(objective).ToList();
            double range = objective(sorted[^1]) - objective(sorted[0]);
            sorted[0].Crowding = sorted[^1].Crowding = double.PositiveInfinity;
            for (int i = 1; i < sorted.Count - 1 && range > 0; i++)
            {
                sorted[i].Crowding += (objective(sorted[i + 1]) - objective(sorted[i - 1])) / range;
            }
        }
    }

    private static bool Dominates(Individual a, Individual b) =>
        a.Power <= b.Power && a.Loss <= b.Loss && (a.Power < b.Power || a.Loss < b.Loss);

    private sealed class Individual(int[] genes, double power, double loss)
    {
        public int[] Genes => genes;

        public double Power => power;

        public double Loss => loss;

        public int Rank { get; set; }

        public double Crowding { get; set; }
    }
}

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
