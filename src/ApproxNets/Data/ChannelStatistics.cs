namespace ApproxNets.Data;

/// <summary>Mean and standard deviation of each channel, with pixels on a 0..1 scale: what normalisation subtracts and divides by.</summary>
/// <param name="Mean">Mean of each channel, 0..1.</param>
/// <param name="StandardDeviation">Standard deviation of each channel (divisor: number of pixels), 0..0.5.</param>
public sealed record ChannelStatistics(IReadOnlyList<double> Mean, IReadOnlyList<double> StandardDeviation)
{
    /// <summary>
    /// Computes the statistics of a set, <c>mean = avg(x / 255)</c> and <c>std = sqrt(avg((x / 255)^2) - mean^2)</c> per
    /// channel. The sums are over integers, so the result is the same on every machine.
    /// </summary>
    /// <param name="images">The images, at least one.</param>
    /// <exception cref="ArgumentException">The set is empty.</exception>
    public static ChannelStatistics Of(ImageSet images)
    {
        ArgumentNullException.ThrowIfNull(images);
        if (images.Count == 0)
        {
            throw new ArgumentException("Channel statistics: found no images, expected at least one.", nameof(images));
        }

        var sums = new long[images.Channels];
        var squares = new long[images.Channels];
        int plane = images.Height * images.Width;
        for (int i = 0; i < images.Count; i++)
        {
            ReadOnlySpan<byte> image = images.Image(i);
            for (int c = 0; c < images.Channels; c++)
            {
                long sum = 0, square = 0;
                foreach (byte pixel in image.Slice(c * plane, plane))
                {
                    sum += pixel;
                    square += pixel * pixel;
                }

                sums[c] += sum;
                squares[c] += square;
            }
        }

        double pixels = (double)images.Count * plane;
        var mean = new double[images.Channels];
        var deviation = new double[images.Channels];
        for (int c = 0; c < images.Channels; c++)
        {
            double average = sums[c] / pixels;
            mean[c] = average / 255;
            deviation[c] = Math.Sqrt(Math.Max(0, (squares[c] / pixels) - (average * average))) / 255;
        }

        return new ChannelStatistics(mean, deviation);
    }
}
