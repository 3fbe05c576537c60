namespace ApproxNets.Layers;

/// <summary>Which gradient of a product <c>m(x, w)</c> retraining in <see cref="LayerMode.Approximate"/> uses.</summary>
public enum GradientKind
{
    /// <summary>That of the exact product, <c>dm/dx = w</c> and <c>dm/dw = x</c>.</summary>
    StraightThrough,

    /// <summary>The slope of the smoothed product table: <see cref="Multipliers.DifferenceGradient"/>.</summary>
    Difference,
}
