namespace ApproxNets.Data;

/// <summary>
/// Labelled images of one size, as bytes: pixels in the layout <c>[B, C, H, W]</c>, one label per image. Immutable by
/// convention: nobody writes to the arrays after construction.
/// </summary>
public sealed class ImageSet
{
    /// <summary>Wraps pixels and labels without copying them.</summary>
    /// <param name="pixels">Pixels 0..255, layout <c>[B, C, H, W]</c>.</param>
    /// <param name="labels">Class index of every image, B entries.</param>
    /// <param name="channels">C, channels.</param>
    /// <param name="height">H, rows.</param>
    /// <param name="width">W, columns.</param>
    /// <exception cref="ArgumentException">The number of pixels is not B x C x H x W.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A size is not positive.</exception>
    public ImageSet(ReadOnlyMemory<byte> pixels, byte[] labels, int channels, int height, int width)
    {
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(channels);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        long expected = (long)labels.Length * channels * height * width;
        if (pixels.Length != expected)
        {
            throw new ArgumentException(
                $"Image set: found {pixels.Length} pixels, expected {labels.Length} x {channels} x {height} x {width} = {expected}.",
                nameof(pixels));
        }

        (Pixels, Labels, Channels, Height, Width) = (pixels, labels, channels, height, width);
    }

    /// <summary>Pixels 0..255, layout <c>[B, C, H, W]</c>.</summary>
    public ReadOnlyMemory<byte> Pixels { get; }

    /// <summary>Class index of every image; not to be written to.</summary>
    public byte[] Labels { get; }

    /// <summary>B, number of images.</summary>
    public int Count => Labels.Length;

    /// <summary>C, channels.</summary>
    public int Channels { get; }

    /// <summary>H, rows.</summary>
    public int Height { get; }

    /// <summary>W, columns.</summary>
    public int Width { get; }

    /// <summary>Pixels of one image, C x H x W.</summary>
    public int ImageLength => Channels * Height * Width;

    /// <summary>The pixels of one image, layout <c>[C, H, W]</c>.</summary>
    /// <param name="index">Index of the image, 0..Count-1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such image.</exception>
    public ReadOnlySpan<byte> Image(int index) => index >= 0 && index < Count
        ? Pixels.Span.Slice(index * ImageLength, ImageLength)
        : throw new ArgumentOutOfRangeException(nameof(index), $"Image set: found index {index}, expected 0..{Count - 1}.");

    /// <summary>The first images: a view of the pixels.</summary>
    /// <param name="count">Number of images, 0..Count.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are not that many images.</exception>
    public ImageSet Take(int count) => Slice(0, count);

    /// <summary>A run of images: a view of the pixels.</summary>
    /// <param name="start">Index of the first image.</param>
    /// <param name="count">Number of images.</param>
    /// <exception cref="ArgumentOutOfRangeException">The run does not lie within the set.</exception>
    public ImageSet Slice(int start, int count)
    {
        if (start < 0 || count < 0 || start > Count - count)
        {
            throw new ArgumentOutOfRangeException(
                nameof(count), $"Image set: found a slice of {count} images from {start}, expected it within the set's {Count}.");
        }

        ReadOnlyMemory<byte> pixels = Pixels.Slice(start * ImageLength, count * ImageLength);
        return new ImageSet(pixels, Labels[start..(start + count)], Channels, Height, Width);
    }
}

/// <summary>A data set, split and ready to be trained on.</summary>
/// <param name="Name">Name, e.g. "cifar10".</param>
/// <param name="Classes">Class names in label order.</param>
/// <param name="Training">Images to train on.</param>
/// <param name="Validation">Images to choose by; never trained on.</param>
/// <param name="Test">Images to report by; never trained on nor chosen by.</param>
/// <param name="Statistics">Statistics of the training pixels, for normalisation.</param>
/// <param name="Sha256">SHA-256 of the bytes the set was made from, lower-case hex: says which copy a result belongs to.</param>
public sealed record ImageDataset(
    string Name, IReadOnlyList<string> Classes, ImageSet Training, ImageSet Validation, ImageSet Test, ChannelStatistics Statistics,
    string Sha256);
