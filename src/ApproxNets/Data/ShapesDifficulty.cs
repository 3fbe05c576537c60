namespace ApproxNets.Data;

/// <summary>
/// What makes <see cref="Shapes"/> hard, in one place. Lengths are in pixels, colours and noise on a 0..1 scale. The values
/// were tuned by training a ResNet8 in float for 8 epochs on 12,000 images: about 94 % of the test images.
/// </summary>
internal sealed record ShapesDifficulty
{
    /// <summary>The set that <see cref="Shapes"/> gives.</summary>
    public static ShapesDifficulty Default { get; } = new();

    /// <summary>Least circumradius of a shape.</summary>
    public double LeastRadius { get; init; } = 8;

    /// <summary>Greatest circumradius of a shape.</summary>
    public double GreatestRadius { get; init; } = 14;

    /// <summary>Greatest stretch of a shape along one axis.</summary>
    public double GreatestStretch { get; init; } = 1.25;

    /// <summary>How much of its radius a shape must keep from the border.</summary>
    public double Inside { get; init; } = 0.8;

    /// <summary>Least difference in brightness between shape and background, before texture.</summary>
    public double LeastContrast { get; init; } = 0.15;

    /// <summary>Greatest difference in brightness that is asked for between shape and background.</summary>
    public double GreatestContrast { get; init; } = 0.45;

    /// <summary>Greatest difference, per channel, of the two colours of a texture.</summary>
    public double TextureContrast { get; init; } = 0.15;

    /// <summary>Greatest number of lines and blobs behind the shape.</summary>
    public int Clutter { get; init; } = 3;

    /// <summary>Probability that something lies over the shape.</summary>
    public double OcclusionProbability { get; init; } = 0.4;

    /// <summary>Greatest half-width of what lies over the shape, as a part of its radius.</summary>
    public double OcclusionSize { get; init; } = 0.25;

    /// <summary>Greatest difference of brightness across the image.</summary>
    public double Lighting { get; init; } = 0.2;

    /// <summary>Greatest standard deviation of the noise.</summary>
    public double Noise { get; init; } = 0.08;
}
