using ApproxNets.Search;
using Xunit;

namespace ApproxNets.Tests.Search;

public sealed class PointControllerTests
{
    private static readonly PointCost[] Points = [new(0.5, 0.92), new(0.3, 0.9), new(0.1, 0.8)];

    public static TheoryData<string, double, long> Cases => new(
        from name in new[] { "battery", "harvested", "deadline" }
        from share in new[] { 0.05, 0.2, 0.35, 0.6 }
        from cost in new[] { 0L, 200 }
        select (name, share, cost));

    [Theory]
    [MemberData(nameof(Cases))]
    public void NothingIsSpentThatIsNotThereAndNothingBeatsTheOptimum(string name, double share, long cost)
    {
        var trace = EnergyTrace.All(share).Single(t => t.Name == name);
        var controller = new PointController(Points, cost);
        var optimum = controller.Optimum(trace);
        ControlRun[] runs = [controller.Run(trace), controller.BestFixed(trace), optimum, .. Points.Select((_, i) => controller.Fixed(trace, i))];
        foreach (var run in runs)
        {
            Assert.Equal(trace.Load.Count, run.Steps.Count);
            long spent = 0, available = trace.Stored;
            for (int t = 0; t < run.Steps.Count; t++)
            {
                available += trace.Income[t];
                spent += run.Steps[t].Spent;
                Assert.InRange(spent, 0, available);
                Assert.InRange(run.Steps[t].Stored, 0, Math.Min(trace.Capacity, available - spent));
                Assert.InRange(run.Steps[t].Served, 0, 1);
                Assert.True(run.Steps[t].Served == 1 || run.Steps[t].Stored == 0);
            }

            Assert.InRange(run.Accuracy, 0, optimum.Accuracy + 1e-12);
            Assert.InRange(run.Regret(optimum), -1e-9, 100);
            Assert.Equal(
                run.Steps.Select((s, t) => trace.Load[t] * s.Served * Points[s.Point].Accuracy).Sum() / trace.Load.Sum(), run.Accuracy, 1e-12);
        }

        Assert.Equal(0, optimum.Regret(optimum));
    }

    /// <summary>Between the cheapest and the costliest point, control is better than any fixed one, and close to the optimum.</summary>
    [Theory]
    [InlineData("battery", 2)]
    [InlineData("harvested", 6)]
    [InlineData("deadline", 2)]
    public void ControlIsBetterThanTheBestFixedPoint(string name, double regret)
    {
        var trace = EnergyTrace.All(0.2).Single(t => t.Name == name);
        var controller = new PointController(Points, 20);
        var run = controller.Run(trace);
        Assert.True(run.Accuracy > controller.BestFixed(trace).Accuracy, $"{run.Accuracy} against {controller.BestFixed(trace).Accuracy}");
        Assert.InRange(run.Regret(controller.Optimum(trace)), 0, regret);
        Assert.True(run.Switches > 0);
    }

    [Fact]
    public void OptimumIsTheBestOfAllPlans()
    {
        for (int seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            double[] load = [.. Enumerable.Range(0, 7).Select(_ => random.NextDouble() / 10)];
            long[] income = [.. load.Select(_ => (long)random.Next(0, 12))];
            var trace = new EnergyTrace("random", 40, 60, income, load, income, load);
            var controller = new PointController(Points, seed % 5);
            var optimum = controller.Optimum(trace);

            // Every plan, by hand.
            double best = 0;
            for (int plan = 0; plan < 2187; plan++)
            {
                long stored = 40;
                int active = 2, rest = plan;
                double sum = 0;
                for (int t = 0; t < 7; t++, rest /= 3)
                {
                    int point = rest % 3;
                    long available = Math.Min(60, stored + income[t]);
                    available -= point == active ? 0 : Math.Min(seed % 5, available);
                    long need = (long)Math.Round(load[t] * Points[point].RelativePower * 1000), used = Math.Min(need, available);
                    sum += load[t] * (need == 0 ? 1 : (double)used / need) * Points[point].Accuracy;
                    (stored, active) = (available - used, point);
                }

                best = Math.Max(best, sum / load.Sum());
            }

            Assert.Equal(best, optimum.Accuracy, 1e-12);
        }
    }

    [Fact]
    public void ChoiceIsTheMostAccurateThatLasts()
    {
        double[] load = [1, 1, 1, 1];
        EnergyTrace Trace(long stored) => new("by hand", stored, 4000, new long[4], load, new long[4], load);
        var controller = new PointController(Points) { Margin = 0.1 };
        Assert.Equal(2, controller.Next(Trace(399), 0, 399, 2)); // nothing lasts: the cheapest
        Assert.Equal(1, controller.Next(Trace(1320), 0, 1320, 2)); // 4 x 300 and a tenth
        Assert.Equal(2, controller.Next(Trace(1319), 0, 1319, 2)); // hysteresis: not up without the margin,
        Assert.Equal(1, controller.Next(Trace(1319), 0, 1319, 1)); // and not down with it
        Assert.Equal(2, controller.Next(Trace(1199), 0, 1199, 1));
        Assert.Equal(0, controller.Next(Trace(1100), 2, 1100, 2)); // two intervals are left
        Assert.Equal(1, new PointController(Points, 100) { Margin = 0.1 }.Next(Trace(1199), 2, 1199, 2)); // the switch is too dear
    }

    [Fact]
    public void HysteresisSavesSwitches()
    {
        var trace = EnergyTrace.Battery(0.2);
        int Switches(double margin) => new PointController(Points) { Margin = margin }.Run(trace).Switches;
        Assert.True(Switches(0.1) < Switches(0), $"{Switches(0.1)} against {Switches(0)}");
    }

    [Fact]
    public void TracesAreTheSameEveryTimeAndOfTheEnergyAskedFor()
    {
        foreach (var (first, second) in EnergyTrace.All(0.3).Zip(EnergyTrace.All(0.3)))
        {
            Assert.Equal(first.Load, second.Load);
            Assert.Equal(first.Income, second.Income);
            Assert.Equal(0.3, (first.Stored + first.Income.Sum()) / (first.Load.Sum() * EnergyTrace.UnitsPerLoad), 1e-2);
            Assert.NotEqual(first.Load.Concat(first.Income.Select(i => (double)i)), first.ExpectedLoad.Concat(first.ExpectedIncome.Select(i => (double)i)));
        }

        Assert.Equal(["battery", "harvested", "deadline"], EnergyTrace.All(1).Select(t => t.Name));
    }

    [Fact]
    public void BadInputIsAnError()
    {
        var trace = EnergyTrace.Deadline(0.3);
        Assert.Throws<ArgumentException>(() => new PointController([]).Run(trace));
        Assert.Throws<ArgumentException>(() => new PointController([new(-1, 0.5)]).Run(trace));
        Assert.Throws<ArgumentException>(() => new PointController([new(0.5, 50)]).Run(trace));
        Assert.Throws<ArgumentException>(() => new PointController(Points, -1).Optimum(trace));
        Assert.Throws<ArgumentException>(() => new PointController(Points).Run(trace with { Income = [1] }));
        Assert.Throws<ArgumentException>(() => new PointController(Points).Run(trace with { Stored = trace.Capacity + 1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => EnergyTrace.Battery(0));
    }
}
