using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using ApproxNets.Foundation;
using TorchSharp;

namespace ApproxNets.Data;

/// <summary>
/// Turns an <see cref="ImageSet"/> into normalised, shuffled and augmented batches, prepared on a background thread ahead
/// of use. What an epoch gives depends on the seed and the epoch alone.
/// </summary>
public sealed class BatchLoader
{
    private const int QueueLength = 4;
    private const int CropPadding = 4;

    // Numbers of the two random streams of one epoch.
    private const int OrderStream = 0, AugmentationStream = 1;

    private readonly ImageSet _images;
    private readonly float[] _normalised;
    private readonly int _batchSize;
    private readonly Augmentation _augmentation;
    private readonly bool _shuffle;
    private readonly int _seed;
    private readonly ImageViews? _views;

    /// <summary>Makes a loader.</summary>
    /// <param name="images">The images.</param>
    /// <param name="statistics">What to normalise by: <c>(x / 255 - mean) / std</c> per channel. Those of the training images, for
    /// every split.</param>
    /// <param name="batchSize">B, images of a batch; the last batch of an epoch may have less.</param>
    /// <param name="augmentation">What happens to an image before it is seen.</param>
    /// <param name="shuffle">Whether each epoch has an order of its own; otherwise the order is that of the set.</param>
    /// <param name="seed">Seed of order and augmentation.</param>
    /// <param name="dropLast">Whether a last batch of less than <paramref name="batchSize"/> images is left out.</param>
    /// <param name="views">Views that the epochs take in turn; null to draw crops and flips anew for every epoch.</param>
    /// <exception cref="ArgumentException">The statistics are of another number of channels, or a deviation is not positive.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The batch size is not positive, or the augmentation is unknown.</exception>
    public BatchLoader(
        ImageSet images, ChannelStatistics statistics, int batchSize, Augmentation augmentation = Augmentation.None, bool shuffle = false,
        int seed = 0, bool dropLast = false, ImageViews? views = null)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(statistics);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        if (!Enum.IsDefined(augmentation))
        {
            throw new ArgumentOutOfRangeException(
                nameof(augmentation), $"Batch loader: found augmentation {augmentation}, expected None or CropAndFlip.");
        }

