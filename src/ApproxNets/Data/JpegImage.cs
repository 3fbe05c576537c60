using StbImageSharp;

namespace ApproxNets.Data;

/// <summary>Decodes JPEG files of a known size.</summary>
/// <remarks>
/// The decoder is StbImageSharp: managed, in the public domain, and in integers, so a file gives the same pixels on every machine. They differ
/// by three levels at most from those of libjpeg, and mostly by none. It goes on silently where data ends early; so the end marker is looked
/// for first.
/// </remarks>
internal static class JpegImage
{
    private const int Channels = 3;

    /// <summary>Decodes a file.</summary>
    /// <param name="path">The file, for the message.</param>
    /// <param name="file">Its bytes.</param>
    /// <param name="size">Rows and columns that it must have.</param>
    /// <param name="target">Receives the pixels, layout <c>[3, size, size]</c>; three equal channels of a grey image.</param>
    /// <exception cref="InvalidDataException">It is no whole JPEG file, or of another size.</exception>
    public static void Decode(string path, byte[] file, int size, Span<byte> target)
    {
        InvalidDataException Refused(string found, Exception? cause = null) =>
            new($"'{path}': found {found}, expected a whole JPEG file of {size} x {size} pixels.", cause);
        if (file is not [0xFF, 0xD8, .., 0xFF, 0xD9])
        {
            throw Refused($"{file.Length} bytes without a JPEG file's {(file is [0xFF, 0xD8, ..] ? "last" : "first")} two");
        }

        ImageResult image;
        try
        {
            using var stream = new MemoryStream(file);
            if (ImageInfo.FromStream(stream) is not { } info)
            {
                throw Refused("damaged data");
            }

            if (info.Width != size || info.Height != size)
            {
                throw Refused($"{info.Height} x {info.Width} pixels");
            }

            image = ImageResult.FromMemory(file, ColorComponents.RedGreenBlue);
        }
        catch (Exception error) when (error is not InvalidDataException)
        {
            // The decoder is a translation from C and has no exception of its own for damaged data.
            throw Refused($"damaged data ({error.Message})", error);
        }

        int plane = size * size;
        for (int pixel = 0; pixel < plane; pixel++)
        {
            for (int c = 0; c < Channels; c++)
            {
                target[(c * plane) + pixel] = image.Data[(pixel * Channels) + c];
            }
        }
    }
}
