using ApproxNets.Foundation;

namespace ApproxNets.Data;

/// <summary>Paints one image of <see cref="Shapes"/>: background, clutter, the shape, what covers it, light and noise.</summary>
internal sealed class ShapeScene
{
    /// <summary>H and W.</summary>
    public const int Size = 32;

    private const int Plane = Size * Size;

    // What makes the images hard. Lengths are in pixels, colours and noise on a 0..1 scale. The values were tuned by training a ResNet8 in
    // float for 8 epochs on 12,000 images: 95.2 % of 4,000 test images (one run).
    private const double LeastRadius = 7.5, GreatestRadius = 14; // circumradius of a shape
    private const double GreatestStretch = 1.25; // along one axis of the shape
    private const double Inside = 0.8; // how much of its radius a shape must keep from the border
    private const double LeastContrast = 0.13, GreatestContrast = 0.42; // asked for in brightness, before texture
    private const double TextureContrast = 0.18; // greatest difference, per channel, of the two colours of a texture
    private const int Clutter = 3; // greatest number of lines and blobs behind the shape
    private const double OcclusionProbability = 0.45; // that something lies over the shape
    private const double OcclusionSize = 0.28; // greatest half-width of that, as a part of the radius
    private const double Lighting = 0.2; // greatest difference of brightness across the image
    private const double Noise = 0.1; // greatest standard deviation

    private readonly Rgb[] _canvas = new Rgb[Plane];

    /// <summary>Paints an image of a class.</summary>
    /// <param name="label">The class.</param>
    /// <param name="random">What everything else is drawn from.</param>
    /// <param name="pixels">Where the image goes, <c>[3, 32, 32]</c>.</param>
    public void Paint(int label, ref SplitMix64 random, Span<byte> pixels)
    {
        (Rgb background, Rgb foreground) = Colours(ref random);
        var behind = new ShapeTexture(background, TextureContrast, ref random);
        for (int i = 0; i < Plane; i++)
        {
            _canvas[i] = behind.At(i % Size, i / Size);
        }

        for (int n = random.Below(Clutter + 1); n > 0; n--)
        {
            PaintLine(
                random.Between(0, Size), random.Between(0, Size), random.Between(0, 12), random.Between(0.6, 2.2),
                Rgb.Mix(background, Rgb.Random(ref random), 0.6), ref random);
        }

        double radius = random.Between(LeastRadius, GreatestRadius);
        double margin = Math.Min(Size / 2.0, radius * Inside);
        double centreX = random.Between(margin, Size - margin), centreY = random.Between(margin, Size - margin);
        PaintShape(label, centreX, centreY, radius, new ShapeTexture(foreground, TextureContrast, ref random), ref random);
        if (random.Unit() < OcclusionProbability)
        {
            // Somewhere over the shape, but not its very middle every time.
            PaintLine(
                centreX + random.Between(-radius, radius), centreY + random.Between(-radius, radius), random.Between(0, radius),
                random.Between(0.1, 1) * OcclusionSize * radius, Rgb.Random(ref random), ref random);
        }

        Develop(ref random, pixels);
    }

    /// <summary>
    /// Any two colours of which that of the shape is the brighter one. Without such an order a network first has to find
    /// out what is figure and what is ground, which takes it longer than all the rest.
    /// </summary>
    private (Rgb Background, Rgb Foreground) Colours(ref SplitMix64 random)
    {
        double contrast = random.Between(LeastContrast, GreatestContrast);
        while (true)
        {
            Rgb background = Rgb.Random(ref random), foreground = Rgb.Random(ref random);
            if (foreground.Brightness - background.Brightness >= contrast)
            {
                return (background, foreground);
            }
        }
    }

    private void PaintShape(int label, double centreX, double centreY, double radius, ShapeTexture texture, ref SplitMix64 random)
    {
        (double cos, double sin) = ShapeTexture.Direction(ref random);

        // The stretch keeps the area; along which axis of the shape is as random as the rotation between the two axes.
        (double stretchCos, double stretchSin) = ShapeTexture.Direction(ref random);
        double stretch = random.Between(1, GreatestStretch), across = 1 / stretch;
        double reach = radius * stretch * 1.2;
        for (int y = 0; y < Size; y++)
        {
            for (int x = 0; x < Size; x++)
            {
                double dx = x + 0.5 - centreX, dy = y + 0.5 - centreY;
                if (Math.Abs(dx) > reach || Math.Abs(dy) > reach)
                {
                    continue;
                }

                double u = ((dx * stretchCos) + (dy * stretchSin)) / (radius * stretch);
                double v = ((dy * stretchCos) - (dx * stretchSin)) / (radius * across);
                double distance = ShapeOutlines.Distance(label, (u * cos) + (v * sin), (v * cos) - (u * sin)) * radius;

                // Anti-aliased: a pixel half a pixel inside is covered wholly, half a pixel outside not at all.
                double coverage = Math.Clamp(0.5 - distance, 0, 1);
                if (coverage > 0)
                {
                    ref Rgb pixel = ref _canvas[(y * Size) + x];
                    pixel = Rgb.Mix(pixel, texture.At(x, y), coverage);
                }
            }
        }
    }

    /// <summary>Paints a line with round ends; a short one is a blob.</summary>
    private void PaintLine(double centreX, double centreY, double halfLength, double halfWidth, Rgb colour, ref SplitMix64 random)
    {
        (double directionX, double directionY) = ShapeTexture.Direction(ref random);
        for (int i = 0; i < Plane; i++)
        {
            double dx = (i % Size) + 0.5 - centreX, dy = (i / Size) + 0.5 - centreY;
            double along = Math.Clamp((dx * directionX) + (dy * directionY), -halfLength, halfLength);
            dx -= along * directionX;
            dy -= along * directionY;
            double coverage = Math.Clamp(halfWidth + 0.5 - Math.Sqrt((dx * dx) + (dy * dy)), 0, 1);
            if (coverage > 0)
            {
                _canvas[i] = Rgb.Mix(_canvas[i], colour, coverage);
            }
        }
    }

    /// <summary>Lights the canvas from one side, adds noise and rounds to bytes.</summary>
    private void Develop(ref SplitMix64 random, Span<byte> pixels)
    {
        (double directionX, double directionY) = ShapeTexture.Direction(ref random);
        double slope = random.Between(0, Lighting) / Size;
        double noise = random.Between(0, Noise);
        for (int i = 0; i < Plane; i++)
        {
            double light = slope * ((((i % Size) - 15.5) * directionX) + (((i / Size) - 15.5) * directionY));
            Rgb colour = _canvas[i];
            pixels[i] = ToByte(colour.R + light + (noise * Normal(ref random)));
            pixels[Plane + i] = ToByte(colour.G + light + (noise * Normal(ref random)));
            pixels[(2 * Plane) + i] = ToByte(colour.B + light + (noise * Normal(ref random)));
        }
    }

    /// <summary>Nearly a standard normal variable: four 16-bit uniform ones, whose sum has variance 1/3 of full scale.</summary>
    private static double Normal(ref SplitMix64 random)
    {
        ulong bits = random.Next();
        long sum = (long)((bits & 0xFFFF) + ((bits >> 16) & 0xFFFF) + ((bits >> 32) & 0xFFFF) + (bits >> 48));
        return (sum - 131070) * (1.7320508075688772 / 65536);
    }

    private static byte ToByte(double value) => (byte)((Math.Clamp(value, 0, 1) * 255) + 0.5);
}
