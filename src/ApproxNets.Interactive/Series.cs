namespace ApproxNets.Interactive;

/// <summary>A named sequence of points in a chart.</summary>
public sealed record Series
{
    /// <summary>Makes a series.</summary>
    /// <param name="name">Name in the legend.</param>
    /// <param name="x">Horizontal positions.</param>
    /// <param name="y">Vertical positions, as many; one that is not finite leaves a gap.</param>
    /// <param name="text">A text for each point, shown under the pointer; none if null.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public Series(string name, IEnumerable<double> x, IEnumerable<double> y, IEnumerable<string>? text = null)
    {
        Name = name;
        X = [.. x];
        Y = [.. y];
        Text = text is null ? null : [.. text];
        if (X.Count != Y.Count || (Text is not null && Text.Count != X.Count))
        {
            throw new ArgumentException($"Series '{name}': found {X.Count} x, {Y.Count} y and "
                + $"{Text?.Count.ToString() ?? "no"} texts, expected as many of each.");
        }
    }

    /// <summary>Makes a series over 1, 2, 3, ..., as for values by epoch.</summary>
    /// <param name="name">Name in the legend.</param>
    /// <param name="y">Vertical positions.</param>
    public Series(string name, IEnumerable<double> y)
        : this(name, y.Select((_, i) => i + 1.0), y)
    {
    }

    /// <summary>Name in the legend.</summary>
    public string Name { get; }

    /// <summary>Horizontal positions.</summary>
    public IReadOnlyList<double> X { get; }

    /// <summary>Vertical positions.</summary>
    public IReadOnlyList<double> Y { get; }

    /// <summary>A text for each point, or null.</summary>
    public IReadOnlyList<string>? Text { get; }
}