        (_images, _batchSize, _augmentation, _shuffle, _seed, _views) = (images, batchSize, augmentation, shuffle, seed, views);
        _normalised = NormalisedValues(images.Channels, statistics);
        Batches = dropLast ? images.Count / batchSize : (images.Count + batchSize - 1) / batchSize;
        ImagesPerEpoch = Math.Min(images.Count, Batches * batchSize);
    }

    /// <summary>Batches of one epoch.</summary>
    public int Batches { get; }

    /// <summary>Images of one epoch.</summary>
    public int ImagesPerEpoch { get; }

    /// <summary>The background work of the epoch begun last.</summary>
    internal Task? Producer { get; private set; }

    /// <summary>
    /// The batches of one epoch. Each is made when the enumerator moves to it, on the calling thread and in its current
    /// dispose scope, and belongs to the caller, who disposes it. Leaving the loop early stops the background work.
    /// </summary>
    /// <param name="epoch">Which epoch, &gt;= 0: the same epoch gives the same batches, bit for bit.</param>
    /// <exception cref="ArgumentOutOfRangeException">The epoch is negative.</exception>
    public IEnumerable<Batch> Epoch(int epoch)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        return Enumerate(epoch);
    }

    /// <summary>The order of the images of one epoch: a Fisher-Yates shuffle, or the order of the set.</summary>
    internal int[] Order(int epoch)
    {
        int[] order = [.. Enumerable.Range(0, _images.Count)];
        if (_shuffle)
        {
            var random = new SplitMix64(_seed, epoch, OrderStream);
            for (int i = order.Length - 1; i > 0; i--)
            {
                int j = random.Below(i + 1);
                (order[i], order[j]) = (order[j], order[i]);
            }
        }

        return order;
    }

    private IEnumerable<Batch> Enumerate(int epoch)
    {
        // Bounded: the producer waits while QueueLength batches are ready. Buffers come back for reuse once copied to a tensor.
        using var ready = new BlockingCollection<Prepared>(QueueLength);
        using var cancellation = new CancellationTokenSource();
        var free = new ConcurrentBag<Prepared>();
        Task producer = Task.Factory.StartNew(
            () => Produce(epoch, ready, free, cancellation.Token), CancellationToken.None, TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        Producer = producer;
        try
        {
            foreach (Prepared prepared in ready.GetConsumingEnumerable())
            {
                Batch batch = ToTensors(prepared, ViewOf(epoch));
                free.Add(prepared);
                yield return batch;
            }

            // The queue ended: rethrows what the producer failed with, if it did.
            producer.GetAwaiter().GetResult();
        }
        finally
        {
            cancellation.Cancel();
            Task.WaitAny(producer);
        }
    }

    private void Produce(int epoch, BlockingCollection<Prepared> ready, ConcurrentBag<Prepared> free, CancellationToken cancellation)
    {
        try
        {
            int[] order = Order(epoch);
            int view = ViewOf(epoch);
            for (int start = 0; start < ImagesPerEpoch; start += _batchSize)
            {
                int count = Math.Min(_batchSize, ImagesPerEpoch - start);
                if (!free.TryTake(out Prepared? prepared))
                {
                    prepared = new Prepared(new float[_batchSize * _images.ImageLength], new long[_batchSize], new int[_batchSize]);
                }

                prepared.Count = count;
                for (int b = 0; b < count; b++)
                {
                    int image = order[start + b];
                    prepared.Labels[b] = _images.Labels[image];
                    prepared.Numbers[b] = image;
                    Span<float> target = prepared.Pixels.AsSpan(b * _images.ImageLength, _images.ImageLength);
                    WriteImage(
                        _views is null ? (_seed, epoch, start + b) : (_views.Seed, view / 2, image), mirrored: view % 2 == 1, _images.Image(image), target);
                }

                ready.Add(prepared, cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The consumer left early: nobody waits for the rest.
        }
        finally
        {
            ready.CompleteAdding();
        }
    }

    private int ViewOf(int epoch) => _views is null ? 0 : epoch % _views.Count;

    /// <summary>Normalises one image, cropped and flipped where asked.</summary>
    private void WriteImage((int Seed, int Epoch, int Position) draw, bool mirrored, ReadOnlySpan<byte> image, Span<float> target)
    {
        int height = _images.Height, width = _images.Width, dy = 0, dx = 0;
        bool flip = false;
        if (_augmentation == Augmentation.CropAndFlip)
        {
            var random = new SplitMix64(draw.Seed, draw.Epoch, AugmentationStream, draw.Position);
            dy = random.Below((2 * CropPadding) + 1) - CropPadding;
            dx = random.Below((2 * CropPadding) + 1) - CropPadding;
            flip = random.Below(2) == 1 ^ mirrored;
        }

        // Target column x shows source column x + dx (mirrored: W - 1 - x + dx); [first, last) are the x whose source exists.
        int shift = flip ? -dx : dx;
        int first = Math.Min(width, Math.Max(0, -shift)), last = Math.Max(first, Math.Min(width, width - shift));
        for (int c = 0; c < _images.Channels; c++)
        {
            ReadOnlySpan<float> values = _normalised.AsSpan(c * 256, 256);
            for (int y = 0; y < height; y++)
            {
                Span<float> row = target.Slice(((c * height) + y) * width, width);
                int sourceY = y + dy;
                if (sourceY < 0 || sourceY >= height)
                {
                    row.Fill(values[0]);
                    continue;
                }

                ReadOnlySpan<byte> source = image.Slice(((c * height) + sourceY) * width, width);
                row[..first].Fill(values[0]);
                row[last..].Fill(values[0]);
                if (flip)
                {
                    for (int x = first; x < last; x++)
                    {
                        row[x] = values[source[width - 1 - x + dx]];
                    }
                }
                else
                {
                    for (int x = first; x < last; x++)
                    {
                        row[x] = values[source[x + dx]];
                    }
                }
            }
        }
    }

    /// <summary>Copies prepared arrays to tensors of the calling thread.</summary>
    private Batch ToTensors(Prepared prepared, int view)
    {
        int length = prepared.Count * _images.ImageLength;
        torch.Tensor images = torch.empty([prepared.Count, _images.Channels, _images.Height, _images.Width], torch.float32);
        MemoryMarshal.AsBytes(prepared.Pixels.AsSpan(0, length)).CopyTo(images.bytes);
        torch.Tensor labels = torch.empty([prepared.Count], torch.int64);
        MemoryMarshal.AsBytes(prepared.Labels.AsSpan(0, prepared.Count)).CopyTo(labels.bytes);
        return new Batch(images, labels) { Numbers = prepared.Numbers[..prepared.Count], View = view };
    }

    /// <summary>The normalised value of each byte, <c>[C, 256]</c>.</summary>
    private static float[] NormalisedValues(int channels, ChannelStatistics statistics)
    {
        if (statistics.Mean.Count != channels || statistics.StandardDeviation.Count != channels)
        {
            throw new ArgumentException(
                $"Batch loader: found statistics of {statistics.Mean.Count} means and {statistics.StandardDeviation.Count} deviations, "
                + $"expected {channels} of each, one per channel.", nameof(statistics));
        }

        var values = new float[channels * 256];
        for (int c = 0; c < channels; c++)
        {
            double deviation = statistics.StandardDeviation[c];
            if (!(deviation > 0) || !double.IsFinite(statistics.Mean[c]))
            {
                throw new ArgumentException(
                    $"Batch loader: found mean {statistics.Mean[c]} and deviation {deviation} of channel {c}, "
                    + "expected finite numbers and a positive deviation.", nameof(statistics));
            }

            for (int value = 0; value < 256; value++)
            {
                values[(c * 256) + value] = (float)(((value / 255.0) - statistics.Mean[c]) / deviation);
            }
        }

        return values;
    }

    private sealed record Prepared(float[] Pixels, long[] Labels, int[] Numbers)
    {
        public int Count { get; set; }
    }
}

/// <summary>What happens to a training image before it is seen.</summary>
public enum Augmentation
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>
    /// A random crop of the image padded with 4 black pixels on each side (all 9 x 9 positions alike), then a horizontal
    /// flip with probability 1/2. The padding is raw 0, before normalisation: it adds no value that images do not have,
    /// so it does not widen the range that 8-bit activations must cover.
    /// </summary>
    CropAndFlip,
}

/// <summary>
/// Random views of all images that are the same in every training: epoch e shows view e mod n. Which crop view 2k is depends on the seed, k and
/// the place of the image in its set; view 2k + 1 is its mirror image. So what a teacher answers to a view can be kept, and the mean of its
/// answers to both sides, which is better than either, costs no more than two answers.
/// </summary>
/// <param name="Count">Number n of views, even.</param>
/// <param name="Seed">Seed of crops and flips.</param>
public sealed record ImageViews(int Count, int Seed);

/// <summary>A batch of images; owns its tensors.</summary>
/// <param name="Images">Normalised images, float32 <c>[B, C, H, W]</c>.</param>
/// <param name="Labels">Class indices, int64 <c>[B]</c>.</param>
public sealed record Batch(torch.Tensor Images, torch.Tensor Labels) : IDisposable
{
    /// <summary>Place of each image in its set.</summary>
    public IReadOnlyList<int> Numbers { get; init; } = [];

    /// <summary>Which of the <see cref="ImageViews"/> it shows; 0 without.</summary>
    public int View { get; init; }

    /// <summary>Frees both tensors.</summary>
    public void Dispose()
    {
        Images.Dispose();
        Labels.Dispose();
    }
}
