using System.Reflection;

namespace ApproxNets.Interactive;

/// <summary>The exercises of the lessons whose answer is a function, each a property; a file for each lesson.</summary>
public static partial class Exercises
{
    /// <summary>All of them, by lesson and number.</summary>
    public static IReadOnlyList<IExercise> All => [.. typeof(Exercises).GetProperties(BindingFlags.Public | BindingFlags.Static)
        .Where(property => property.PropertyType.IsAssignableTo(typeof(IExercise)))
        .Select(property => (IExercise)property.GetValue(null)!).OrderBy(exercise => exercise.Id, StringComparer.Ordinal)];
}
