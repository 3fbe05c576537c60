using ApproxNets.Layers;
using ApproxNets.Multipliers;

namespace ApproxNets.Search;

/// <summary>
/// What a search over assignments works on: the layers' opcounts, the multipliers it may use, and a measurement of accuracy, which it
/// does not look into. To restrict the multipliers, restrict the library (<see cref="MultiplierLibrary.Where"/>).
/// </summary>
public sealed record AssignmentProblem
{
    /// <summary>Makes a problem.</summary>
    /// <param name="opcounts">Opcount c_l of every layer.</param>
    /// <param name="library">The multipliers.</param>
    /// <param name="accuracy">Measures the accuracy of an assignment, 0..1; called one at a time and once per assignment.</param>
    /// <exception cref="ArgumentException">There is no layer, or an opcount is not positive.</exception>
    public AssignmentProblem(IReadOnlyList<long> opcounts, MultiplierLibrary library, Func<Assignment, double> accuracy)
    {
        if (opcounts.Count == 0 || opcounts.Any(c => c <= 0))
        {
            throw new ArgumentException(
                $"Search over assignments: found the opcounts {string.Join(", ", opcounts)}, expected at least one, all positive.",
                nameof(opcounts));
        }

        (Opcounts, Library, Accuracy) = (opcounts, library, accuracy);

        // Ties in power go to the name, so that no search depends on the order of the library.
        ByFallingPower = [.. library.Multipliers.OrderByDescending(m => m.RelativePower).ThenBy(m => m.Name, StringComparer.Ordinal)];
    }

    /// <summary>Opcount c_l of every layer.</summary>
    public IReadOnlyList<long> Opcounts { get; }

    /// <summary>The multipliers.</summary>
    public MultiplierLibrary Library { get; }

    /// <summary>Measures the accuracy of an assignment.</summary>
    public Func<Assignment, double> Accuracy { get; }

    /// <summary>The multipliers; the searches number them in this order.</summary>
    internal IReadOnlyList<Multiplier> ByFallingPower { get; }
}
