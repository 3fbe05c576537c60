using ApproxNets.Layers;
using ApproxNets.Multipliers;
using ApproxNets.Search;
using ApproxNets.Tests.Training;
using ApproxNets.Training;
using Xunit;

#pragma warning disable xUnit1051 // the calls last milliseconds, and those that are cancelled have tokens of their own
namespace ApproxNets.Tests.Search;

public sealed class AgnStoppingTests
{
    // Changes of 50, 10, 0.9, 0.5 and 0.9 %.
    [Theory]
    [InlineData(0.01, 1, 3)]
    [InlineData(0.01, 2, 4)]
    [InlineData(0.01, 3, 5)]
    [InlineData(0.01, 4, null)]
    [InlineData(0.2, 1, 2)]
    [InlineData(0.2, 3, 4)]
    [InlineData(0.004, 1, null)]
    [InlineData(1, 5, 5)]
    public void SettledRewardStops(double tolerance, int patience, int? expected)
    {
        double[] rewards = [1, 1.5, 1.65, 1.66485, 1.6732, 1.6581];
        Assert.Equal(expected, FirstStop(new AgnStopping(tolerance, patience), [.5, .5, .5, .5, .5], rewards));
    }

    [Theory]
    [InlineData(0.15, 1, 3)]
    [InlineData(0.15, 2, 6)]
    [InlineData(0.25, 1, 6)]
    [InlineData(0.4, 1, null)]
    [InlineData(null, 1, null)]
    public void AccuracyFarBelowTheBestStops(double? drop, int patience, int? expected) => Assert.Equal(
        expected,
        FirstStop(new AgnStopping(0, patience, drop), [.5, .8, .6, .7, .6, .5], [1, 2, 3, 4, 5, 6, 7]));

    [Fact]
    public void SearchStopsWhenEverythingIsAtItsBound()
    {
        // A reward of 50 drives the scales beyond 0.2 in the first steps, and beyond it they earn nothing more.
        using var model = TinyProblem.Model(1);
        var options = new AgnOptions(50, 0.15, 0.2) { Stopping = new AgnStopping(0.01, 2) };
        var result = AgnSearch.Run(model, TinyProblem.Data(), options, TinyProblem.Options(20));
        Assert.InRange(result.Training.Epochs.Count, 2, 6);
        Assert.Equal(result.Training.Epochs.Count + 1, result.History.Count);
        Assert.All(model.Layers, l => Assert.IsType<QuantizedArithmetic>(l.Arithmetic));
        Assert.False(model.Network.training);

        // The same epochs as without stopping: the schedule is that of all 20.
        using var whole = TinyProblem.Model(1);
        var longer = AgnSearch.Run(whole, TinyProblem.Data(), options with { Stopping = null }, TinyProblem.Options(20));
        Assert.Equal(20, longer.Training.Epochs.Count);
        Assert.Equal(longer.History.Take(result.History.Count), result.History);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void InterruptedSearchStopsWhereTheUninterruptedOneDoes(int interrupted)
    {
        using var folder = new TemporaryFolder("agn-stop");
        string file = folder["resume.safetensors"];
        var options = new AgnOptions(50, 0.15, 0.2) { Bias = new AgnBias(0.15, 0.2), Stopping = new AgnStopping(1, 2) };
        using var whole = TinyProblem.Model(1);
        var expected = AgnSearch.Run(whole, TinyProblem.Data(), options, TinyProblem.Options(20));
        Assert.InRange(expected.Training.Epochs.Count, 2, 3);

        // Also between the last epoch and the end: then the resume file holds a finished search.
        using var begun = TinyProblem.Model(1);
        Assert.ThrowsAny<OperationCanceledException>(() => AgnSearch.Run(
            begun, TinyProblem.Data(), options, TinyProblem.Options(20), new()
            {
                ResumeFile = file,
                Progress = new Callback(p =>
                {
                    if (p.ValidationAccuracy is not null && p.Epoch == interrupted)
                    {
                        throw new OperationCanceledException();
                    }
                }),
            }));
        using var resumed = TinyProblem.Model(99);
        var actual = AgnSearch.Run(resumed, TinyProblem.Data(), options, TinyProblem.Options(20), new() { ResumeFile = file });
        Assert.Equal(expected.History, actual.History);
        Assert.Equal(TinyProblem.Fingerprint(whole.Network), TinyProblem.Fingerprint(resumed.Network));
    }

    [Fact]
    public void ProgressTellsTheScalesOfEveryBatch()
    {
        using var model = TinyProblem.Model(1, Signedness.Unsigned);
        var reports = new List<TrainingProgress>();
        var result = AgnSearch.Run(
            model, TinyProblem.Data(), new AgnOptions(0.5), TinyProblem.Options(2), run: new() { Progress = new Callback(reports.Add) });
        Assert.Equal(8, reports.Count);
        Assert.All(reports, r => Assert.Equal(2, r.Measured.Count));
        Assert.Equal(8, reports.Select(r => r.Measured[0]).Distinct().Count());
        Assert.Equal(result.History.Skip(1), reports.Where(r => r.ValidationAccuracy is not null).Select(r => r.Measured));
    }

    public static TheoryData<AgnStopping> Bad =>
    [
        new AgnStopping(-0.1),
        new AgnStopping(double.NaN),
        new AgnStopping(0.1, 0),
        new AgnStopping(0.1, 1, 1.5),
    ];

    [Theory]
    [MemberData(nameof(Bad))]
    public void OptionsOutOfRangeAreErrors(AgnStopping stopping)
    {
        using var model = TinyProblem.Model(1);
        Assert.Contains("patience", Assert.Throws<ArgumentException>(() => AgnSearch.Run(
            model, TinyProblem.Data(), new AgnOptions() { Stopping = stopping }, TinyProblem.Options(1))).Message);
    }

    private static int? FirstStop(AgnStopping stopping, double[] accuracies, double[] rewards)
    {
        EpochRecord[] epochs = [.. accuracies.Select((a, i) => new EpochRecord(i + 1, 0, 0, a, 0))];
        for (int count = 0; count <= epochs.Length; count++)
        {
            if (stopping.Stops(epochs[..count], rewards[..(count + 1)]))
            {
                return count;
            }
        }

        return null;
    }
}
