namespace ApproxNets.Data;

/// <summary>
/// Signed distances to the outlines of the ten shapes, in units of the circumradius: negative inside. All shapes have a
/// mirror axis, so that a mirrored and rotated shape is still one of its class.
/// </summary>
/// <remarks>Sums, products, quotients and square roots only: these are rounded alike on every machine, sines are not.</remarks>
internal static class ShapeOutlines
{
    /// <summary>Class names in label order.</summary>
    public static readonly string[] Names =
        ["circle", "triangle", "square", "pentagon", "star", "cross", "ring", "crescent", "heart", "arrow"];

    // Cosine and sine of 72 and 144 degrees.
    private const double Cos72 = 0.30901699437494742, Sin72 = 0.95105651629515357;
    private const double Cos144 = -0.80901699437494742, Sin144 = 0.58778525229247313;

    // Inner corners of a star, over the outer ones; 0.382 would be the pentagram.
    private const double StarInner = 0.45;

    private static readonly (double X, double Y)[] Triangle = [(0, -1), (0.86602540378443865, 0.5), (-0.86602540378443865, 0.5)];

    private static readonly (double X, double Y)[] Square = [(-0.72, -0.72), (0.72, -0.72), (0.72, 0.72), (-0.72, 0.72)];

    private static readonly (double X, double Y)[] Pentagon =
        [(0, -1), (Sin72, -Cos72), (Sin144, -Cos144), (-Sin144, -Cos144), (-Sin72, -Cos72)];

    private static readonly (double X, double Y)[] Star =
    [
        (0, -1), (StarInner * Sin144, StarInner * Cos144), (Sin72, -Cos72), (StarInner * Sin72, StarInner * Cos72), (Sin144, -Cos144),
        (0, StarInner), (-Sin144, -Cos144), (-StarInner * Sin72, StarInner * Cos72), (-Sin72, -Cos72),
        (-StarInner * Sin144, StarInner * Cos144),
    ];

    private static readonly (double X, double Y)[] Cross =
    [
        (-0.3, -0.95), (0.3, -0.95), (0.3, -0.3), (0.95, -0.3), (0.95, 0.3), (0.3, 0.3),
        (0.3, 0.95), (-0.3, 0.95), (-0.3, 0.3), (-0.95, 0.3), (-0.95, -0.3), (-0.3, -0.3),
    ];

    private static readonly (double X, double Y)[] Arrow =
        [(0, -1), (0.85, -0.1), (0.32, -0.1), (0.32, 1), (-0.32, 1), (-0.32, -0.1), (-0.85, -0.1)];

    private static readonly (double X, double Y)[] HeartTip = [(0, 1), (0.7, 0.3), (0, -0.4), (-0.7, 0.3)];

    /// <summary>Computes the signed distance of a point to the outline of a class.</summary>
    public static double Distance(int label, double x, double y) => label switch
    {
        0 => Disc(x, y, 0, 0, 0.9),
        1 => Polygon(Triangle, x, y),
        2 => Polygon(Square, x, y),
        3 => Polygon(Pentagon, x, y),
        4 => Polygon(Star, x, y),
        5 => Polygon(Cross, x, y),
        6 => Math.Abs(Disc(x, y, 0, 0, 0.72)) - 0.2,
        7 => Math.Max(Disc(x, y, 0, 0, 1), -Disc(x, y, 0.55, 0, 0.82)),
        8 => Math.Min(Polygon(HeartTip, x, y), Disc(Math.Abs(x), y, 0.35, -0.05, 0.49497474683058327)),
        9 => Polygon(Arrow, x, y),
        _ => throw new ArgumentOutOfRangeException(nameof(label), $"Shapes: found label {label}, expected 0..9."),
    };

    private static double Disc(double x, double y, double centreX, double centreY, double radius)
        => Math.Sqrt(((x - centreX) * (x - centreX)) + ((y - centreY) * (y - centreY))) - radius;

    /// <summary>Distance to the nearest edge; inside when a ray to the right crosses an odd number of edges.</summary>
    private static double Polygon((double X, double Y)[] corners, double x, double y)
    {
        double nearest = double.MaxValue;
        bool inside = false;
        (double X, double Y) from = corners[^1];
        foreach ((double X, double Y) to in corners)
        {
            double ex = to.X - from.X, ey = to.Y - from.Y, px = x - from.X, py = y - from.Y;
            double along = Math.Clamp(((px * ex) + (py * ey)) / ((ex * ex) + (ey * ey)), 0, 1);
            double dx = px - (along * ex), dy = py - (along * ey);
            nearest = Math.Min(nearest, (dx * dx) + (dy * dy));
            if ((from.Y > y) != (to.Y > y) && px < py * ex / ey)
            {
                inside = !inside;
            }

            from = to;
        }

        return inside ? -Math.Sqrt(nearest) : Math.Sqrt(nearest);
    }
}
