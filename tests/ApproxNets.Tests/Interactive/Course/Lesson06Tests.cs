using ApproxNets.Interactive;
using Xunit;

namespace ApproxNets.Tests.Interactive.Course;

/// <summary>As <see cref="Lesson04Tests"/>, of lesson 06.</summary>
public sealed class Lesson06Tests
{
    [Fact]
    public void DampingStaysAboveOne() => ExerciseAssert.Holds(
        Exercises.Damping, v => v > 1 ? Math.Log(v) + 1 : v,
        v => v > 1 ? Math.Log(v) : v, v => v, v => v > 1 ? 1 + Math.Log10(v) : v, v => 1 + Math.Log(v));

    [Fact]
    public void ARoundOfKMeansAssignsAndMoves()
    {
        static double[][] Round((double[][] Points, double[][] Centroids) c, bool stays)
        {
            var sums = c.Centroids.Select(k => new double[k.Length]).ToArray();
            var counts = new int[sums.Length];
            foreach (double[] p in c.Points)
            {
                int nearest = 0;
                for (int k = 1; k < sums.Length; k++)
                {
                    nearest = Distance(p, c.Centroids[k]) < Distance(p, c.Centroids[nearest]) ? k : nearest;
                }

                counts[nearest]++;
                sums[nearest] = [.. sums[nearest].Zip(p, (a, b) => a + b)];
            }

            return [.. sums.Select((s, k) => counts[k] == 0 ? (stays ? c.Centroids[k] : s) : [.. s.Select(v => v / counts[k])])];
        }

        static double Distance(double[] a, double[] b) => a.Zip(b, (x, y) => (x - y) * (x - y)).Sum();
        ExerciseAssert.Holds(Exercises.KMeansStep, c => Round(c, true), c => Round(c, false), c => c.Centroids, c => Round((c.Points, Round(c, true)), true));
    }

    [Fact]
    public void APointIsOverWhereNoneOfTheChosenIsWithin() => ExerciseAssert.Holds(
        Exercises.OverTolerance,
        c => [.. Enumerable.Range(0, c.Ratios.Length).Where(p => c.Chosen.All(m => c.Ratios[p][m] > 1))],
        c => [.. Enumerable.Range(0, c.Ratios.Length).Where(p => c.Chosen.Any(m => c.Ratios[p][m] > 1))],
        c => [.. Enumerable.Range(0, c.Ratios.Length).Where(p => c.Chosen.All(m => c.Ratios[p][m] >= 1))]);

    [Fact]
    public void TheGreedyChoiceBeginsWithinAllTolerances()
    {
        static double Power((double[][] Ratios, double[] Powers, int Count) c, int[] chosen) => c.Ratios.Average(
            r => Enumerable.Min(chosen, m => r[m] <= 1 ? c.Powers[m] : double.PositiveInfinity));

        static int[] Greedy((double[][] Ratios, double[] Powers, int Count) c, int[] chosen)
        {
            while (chosen.Length < c.Count)
            {
                int best = Enumerable.Range(0, c.Powers.Length).MinBy(m => Power(c, [.. chosen, m]));
                if (!(Power(c, [.. chosen, best]) < Power(c, chosen)))
                {
                    break;
                }

                chosen = [.. chosen, best];
            }

            return chosen;
        }

        static int First((double[][] Ratios, double[] Powers, int Count) c) =>
            Enumerable.Range(0, c.Powers.Length).Where(m => c.Ratios.All(r => r[m] <= 1)).MinBy(m => c.Powers[m]);

        ExerciseAssert.Holds(
            Exercises.GreedyChoice, c => Greedy(c, [First(c)]),
            c => [First(c)], c => [.. Enumerable.Range(0, c.Powers.Length).OrderBy(m => c.Powers[m]).Take(c.Count)],
            c => [.. Greedy(c, [First(c)]), .. Enumerable.Range(0, c.Powers.Length).Except(Greedy(c, [First(c)])).Take(1)]);
    }
}
