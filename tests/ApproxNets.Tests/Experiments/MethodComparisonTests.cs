using ApproxNets.Experiments;
using ApproxNets.Layers;
using ApproxNets.Multipliers;
using ApproxNets.Search;
using Xunit;

namespace ApproxNets.Tests.Experiments;

public sealed class MethodComparisonTests : IDisposable
{
    private static readonly MultiplierLibrary Library = MultiplierLibrary.Open(MultiplierLibrary.BuiltIn, Signedness.Signed);

    private readonly string _folder = Directory.CreateTempSubdirectory("approxnets-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void AllMethodsShareTheBudgetAndAFinishedComparisonIsRead()
    {
        string[] methods = ["agn", "agn-bias", "agn-measured", "agn-savings", "exact", "uniform", "greedy", "nsga2", "random"];
        var first = Run(methods);
        Assert.Equal(methods, first.Select(r => r.Method).Distinct());
        Assert.All(first, r => Assert.Equal(2, r.TrainingEpochs)); // one of search and one of retraining, or two of retraining
        Assert.All(first, r => Assert.Equal(5, r.Multipliers.Count));
        Assert.All(first, r => Assert.InRange(r.Savings, 0, 1));
        Assert.All(first, r => Assert.InRange(r.Top1!.Value, 0, 100));
        Assert.All(first, r => Assert.Null(r.Top1NewStatistics)); // LeNet5 has no batch normalisation
        Assert.All(first, r => Assert.Equal(r.Lambda is null, r.Method is "uniform" or "greedy" or "nsga2" or "random"));

        // The integer program has the matching's degradation at its disposal, and the uniform assignment was asked for its savings.
        var agn = first.Single(r => r.Method == "agn");
        Assert.True(first.Single(r => r.Method == "exact").Savings >= agn.Savings - 1e-9);
        Assert.True(first.Single(r => r.Method == "uniform").Savings >= agn.Savings - 1e-9);
        Assert.InRange(first.Single(r => r.Method == "agn-savings").Savings, 0.6 - 1e-9, 0.7);
        Assert.All(first, r => Assert.Equal(r.Method == "agn-savings" ? 0.6 : null, r.Target));

        string[] files = [.. Directory.GetFiles(_folder).Order()];
        var again = Run(methods);
        Assert.Equal(files, Directory.GetFiles(_folder).Order());
        static (string, double, double, double?) Plain(AssignmentResult r) => (r.Method, r.Savings, r.Top1BeforeRetraining, r.Top1);
        Assert.Equal(first.Select(Plain), again.Select(Plain));
    }

    [Fact]
    public void AMethodOfOnesOwnIsAFunction()
    {
        // The cheapest multiplier whose error is at most a tenth of the output's spread: by errors, without a search.
        var tenth = new AssignmentMethod(
            "tenth", c => Matching.Match(c.Predicted, [.. c.Opcounts.Select(_ => 0.1)]).ToAssignment(), MethodInputs.None);

        // A search by measured accuracy: of three multipliers the one that keeps most, in all layers.
        int calls = 0;
        var best = new AssignmentMethod(
            "best of three",
            c =>
            {
                calls++;
                return c.Library.Multipliers.Take(3).Select(m => Assignment.Uniform(m, c.Opcounts)).MaxBy(c.Accuracy);
            },
            MethodInputs.None);
        var results = Run(["agn"], tenth, best);
        Assert.Equal(["agn", "tenth", "best of three"], results.Select(r => r.Method));
        Assert.Equal([0, 0, 3], results.Select(r => r.Evaluations));
        Assert.All(results, r => Assert.Equal(2, r.TrainingEpochs));

        // Its name does not say what it does, so it is called again and never found under its name.
        Run([], best);
        Assert.Equal(2, calls);
    }

    [Fact]
    public void TunedWeightsAreStagesOfTheirOwnUnderTheNamesOfTheCircuits()
    {
        string[] methods = ["agn", "uniform", "greedy"];
        var plain = Run(methods);
        string[] before = [.. Directory.GetFiles(_folder).Order()];
        var tuned = RunTuned();
        string[] after = [.. Directory.GetFiles(_folder).Except(before).Select(f => Path.GetFileName(f).Split('-')[0]).Order().Distinct()];
        Assert.Equal(["greedy", "retrained"], after);
        Assert.All(tuned, r =>
        {
            var assignment = new Assignment([.. r.Multipliers.Select(name => Library[name])], Experiment().Quantized().Model.Opcounts);
            Assert.Equal(assignment.Savings, r.Savings, 1e-12);
        });

        // Retraining, uniform rows and operating points tune what they are given, once.
        var experiment = Experiment();
        experiment = experiment.With(experiment.Recipe with { TunedWeights = true });
        var quantized = experiment.Quantized();
        var cheapest = Assignment.Uniform(Library.Multipliers.MinBy(m => m.RelativePower)!, quantized.Model.Opcounts);
        var given = experiment.Retrained(quantized.Stage, cheapest);
        Assert.All(given.Model.Assignment.Multipliers, m => Assert.False(m.WeightCodes.IsEmpty));
        Assert.Equal(given.Stage.Name, experiment.Retrained(quantized.Stage, experiment.Tuning(quantized.Model)!.Of(cheapest)).Stage.Name);
        Assert.NotEqual(given.Stage.Name, Experiment().Retrained(quantized.Stage, cheapest).Stage.Name);

        string[] files = [.. Directory.GetFiles(_folder).Order()];
        Assert.Equal(tuned.Select(r => (r.Method, r.Savings, r.Top1)), RunTuned().Select(r => (r.Method, r.Savings, r.Top1)));
        Assert.Equal(plain.Select(r => (r.Method, r.Savings, r.Top1)), Run(methods).Select(r => (r.Method, r.Savings, r.Top1)));
        Assert.Equal(files, Directory.GetFiles(_folder).Order());

        List<AssignmentResult> RunTuned()
        {
            var opened = Experiment();
            return [.. opened.With(opened.Recipe with { TunedWeights = true }).Compare(
                [.. methods.Select(AssignmentMethods.Named)], new([1], [1], 8, 32))];
        }
    }

    [Fact]
    public void UnknownMethodIsAnError() =>
        Assert.Contains("'annealing'", Assert.Throws<ArgumentException>(() => Run(["annealing"])).Message);

    [Fact]
    public void UniformNeedsAMethodToMatch() =>
        Assert.Contains("'uniform' first", Assert.Throws<ArgumentException>(() => Run(["uniform", "agn"])).Message);

    [Fact]
    public void UniformRowsMeasureEveryWayOfRetraining()
    {
        var multiplier = Library.Multipliers.Where(m => !m.IsExact).MinBy(m => m.RelativePower)!;
        var row = UniformComparison.Rows(Experiment(), [multiplier], differences: true).Single();
        Assert.Equal((multiplier.Name, 1 - multiplier.RelativePower), (row.Multiplier, row.Savings));
        Assert.True(row.PredictedDeviation > 0);
        double[] all = [row.BeforeRetraining, row.Behavioural, row.BehaviouralDifference!.Value, row.Gaussian, row.AccurateOnly];
        Assert.All(all, accuracy => Assert.InRange(accuracy, 0, 100));
        Assert.Single(Directory.GetFiles(_folder, "noise-*"));
        Assert.Single(Directory.GetFiles(_folder, "exact-*"));
        Assert.Equal(2, Directory.GetFiles(_folder, "retrained-*").Length);
    }

    private List<AssignmentResult> Run(string[] methods, params AssignmentMethod[] own) => [.. Experiment().Compare(
        [.. methods.Select(AssignmentMethods.Named), .. own], new([1], [1], 8, 32) { Savings = [0.6] })];

    private Experiment Experiment() => SmokeExperiment.Open(_folder);
}
