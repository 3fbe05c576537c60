using ApproxNets.Circuits;
using ApproxNets.Circuits.Evolution;
using ApproxNets.Multipliers;

namespace ApproxNets.Interactive;

/// <content>Lesson 01: approximate multipliers.</content>
public static partial class Exercises
{
    /// <summary>How many of the 64 bit products a broken array keeps.</summary>
    public static Exercise<(int Rows, int Columns), int> DotsLeft { get; } = new(
        "01.1", 1,
        broken => Enumerable.Range(0, 64).Count(dot => dot / 8 >= broken.Rows && (dot / 8) + (dot % 8) >= broken.Columns),
        [(0, 0), (2, 7), (1, 3), (3, 9), (5, 2), (7, 14), (4, 11)],
        broken => $"{broken.Rows} rows and {broken.Columns} columns left out",
        (a, b) => a == b);

    /// <summary>Which products Mitchell's multiplier gets right.</summary>
    public static Exercise<(int X, int W), bool> IsExactByMitchell
    {
        get
        {
            var mitchell = MultiplierFamilies.Mitchell(Signedness.Unsigned, 7);
            return new(
                "01.2", 2, pair => mitchell[pair.X, pair.W] == pair.X * pair.W,
                [.. Enumerable.Range(0, Multiplier.Codes * Multiplier.Codes).Select(i => (i / Multiplier.Codes, i % Multiplier.Codes))],
                pair => $"{pair.X} times {pair.W}", (a, b) => a == b);
        }
    }

    /// <summary>The mean error of a multiplier under given operand distributions.</summary>
    public static Exercise<(Multiplier Multiplier, double[] Activations, double[] Weights), double> MeanErrorUnder
    {
        get
        {
            double[] uniform = [.. Enumerable.Repeat(1.0 / Multiplier.Codes, Multiplier.Codes)];
            double[] rectified = [.. OperandDistributions.Rectified], symmetric = [.. OperandDistributions.Symmetric];
            double[] halfZero = [.. uniform.Select((p, code) => (p / 2) + (code == 0 ? 0.5 : 0))];
            return new(
                "01.3", 2,
                given =>
                {
                    int[] errors = given.Multiplier.ErrorMap();
                    return Enumerable.Range(0, errors.Length).Sum(i =>
                        given.Activations[i / Multiplier.Codes] * given.Weights[i % Multiplier.Codes] * errors[i]);
                },
                [
                    (MultiplierFamilies.Truncated(Signedness.Unsigned, 6), uniform, uniform),
                    (MultiplierFamilies.TruncatedCompensated(Signedness.Unsigned, 8), halfZero, uniform),
                    (MultiplierFamilies.TruncatedCompensated(Signedness.Signed, 5), rectified, symmetric),
                    (MultiplierFamilies.BrokenArray(Signedness.Signed, 2, 7), rectified, symmetric),
                    (MultiplierFamilies.Drum(Signedness.Unsigned, 4), uniform, halfZero),
                ],
                given => $"{given.Multiplier.Name}, activation 0 in {given.Activations[-given.Multiplier.MinOperand]:P0} of the cases",
                (a, b) => Math.Abs(a - b) <= 1e-6 * (1 + Math.Abs(a)));
        }
    }

    /// <summary>The array whose lower columns have an OR in place of their adders.</summary>
    public static Exercise<int, MultiplierCircuit?> LowerOr { get; } = new(
        "01.4", 3, lowest => MultiplierFamilies.LowerPartOr(Signedness.Unsigned, lowest), [2, 5, 8, 11],
        lowest => $"{lowest} columns", (a, b) => b is not null && a!.Products.Span.SequenceEqual(b.Products.Span));
}
