namespace ApproxNets.Interactive;

/// <summary>What every exercise that checks a function has, whatever its types.</summary>
public interface IExercise
{
    /// <summary>Lesson and number, such as "03.2".</summary>
    string Id { get; }

    /// <summary>Points for a right answer.</summary>
    int Points { get; }
}

/// <summary>An exercise whose answer is a function: a reference and hidden cases.</summary>
/// <typeparam name="TIn">What the function takes: a number, a tuple, an array, or several of those in a tuple.</typeparam>
/// <typeparam name="TOut">What it gives.</typeparam>
/// <param name="Id">Lesson and number, such as "03.2".</param>
/// <param name="Points">Points for a right answer.</param>
/// <param name="Reference">A right answer.</param>
/// <param name="Cases">The inputs that an answer is compared on; at least one. An answer gets copies of the arrays in them.</param>
/// <param name="Describe">An input in words, for the message about the first case that differs.</param>
/// <param name="Same">Whether the reference's value and the answer's are the same, within a tolerance that the task states.</param>
public sealed record Exercise<TIn, TOut>(
    string Id,
    int Points,
    Func<TIn, TOut> Reference,
    IReadOnlyList<TIn> Cases,
    Func<TIn, string> Describe,
    Func<TOut, TOut, bool> Same) : IExercise;
