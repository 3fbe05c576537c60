using System.Security.Cryptography;
using ApproxNets.Foundation;

namespace ApproxNets.Data;

/// <summary>
/// The embedded data set: pictures of ten shapes, 3 x 32 x 32, made from a seed. Position, scale, rotation, stretch,
/// colours, textures, clutter, occlusion, light and noise are random; the class is the only thing that is not.
/// </summary>
/// <remarks>
/// <para>An image depends on the seed, the split and its index alone: not on how many are made, nor on the number of
/// threads. The arithmetic is of sums, products, quotients and square roots in double precision, which IEEE 754 rounds alike
/// everywhere, so the bytes are the same on every machine.</para>
/// <para>Every ten images in a row have one of each class, in random order, so any multiple of ten is balanced.</para>
/// <para>All shapes have a mirror axis and any rotation is as likely as another: flipping an image keeps its class.</para>
/// </remarks>
public static class Shapes
{
    /// <summary>Class names in label order.</summary>
    public static IReadOnlyList<string> Classes => ShapeOutlines.Names;

    // Statistics are of this many training images whatever the size asked for, so that a model trained on many and one
    // evaluated on few see the same normalisation.
    private const int StatisticsImages = 2000;

    internal enum Split
    {
        Training,
        Validation,
        Test,
    }

    /// <summary>Makes the data set: three splits that share no image.</summary>
    /// <param name="training">Number of training images.</param>
    /// <param name="validation">Number of validation images.</param>
    /// <param name="test">Number of test images.</param>
    /// <param name="seed">Seed.</param>
    /// <returns>The data set "shapes". The statistics are of the first 2,000 training images of the seed, whatever the
    /// sizes; the sum is of the pixels and the labels of the three splits in turn.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A count is negative.</exception>
    public static ImageDataset Load(int training, int validation, int test, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(training);
        ImageSet trained = Generate(Math.Max(training, StatisticsImages), seed);
        ChannelStatistics statistics = ChannelStatistics.Of(trained.Take(StatisticsImages));
        trained = trained.Take(training);
        ImageSet validated = Generate(validation, seed, Split.Validation);
        ImageSet tested = Generate(test, seed, Split.Test);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (ImageSet set in (ImageSet[])[trained, validated, tested])
        {
            hash.AppendData(set.Pixels.Span);
            hash.AppendData(set.Labels);
        }

        return new ImageDataset(
            "shapes", Classes, trained, validated, tested, statistics, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>Makes the images of a split on a number of threads (-1: as many as there are cores).</summary>
    internal static ImageSet Generate(int count, int seed, Split split = Split.Training, int threads = -1)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        const int imageLength = 3 * ShapeScene.Size * ShapeScene.Size;
        var pixels = new byte[checked(count * imageLength)];
        byte[] labels = Labels(count, seed, split);
        Parallel.For(
            0, count, new ParallelOptions { MaxDegreeOfParallelism = threads }, () => new ShapeScene(),
            (i, _, scene) =>
            {
                var random = new SplitMix64(seed, (int)split, i);
                scene.Paint(labels[i], ref random, pixels.AsSpan(i * imageLength, imageLength));
                return scene;
            },
            _ => { });
        return new ImageSet(pixels, labels, 3, ShapeScene.Size, ShapeScene.Size);
    }

    /// <summary>One of each class in every ten images, in an order drawn for these ten.</summary>
    private static byte[] Labels(int count, int seed, Split split)
    {
        int classes = Classes.Count;
        var labels = new byte[count];
        Span<byte> order = stackalloc byte[classes];
        for (int start = 0; start < count; start += classes)
        {
            var random = new SplitMix64(seed, (int)split, start, -1);
            for (int i = 0; i < classes; i++)
            {
                // Fisher-Yates from the inside out.
                int j = random.Below(i + 1);
                order[i] = order[j];
                order[j] = (byte)i;
            }

            order[..Math.Min(classes, count - start)].CopyTo(labels.AsSpan(start));
        }

        return labels;
    }
}
