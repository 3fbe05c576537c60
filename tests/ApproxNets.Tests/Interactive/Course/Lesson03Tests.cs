using ApproxNets.Interactive;
using Xunit;

namespace ApproxNets.Tests.Interactive.Course;

public sealed class Lesson03Tests
{
    [Fact]
    public void GradientOfSigma()
    {
        static double Right((double[] Gradient, double[] Noise, double Sigma, double Deviation) g)
        {
            double sum = 0;
            for (int i = 0; i < g.Noise.Length; i++)
            {
                sum += g.Gradient[i] * g.Noise[i] * g.Deviation;
            }

            return g.Sigma < 0 ? -sum : sum;
        }

        ExerciseAssert.Holds(
            Exercises.GradientOfSigma, Right, g => Right(g with { Sigma = 1 }), g => Right(g) / g.Deviation, g => Right(g) * g.Sigma,
            g => Right(g) / g.Noise.Length);
    }

    [Fact]
    public void Reward()
    {
        static double Right((double[] Sigmas, long[] Opcounts, double Max) g) =>
            Enumerable.Range(0, g.Sigmas.Length).Sum(l => Math.Min(Math.Abs(g.Sigmas[l]), g.Max) * g.Opcounts[l] / g.Opcounts.Sum());

        ExerciseAssert.Holds(
            Exercises.Reward, Right, g => g.Sigmas.Average(s => Math.Min(Math.Abs(s), g.Max)), g => Right(g with { Max = 9 }),
            g => Right(g) * g.Opcounts.Sum(), g => Right((g.Sigmas.Select(s => Math.Max(s, 0)).ToArray(), g.Opcounts, g.Max)));
    }

    /// <summary>The right answer here tries scales one by one.</summary>
    [Fact]
    public void Balance()
    {
        static double Searched((double Curvature, double Lambda, double Share, double Max) g) =>
            Enumerable.Range(0, 1_000_001).Select(i => i * 1e-6).MinBy(s => (g.Curvature * s * s) - (g.Lambda * g.Share * Math.Min(s, g.Max)));

        Assert.All(Exercises.Balance.Cases, given => Assert.Equal(Searched(given), Exercises.Balance.Reference(given), 2e-6));
        ExerciseAssert.Holds(
            Exercises.Balance, g => Math.Min(g.Max, g.Lambda * g.Share / g.Curvature / 2), g => g.Lambda * g.Share / (2 * g.Curvature),
            g => Math.Min(g.Max, g.Lambda * g.Share / g.Curvature), g => Math.Min(g.Max, g.Lambda / (2 * g.Curvature)));
    }
}
