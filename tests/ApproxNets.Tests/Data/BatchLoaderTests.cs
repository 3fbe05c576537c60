using ApproxNets.Data;
using ApproxNets.Tests.Layers;
using TorchSharp;
using Xunit;

namespace ApproxNets.Tests.Data;

public sealed class BatchLoaderTests
{
    private const int Height = 6, Width = 9;

    private static readonly ChannelStatistics Statistics = new([0.5, 0.25], [0.25, 0.5]);

    private static ImageSet Images(int count)
    {
        var random = new Random(1);
        var pixels = new byte[count * 2 * Height * Width];
        random.NextBytes(pixels);
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] |= 1; // never 0, so that padding shows
        }

        return new ImageSet(pixels, [.. Enumerable.Range(0, count).Select(i => (byte)i)], 2, Height, Width);
    }

    private static BatchLoader Loader(
        int count, int batch, Augmentation augmentation = Augmentation.None, bool shuffle = false, int seed = 3, bool dropLast = false)
        => new(Images(count), Statistics, batch, augmentation, shuffle, seed, dropLast);

    private static (long[] Labels, float[] Pixels) Collect(BatchLoader loader, int epoch)
    {
        var labels = new List<long>();
        var pixels = new List<float>();
        foreach (Batch batch in loader.Epoch(epoch))
        {
            using (batch)
            {
                labels.AddRange(batch.Labels.data<long>().ToArray());
                pixels.AddRange(batch.Images.data<float>().ToArray());
            }
        }

        return ([.. labels], [.. pixels]);
    }

    [Fact]
    public void NormalisesWithoutChangingOrder()
    {
        ImageSet images = Images(7);
        (long[] labels, float[] pixels) = Collect(Loader(7, 3), 0);
        Assert.Equal([0L, 1, 2, 3, 4, 5, 6], labels);
        for (int i = 0; i < pixels.Length; i++)
        {
            int c = i / (Height * Width) % 2;
            Assert.Equal((float)(((images.Pixels.Span[i] / 255.0) - Statistics.Mean[c]) / Statistics.StandardDeviation[c]), pixels[i]);
        }
    }

    [Theory]
    [InlineData(7, 3, false, 3, 7)]
    [InlineData(7, 3, true, 2, 6)]
    [InlineData(6, 3, true, 2, 6)]
    [InlineData(2, 3, true, 0, 0)]
    [InlineData(0, 3, false, 0, 0)]
    public void CountsBatches(int count, int size, bool dropLast, int batches, int images)
    {
        BatchLoader loader = Loader(count, size, dropLast: dropLast);
        Assert.Equal((batches, images), (loader.Batches, loader.ImagesPerEpoch));
        int seen = 0, seenImages = 0;
        foreach (Batch batch in loader.Epoch(0))
        {
            using (batch)
            {
                seen++;
                seenImages += (int)batch.Labels.shape[0];
                Assert.Equal([batch.Labels.shape[0], 2, Height, Width], batch.Images.shape);
                Assert.Equal((torch.ScalarType.Float32, torch.ScalarType.Int64), (batch.Images.dtype, batch.Labels.dtype));
            }
        }

        Assert.Equal((batches, images), (seen, seenImages));
    }

    [Fact]
    public void SameSeedAndEpochGiveTheSameBytes()
    {
        var first = Collect(Loader(50, 8, Augmentation.CropAndFlip, shuffle: true), 2);
        var again = Collect(Loader(50, 8, Augmentation.CropAndFlip, shuffle: true), 2);
        var otherEpoch = Collect(Loader(50, 8, Augmentation.CropAndFlip, shuffle: true), 3);
        var otherSeed = Collect(Loader(50, 8, Augmentation.CropAndFlip, shuffle: true, seed: 4), 2);
        Assert.Equal(first.Labels, again.Labels);
        Assert.Equal(first.Pixels, again.Pixels);
        Assert.NotEqual(first.Labels, otherEpoch.Labels);
        Assert.NotEqual(first.Labels, otherSeed.Labels);
        Assert.Equal(Enumerable.Range(0, 50).Select(i => (long)i), first.Labels.Order());
    }

    [Fact]
    public void AViewOfAnImageIsTheSameInEveryOrderAndComesBack()
    {
        BatchLoader Views(int seed, bool shuffle, int size) =>
            new(Images(20), Statistics, size, Augmentation.CropAndFlip, shuffle, seed, views: new ImageViews(4, 9));

        Dictionary<int, float[]> Seen(BatchLoader loader, int epoch, int view)
        {
            var seen = new Dictionary<int, float[]>();
            foreach (var batch in loader.Epoch(epoch))
            {
                using (batch)
                {
                    Assert.Equal(view, batch.View);
                    for (int b = 0; b < batch.Numbers.Count; b++)
                    {
                        Assert.Equal(batch.Numbers[b], batch.Labels[b].item<long>());
                        seen[batch.Numbers[b]] = [.. batch.Images[b].data<float>()];
                    }
                }
            }

            return seen;
        }

        var first = Seen(Views(1, true, 8), 1, 1);
        var again = Seen(Views(2, false, 20), 5, 1);
        Assert.Equal(Enumerable.Range(0, 20), first.Keys.Order());
        Assert.All(first, image => Assert.Equal(image.Value, again[image.Key]));
        Assert.Contains(Seen(Views(1, true, 8), 2, 2), image => !image.Value.SequenceEqual(first[image.Key]));

        // View 1 is the mirror image of view 0.
        Assert.All(Seen(Views(1, true, 8), 0, 0), image => Assert.Equal(
            image.Value, first[image.Key].Chunk(Width).SelectMany(row => row.Reverse())));
    }

    // Expected value from a second implementation of SplitMix64 and Fisher-Yates in Python.
    [Fact]
    public void ShuffleIsFixedForEver() =>
        Assert.Equal([0, 2, 8, 3, 1, 9, 4, 6, 5, 7], Loader(10, 4, shuffle: true, seed: 1).Order(1));

    [Fact]
    public void CropAndFlipEqualsTheNaiveWindow()
    {
        const int count = 400;
        ImageSet images = Images(count % 251);
        BatchLoader loader = new(images, Statistics, 16, Augmentation.CropAndFlip, seed: 5);
        (_, float[] pixels) = Collect(loader, 0);
        var seen = new HashSet<(int, int, bool)>();
        int flips = 0;
        for (int i = 0; i < images.Count; i++)
        {
            float[] found = pixels[(i * images.ImageLength)..((i + 1) * images.ImageLength)];
            var matches = (from dy in Enumerable.Range(-4, 9)
                           from dx in Enumerable.Range(-4, 9)
                           from flip in new[] { false, true }
                           where Window(images.Image(i).ToArray(), dy, dx, flip).SequenceEqual(found)
                           select (dy, dx, flip)).ToArray();
            Assert.Single(matches);
            seen.Add(matches[0]);
            flips += matches[0].flip ? 1 : 0;
        }

        Assert.True(seen.Count > 60, $"found {seen.Count} of the 162 windows in {images.Count} images");
        Assert.Equal(9, seen.Select(s => s.Item1).Distinct().Count());
        Assert.Equal(9, seen.Select(s => s.Item2).Distinct().Count());
        Assert.InRange(flips, images.Count / 4, images.Count * 3 / 4);
    }

    /// <summary>Pads by 4 black pixels, crops at (4 + dy, 4 + dx), then mirrors: pixel by pixel.</summary>
    private static float[] Window(byte[] image, int dy, int dx, bool flip)
    {
        var window = new float[image.Length];
        for (int i = 0; i < window.Length; i++)
        {
            int c = i / (Height * Width), y = i / Width % Height, x = i % Width;
            int sourceY = y + dy, sourceX = (flip ? Width - 1 - x : x) + dx;
            bool inside = sourceY >= 0 && sourceY < Height && sourceX >= 0 && sourceX < Width;
            byte value = inside ? image[(((c * Height) + sourceY) * Width) + sourceX] : (byte)0;
            window[i] = (float)(((value / 255.0) - Statistics.Mean[c]) / Statistics.StandardDeviation[c]);
        }

        return window;
    }

    [Fact]
    public void LeavingEarlyStopsTheProducer()
    {
        BatchLoader loader = Loader(200, 2);
        long before = LiveTensors.Settled();
        foreach (Batch batch in loader.Epoch(0))
        {
            batch.Dispose();
            Assert.False(loader.Producer!.IsCompleted); // it waits at the full queue: 200 images are far more than it holds
            break;
        }

        Assert.True(loader.Producer!.IsCompletedSuccessfully);
        Assert.Equal(before, torch.Tensor.TotalCount);
    }

    [Fact]
    public void ConsumerErrorsStopTheProducer()
    {
        BatchLoader loader = Loader(200, 2);
        Assert.Throws<InvalidOperationException>(() =>
        {
            foreach (Batch batch in loader.Epoch(0))
            {
                batch.Dispose();
                throw new InvalidOperationException("consumer");
            }
        });
        Assert.True(loader.Producer!.IsCompletedSuccessfully);
    }

    [Fact]
    public void ProducerErrorsReachTheConsumer()
    {
        using var pixels = new FailingMemory(100 * 2 * Height * Width);
        var loader = new BatchLoader(new ImageSet(pixels.Memory, new byte[100], 2, Height, Width), Statistics, 4);
        pixels.Failing = true;
        var error = Assert.Throws<InvalidOperationException>(() => Collect(loader, 0));
        Assert.Equal("unreadable", error.Message);
    }

    [Fact]
    public void BatchesBelongToTheConsumersScopeAndLeaveNothing()
    {
        long before = LiveTensors.Settled();
        using (torch.NewDisposeScope())
        {
            int batches = Loader(10, 4).Epoch(0).Count();
            Assert.Equal(before + (2 * batches), torch.Tensor.TotalCount);
        }

        Assert.Equal(before, torch.Tensor.TotalCount);
        Collect(Loader(10, 4), 0);
        Assert.Equal(before, torch.Tensor.TotalCount);
    }

    [Fact]
    public void RefusesWhatDoesNotFit()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Loader(4, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Loader(4, 2, (Augmentation)9));
        Assert.Throws<ArgumentOutOfRangeException>(() => Loader(4, 2).Epoch(-1));
        var error = Assert.Throws<ArgumentException>(() => new BatchLoader(Images(4), new([0, 0, 0], [1, 1, 1]), 2));
        Assert.Contains("3 means", error.Message);
        Assert.Contains("deviation 0", Assert.Throws<ArgumentException>(() => new BatchLoader(Images(4), new([0, 0], [1, 0]), 2)).Message);
    }

    /// <summary>Memory whose span cannot be had any more: what an unmapped file is to the producer.</summary>
    private sealed class FailingMemory(int length) : System.Buffers.MemoryManager<byte>
    {
        private readonly byte[] _bytes = new byte[length];

        public bool Failing { get; set; }

        public override Span<byte> GetSpan() => Failing ? throw new InvalidOperationException("unreadable") : _bytes;

        public override System.Buffers.MemoryHandle Pin(int elementIndex = 0) => throw new NotSupportedException();

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
