using ApproxNets.Interactive;
using Xunit;

namespace ApproxNets.Tests.Interactive.Course;

/// <summary>As <see cref="Lesson04Tests"/>, of lesson 07.</summary>
public sealed class Lesson07Tests
{
    [Fact]
    public void TheSharedStepIsAgainstTheMeanGradient()
    {
        static double[] Step((double[] Weights, double[][] Gradients, double Rate) c, double divisor) =>
            [.. Enumerable.Range(0, c.Weights.Length).Select(k => c.Weights[k] - (c.Rate * c.Gradients.Sum(g => g[k]) / divisor))];

        ExerciseAssert.Holds(
            Exercises.SharedStep, c => Step(c, c.Gradients.Length),
            c => Step(c, 1), c => Step(c, -c.Gradients.Length), c => Step((c.Weights, [c.Gradients[0]], c.Rate), 1));
    }

    [Fact]
    public void StoredNumbersHaveTheRunningStatistics() => ExerciseAssert.Holds(
        Exercises.ExtraNumbers, c => ((c.Points - 1) * c.Channels.Sum(n => 2L * n), (c.Points - 1) * c.Channels.Sum(n => 4L * n)),
        c => (c.Points * c.Channels.Sum(n => 2L * n), c.Points * c.Channels.Sum(n => 4L * n)),
        c => ((c.Points - 1) * c.Channels.Sum(n => 2L * n), (c.Points - 1) * c.Channels.Sum(n => 2L * n)));

    [Fact]
    public void TheControllerLooksToTheEnd()
    {
        static int Point((double Stored, double[] Load, double[] Power, double[] Accuracy) c, double load)
        {
            int best = -1;
            for (int p = 0; p < c.Power.Length; p++)
            {
                if (c.Power[p] * load <= c.Stored && (best < 0 || c.Accuracy[p] > c.Accuracy[best]))
                {
                    best = p;
                }
            }

            return best < 0 ? Array.IndexOf(c.Power, c.Power.Min()) : best;
        }

        ExerciseAssert.Holds(
            Exercises.LastingPoint, c => Point(c, c.Load.Sum()),
            c => Point(c, c.Load[0]), c => Array.IndexOf(c.Accuracy, c.Accuracy.Max()), c => Array.IndexOf(c.Power, c.Power.Min()));
    }
}
