using ApproxNets.Interactive;
using Xunit;

namespace ApproxNets.Tests.Interactive.Course;

/// <summary>As <see cref="Lesson04Tests"/>, of lesson 05.</summary>
public sealed class Lesson05Tests
{
    [Fact]
    public void AFrontHoldsWhatNothingBeats()
    {
        static int[] Front((double Savings, double Accuracy)[] points, bool strict)
        {
            var front = new List<int>();
            double best = double.NegativeInfinity;
            foreach (int i in Enumerable.Range(0, points.Length).OrderByDescending(i => points[i].Savings).ThenByDescending(i => points[i].Accuracy))
            {
                if (points[i].Accuracy > best || (!strict && points[i].Accuracy == best))
                {
                    front.Insert(0, i);
                    best = points[i].Accuracy;
                }
            }

            return [.. front];
        }

        ExerciseAssert.Holds(
            Exercises.FrontOfSavings, points => Front(points, true),
            points => Front(points, false), points => [.. Front(points, true).Reverse()], points => [.. Enumerable.Range(0, points.Length)]);
    }

    [Fact]
    public void MostSavingsStayWithinTheLoss()
    {
        static int Most((double Savings, double Accuracy)[] points, double least) =>
            Array.IndexOf(points, points.Where(p => p.Accuracy >= least).DefaultIfEmpty((-1, -1)).MaxBy<(double Savings, double Accuracy), double>(p => p.Savings));

        ExerciseAssert.Holds(
            Exercises.MostSavings, c => Most(c.Points, c.Exact - c.Loss),
            c => Most(c.Points, c.Exact), c => Most(c.Points, double.NegativeInfinity), c => Math.Max(0, Most(c.Points, c.Exact - c.Loss)));
    }

    [Fact]
    public void ThePairedStatisticCountsOnlyWhatDiffers()
    {
        static int Of(bool[] a, bool[] b) => Enumerable.Range(0, a.Length).Count(i => a[i] && !b[i]);

        ExerciseAssert.Holds(
            Exercises.PairedStatistic, c => (Of(c.First, c.Second) - Of(c.Second, c.First)) / Math.Sqrt(Math.Max(1, Of(c.First, c.Second) + Of(c.Second, c.First))),
            c => (Of(c.First, c.Second) - Of(c.Second, c.First)) / (double)c.First.Length,
            c => Math.Abs(Of(c.First, c.Second) - Of(c.Second, c.First)) / Math.Sqrt(Math.Max(1, Of(c.First, c.Second) + Of(c.Second, c.First))),
            c => (Of(c.First, c.Second) - Of(c.Second, c.First)) / Math.Sqrt(Of(c.First, c.Second) + Of(c.Second, c.First)));
    }
}
