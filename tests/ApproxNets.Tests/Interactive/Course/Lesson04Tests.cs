using ApproxNets.Interactive;
using Xunit;

namespace ApproxNets.Tests.Interactive.Course;

/// <summary>Every exercise of lesson 04 gives nothing to a stub, nothing to plausible mistakes, and all points to another right answer.</summary>
public sealed class Lesson04Tests
{
    [Fact]
    public void MomentsOfASumScaleTheVarianceWithN()
    {
        static (double, double) Moments((double[][] E, double[] Px, double[] Pw, int N) c, Func<double, double> spread)
        {
            double mean = 0, variance = 0;
            for (int x = 0; x < c.Px.Length; x++)
            {
                for (int w = 0; w < c.Pw.Length; w++)
                {
                    mean += c.Px[x] * c.Pw[w] * c.E[x][w];
                }
            }

            for (int x = 0; x < c.Px.Length; x++)
            {
                for (int w = 0; w < c.Pw.Length; w++)
                {
                    variance += c.Px[x] * c.Pw[w] * Math.Pow(c.E[x][w] - mean, 2);
                }
            }

            return (c.N * mean, spread(c.N) * Math.Sqrt(variance));
        }

        ExerciseAssert.Holds(
            Exercises.MomentsOfSum, c => Moments(c, Math.Sqrt),
            c => Moments(c, n => n), c => Moments((c.Errors, c.Px, c.Pw, 1), Math.Sqrt), c => Moments((c.Errors, c.Px, [.. c.Pw.Select(_ => 1.0 / c.Pw.Length)], c.N), Math.Sqrt));
    }

    [Fact]
    public void MatchingTakesTheCheapestWithin() => ExerciseAssert.Holds(
        Exercises.CheapestWithin,
        c => Array.IndexOf(c.Powers, c.Powers.Where((_, m) => c.Errors[m] <= c.Tolerance).Min()),
        c => Array.FindIndex(c.Errors, e => e <= c.Tolerance), c => Array.IndexOf(c.Powers, c.Powers.Min()),
        c => Enumerable.Range(0, c.Errors.Length).Where(m => c.Errors[m] < c.Tolerance).DefaultIfEmpty(0).MinBy(m => c.Powers[m]));

    [Fact]
    public void DeviationOverFieldsHasBothParts() => ExerciseAssert.Holds(
        Exercises.DeviationOverFields,
        c => Math.Sqrt(c.S.Average(s => s * s) + c.Mu.Average(mu => Math.Pow(mu - c.Mu.Average(), 2))),
        c => Math.Sqrt(c.S.Average(s => s * s)), c => c.S.Average(), c => Math.Sqrt(c.S.Zip(c.Mu, (s, mu) => (s * s) + (mu * mu)).Average()));

    [Fact]
    public void CodesAreTheNearestUnderTheActivations()
    {
        static int[] Codes((int[][] M, double[] Px) c, Func<int, double> weight, bool ties)
        {
            int codes = c.M[0].Length;
            var map = new int[codes];
            for (int w = 0; w < codes; w++)
            {
                double Error(int code) => Enumerable.Range(0, c.M.Length).Sum(x => weight(x) * Math.Pow(c.M[x][code] - (x * w), 2));
                map[w] = ties && Error(w) == Enumerable.Range(0, codes).Min(Error) ? w : Enumerable.Range(0, codes).MinBy(Error);
            }

            return map;
        }

        ExerciseAssert.Holds(
            Exercises.CodeMap, c => Codes(c, x => c.Px[x], true),
            c => Codes(c, x => c.Px[x], false), c => [.. Enumerable.Range(0, c.Products[0].Length)]);
    }
}
