using ApproxNets.Interactive;
using Xunit;

namespace ApproxNets.Tests.Interactive.Course;

internal static class ExerciseAssert
{
    /// <summary>Asserts that a right answer gets all points, a stub none, and every wrong answer none and a message of what differs.</summary>
    public static void Holds<TIn, TOut>(Exercise<TIn, TOut> exercise, Func<TIn, TOut> right, params Func<TIn, TOut>[] wrong)
    {
        var full = Check.That(exercise, right);
        Assert.True(full.Points == exercise.Points, full.ToString());

        var stub = Check.That(exercise, TOut (_) => throw new NotImplementedException());
        Assert.Equal((0, exercise.Points, "not answered yet"), (stub.Points, stub.Possible, stub.Message));

        Assert.NotEmpty(wrong);
        Assert.All(wrong, answer =>
        {
            var none = Check.That(exercise, answer);
            Assert.True(none.Points == 0, none.ToString());
            Assert.StartsWith("differs for ", none.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("throws", none.Message, StringComparison.Ordinal);
        });
    }
}
