using ApproxNets.Interactive;
using Xunit;

namespace ApproxNets.Tests.Interactive.Course;

/// <summary>What every check of the course is fed with.</summary>
internal static class Answers
{
    /// <summary>Asserts that a stub gets no points as not answered, wrong answers none with a message about a case, the right one all.</summary>
    public static void AreToldApart<TIn, TOut>(
        Exercise<TIn, TOut> exercise, Func<TIn, TOut> stub, Func<TIn, TOut> right, params Func<TIn, TOut>[] wrong)
    {
        var unanswered = Check.That(exercise, stub);
        Assert.Equal((0, exercise.Points, "not answered yet"), (unanswered.Points, unanswered.Possible, unanswered.Message));
        var all = Check.That(exercise, right);
        Assert.True(exercise.Points == all.Points, all.Message);
        Assert.NotEmpty(wrong);
        Assert.All(wrong, answer =>
        {
            var none = Check.That(exercise, answer);
            Assert.Equal(0, none.Points);
            Assert.StartsWith("differs for ", none.Message, StringComparison.Ordinal);
        });
    }
}
