using ApproxNets.Foundation;

namespace ApproxNets.Data;

/// <summary>How a surface of <see cref="Shapes"/> is painted: plain, a gradient, stripes or a checker of two colours.</summary>
internal readonly struct ShapeTexture
{
    private const int Plain = 0, Gradient = 1, Stripes = 2, Kinds = 4;

    private readonly int _kind;
    private readonly double _directionX;
    private readonly double _directionY;
    private readonly double _frequency;
    private readonly double _phase;
    private readonly Rgb _first;
    private readonly Rgb _second;

    /// <summary>Draws the texture of a surface at random.</summary>
    public ShapeTexture(Rgb colour, double contrast, ref SplitMix64 random)
    {
        _kind = random.Below(Kinds);
        (_directionX, _directionY) = Direction(ref random);
        _frequency = 1 / random.Between(3, 9);
        _phase = random.Unit();
        _first = colour;
        _second = new Rgb(
            colour.R + random.Between(-contrast, contrast), colour.G + random.Between(-contrast, contrast),
            colour.B + random.Between(-contrast, contrast));
    }

    /// <summary>The colour at a pixel.</summary>
    public Rgb At(double x, double y)
    {
        double along = (x * _directionX) + (y * _directionY);
        switch (_kind)
        {
            case Plain:
                return _first;
            case Gradient:
                return Rgb.Mix(_first, _second, Math.Clamp((along / 32) + _phase - 0.5, 0, 1));
            case Stripes:
                return Rgb.Mix(_first, _second, Wave(along));
            default:
                double a = Wave(along), b = Wave((x * _directionY) - (y * _directionX));
                return Rgb.Mix(_first, _second, a + b - (2 * a * b));
        }
    }

    /// <summary>A random unit vector: a point of the disc, pushed out to the circle (needs no sine).</summary>
    public static (double X, double Y) Direction(ref SplitMix64 random)
    {
        while (true)
        {
            double x = random.Between(-1, 1), y = random.Between(-1, 1), square = (x * x) + (y * y);
            if (square is > 0.01 and <= 1)
            {
                double length = Math.Sqrt(square);
                return (x / length, y / length);
            }
        }
    }

    /// <summary>A square wave 0..1 with slanted flanks, about a pixel wide.</summary>
    private double Wave(double along)
    {
        double position = (along * _frequency) + _phase;
        double triangle = Math.Abs((2 * (position - Math.Floor(position))) - 1);
        return Math.Clamp(((triangle - 0.5) / (2 * _frequency)) + 0.5, 0, 1);
    }
}

/// <summary>A colour, each part on a 0..1 scale.</summary>
internal readonly record struct Rgb(double R, double G, double B)
{
    /// <summary>A colour drawn at random.</summary>
    public static Rgb Random(ref SplitMix64 random)
        => new(random.Between(0.05, 0.95), random.Between(0.05, 0.95), random.Between(0.05, 0.95));

    /// <summary><paramref name="part"/> of the second colour, the rest of the first.</summary>
    public static Rgb Mix(Rgb first, Rgb second, double part) => new(
        first.R + (part * (second.R - first.R)), first.G + (part * (second.G - first.G)), first.B + (part * (second.B - first.B)));

    /// <summary>The mean of the three parts.</summary>
    public double Brightness => (R + G + B) / 3;
}
