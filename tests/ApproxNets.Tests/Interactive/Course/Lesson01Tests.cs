using System.Numerics;
using ApproxNets.Interactive;
using ApproxNets.Multipliers;
using Xunit;

namespace ApproxNets.Tests.Interactive.Course;

public sealed class Lesson01Tests
{
    [Fact]
    public void DotsLeft()
    {
        static int Right((int Rows, int Columns) broken)
        {
            int left = 0;
            for (int i = 0; i < 8; i++)
            {
                for (int j = broken.Rows; j < 8; j++)
                {
                    left += i + j >= broken.Columns ? 1 : 0;
                }
            }

            return left;
        }

        ExerciseAssert.Holds(
            Exercises.DotsLeft, Right, b => 64 - (8 * b.Rows) - b.Columns, b => (8 - b.Rows) * (8 - b.Columns));
        Assert.Equal(33, Exercises.DotsLeft.Reference((2, 7))); // as the lesson's dot diagram has it
    }

    [Fact]
    public void IsExactByMitchell()
    {
        static bool Power(int v) => v == 0 || BitOperations.IsPow2(v);

        ExerciseAssert.Holds(
            Exercises.IsExactByMitchell, p => Power(p.X) || Power(p.W), p => p.X == 0 || p.W == 0,
            p => Power(p.X) && Power(p.W), _ => false);
    }

    [Fact]
    public void MeanErrorUnder()
    {
        static double Right((Multiplier Multiplier, double[] Activations, double[] Weights) given, Func<double[], int, double> weigh)
        {
            double sum = 0;
            int least = given.Multiplier.MinOperand;
            for (int x = 0; x < 256; x++)
            {
                for (int w = 0; w < 256; w++)
                {
                    int error = given.Multiplier[x + least, w + least] - ((x + least) * (w + least));
                    sum += weigh(given.Activations, x) * given.Weights[w] * error;
                }
            }

            return sum;
        }

        ExerciseAssert.Holds(
            Exercises.MeanErrorUnder, g => Right(g, (p, x) => p[x]), g => Right(g, (_, _) => 1 / 256.0),
            g => ErrorStatistics.Of(g.Multiplier).MeanError, g => -Right(g, (p, x) => p[x]));
    }

    [Fact]
    public void LowerOr()
    {
        static MultiplierCircuit Right(int lowest, bool carries)
        {
            var net = new NetlistBuilder(8);
            int[] sums = Enumerable.Repeat(net.Zero, 16).ToArray();
            for (int j = 0; j < 8; j++)
            {
                int ripple = net.Zero;
                for (int i = 0; i + j < 16; i++)
                {
                    int dot = i < 8 ? net.And(net.A(i), net.B(j)) : net.Zero;
                    (sums[i + j], ripple) = i + j < lowest && !carries ? (net.Or(sums[i + j], dot), net.Zero) : net.FullAdder(sums[i + j], dot, ripple);
                }
            }

            return net.Build(sums).Simplified().ToMultiplier("mine", Signedness.Unsigned);
        }

        ExerciseAssert.Holds(
            Exercises.LowerOr, n => Right(n, false), n => Right(n, true), n => MultiplierFamilies.Truncated(Signedness.Unsigned, n));
    }
}
