using ApproxNets.Interactive;
using ApproxNets.Multipliers;
using ApproxNets.Quantization;
using Xunit;

namespace ApproxNets.Tests.Interactive.Course;

public sealed class Lesson02Tests
{
    [Fact]
    public void CodeOf()
    {
        static double Steps((double Value, double Scale, int ZeroPoint) g) => g.Value / g.Scale;

        ExerciseAssert.Holds(
            Exercises.CodeOf, g => Math.Min(255, Math.Max(0, (int)Math.Round(Steps(g), MidpointRounding.AwayFromZero) + g.ZeroPoint)),
            g => (int)Math.Round(Steps(g)) + g.ZeroPoint, g => Math.Clamp((int)Steps(g) + g.ZeroPoint, 0, 255),
            g => Math.Clamp((int)Math.Round(Steps(g)), 0, 255), g => Math.Clamp((int)Math.Round(Steps(g)) - g.ZeroPoint, 0, 255));

        // The library's grid codes the same.
        var grid = AffineParameters.ForActivations(-1, 1.55, Signedness.Unsigned);
        Assert.Equal(grid.ZeroCode, Exercises.CodeOf.Reference((0, grid.Scale, grid.ZeroPoint)));
        Assert.Equal((0, 255), (Exercises.CodeOf.Reference((-1, grid.Scale, grid.ZeroPoint)), Exercises.CodeOf.Reference((1.55, grid.Scale, grid.ZeroPoint))));
    }

    [Fact]
    public void Corrected()
    {
        ExerciseAssert.Holds(
            Exercises.Corrected, g => g.Accumulator + g.X.Zip(g.W, (x, w) => ((x - g.ZeroX) * (w - g.ZeroW)) - (x * w)).Sum(),
            g => g.X.Zip(g.W, (x, w) => (x - g.ZeroX) * (w - g.ZeroW)).Sum(), g => g.Accumulator - (g.ZeroW * g.X.Sum()) - (g.ZeroX * g.W.Sum()),
            g => g.Accumulator - (g.ZeroX * g.X.Sum()) - (g.ZeroW * g.W.Sum()) + (g.X.Length * g.ZeroX * g.ZeroW));
    }

    [Fact]
    public void ZeroSkipping()
    {
        static Multiplier Right(Multiplier m, Func<int, int, bool> skips) =>
            Multiplier.FromFunction("mine", m.Signedness, (x, w) => skips(x, w) ? 0 : m[x, w], 1, "test");

        ExerciseAssert.Holds(
            Exercises.ZeroSkipping, m => Right(m, (x, w) => x * w == 0), m => m, m => Right(m, (x, _) => x == 0),
            m => Multiplier.FromFunction("exact", m.Signedness, (x, w) => x * w, 1, "test"));
    }
}
