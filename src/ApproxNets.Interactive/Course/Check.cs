using System.Collections;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace ApproxNets.Interactive;

/// <summary>Compares an answer with a reference. Nothing of the right value is shown.</summary>
public static class Check
{
    internal const string Unanswered = "not answered yet";
    private const int ShownItems = 8;

    /// <summary>
    /// Compares a function with that of the exercise on its hidden cases: all points if all agree, else none. A function that throws
    /// <see cref="NotImplementedException"/>, or gives null, NaN or nothing for every case, is a stub and "not answered yet".
    /// </summary>
    /// <typeparam name="TIn">What the function takes.</typeparam>
    /// <typeparam name="TOut">What it gives.</typeparam>
    /// <param name="exercise">The exercise.</param>
    /// <param name="yours">The answer. What it throws is told, not thrown on.</param>
    /// <returns>The points, and of the first case that differs the input and what the answer gave.</returns>
    /// <exception cref="ArgumentException">The exercise has no case.</exception>
    /// <exception cref="ArgumentNullException">There is no exercise or no function.</exception>
    public static CheckResult That<TIn, TOut>(Exercise<TIn, TOut> exercise, Func<TIn, TOut> yours)
    {
        ArgumentNullException.ThrowIfNull(exercise);
        ArgumentNullException.ThrowIfNull(yours);
        if (exercise.Cases.Count == 0)
        {
            throw new ArgumentException($"Exercise {exercise.Id}: found no case, expected at least one.", nameof(exercise));
        }

        string? differs = null;
        bool answered = false;
        foreach (var input in exercise.Cases)
        {
            var expected = exercise.Reference((TIn)Copy(input)!);
            string found;
            bool agrees = false;
            try
            {
                var value = yours((TIn)Copy(input)!);
                answered |= !IsEmpty(value);
                agrees = exercise.Same(expected, value);
                found = $"yours gives {Text(value)}";
            }
            catch (NotImplementedException)
            {
                found = "yours is not written";
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                answered = true;
                found = $"yours throws {e.GetType().Name}: {e.Message}";
            }

            differs ??= agrees ? null : $"differs for {exercise.Describe(input)}: {found}";
        }

        int cases = exercise.Cases.Count;
        return Report(differs is null
            ? new(exercise.Id, exercise.Points, exercise.Points, cases == 1 ? "the hidden case agrees" : $"all {cases} hidden cases agree")
            : new(exercise.Id, 0, exercise.Points, answered ? differs : Unanswered));
    }

    /// <summary>Compares a number that was read from a chart or computed.</summary>
    /// <param name="id">Lesson and number, such as "04.3".</param>
    /// <param name="points">Points for a right answer.</param>
    /// <param name="yours">The answer; NaN is "not answered yet".</param>
    /// <param name="expected">The right value, which an earlier cell has computed.</param>
    /// <param name="tolerance">How far the answer may be from it, 0 or more; narrow enough that no guess passes.</param>
    /// <exception cref="ArgumentException">The right value is no number, or the tolerance is none or negative.</exception>
    public static CheckResult Number(string id, int points, double yours, double expected, double tolerance)
    {
        if (!double.IsFinite(expected) || !(tolerance >= 0 && double.IsFinite(tolerance)))
        {
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                $"Exercise {id}: found the right value {expected} with a tolerance of {tolerance}, expected a number and a tolerance of 0 or more."));
        }

        return Report(double.IsNaN(yours) ? new(id, 0, points, Unanswered)
            : Math.Abs(yours - expected) <= tolerance ? new(id, points, points, string.Create(CultureInfo.InvariantCulture, $"{yours:G6} is right"))
            : new(id, 0, points, string.Create(CultureInfo.InvariantCulture, $"{yours:G6} is not within {tolerance:G3} of the value")));
    }

    private static CheckResult Report(CheckResult result)
    {
        NotebookHost.Report(result);
        return result;
    }

    // An answer that sorts its input must not change the case for the next one.
    private static object? Copy(object? value)
    {
        switch (value)
        {
            case Array array:
                var copy = (Array)array.Clone();
                if (array.Rank == 1 && !array.GetType().GetElementType()!.IsPrimitive)
                {
                    for (int i = 0; i < copy.Length; i++)
                    {
                        copy.SetValue(Copy(copy.GetValue(i)), i);
                    }
                }

                return copy;
            case ITuple and ValueType:
                object tuple = RuntimeHelpers.GetObjectValue(value); // a box of its own
                foreach (var field in tuple.GetType().GetFields())
                {
                    field.SetValue(tuple, Copy(field.GetValue(tuple)));
                }

                return tuple;
            default:
                return value;
        }
    }

    private static bool IsEmpty(object? value) => value switch
    {
        null => true,
        double number => double.IsNaN(number),
        float number => float.IsNaN(number),
        string text => text.Length == 0,
        ITuple tuple => Enumerable.Range(0, tuple.Length).All(i => IsEmpty(tuple[i])),
        IEnumerable items => items.Cast<object?>().All(IsEmpty),
        _ => false,
    };

    private static string Text(object? value) => value switch
    {
        null => "null",
        string text => $"\"{text}\"",
        double or float => ((IFormattable)value).ToString("G6", CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        ITuple tuple => $"({string.Join(", ", Enumerable.Range(0, tuple.Length).Select(i => Text(tuple[i])))})",
        IEnumerable items => Text([.. items.Cast<object?>()]),
        _ => value.ToString() ?? "",
    };

    private static string Text(object?[] items) =>
        $"[{string.Join(", ", items.Take(ShownItems).Select(Text))}{(items.Length > ShownItems ? $", … ({items.Length} values)" : "")}]";
}
