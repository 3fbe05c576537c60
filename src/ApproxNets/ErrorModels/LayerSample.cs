using ApproxNets.Kernels;
using ApproxNets.Multipliers;

namespace ApproxNets.ErrorModels;

/// <summary>The operands and the output spread of one layer on sample data. The error models work from it.</summary>
/// <param name="Path">Place of the layer in the model.</param>
/// <param name="Scheme">Signedness of the codes.</param>
/// <param name="Shape">Shape of the layer for the whole sample.</param>
/// <param name="ActivationCodes">Operand codes of the input, <c>[B, C, H, W]</c>.</param>
/// <param name="PaddingCode">Operand code of padding.</param>
/// <param name="WeightCodes">Operand codes of the weights, <c>[O, n]</c>.</param>
/// <param name="ReceptiveFields">Activation codes of K receptive fields drawn at random, <c>[K, n]</c>; padding included.</param>
/// <param name="OutputScales">Real units of one step of the integer sum, <c>s_x s_w</c>: one for the layer, or one per output channel.</param>
/// <param name="OutputStandardDeviation">std(y) of the quantised layer's output on the sample, in real units.</param>
public sealed record LayerSample(
    string Path, Signedness Scheme, Conv2dShape Shape, byte[] ActivationCodes, byte PaddingCode, byte[] WeightCodes, byte[] ReceptiveFields,
    double[] OutputScales, double OutputStandardDeviation)
{
    /// <summary>The unit in which the models add up errors, in real units: the root mean square of <see cref="OutputScales"/>, that is one
    /// step of the integer sum where there is one scale.</summary>
    internal double OutputScale => Math.Sqrt(OutputScales.Average(s => s * s));

    /// <summary><see cref="OutputScales"/> in units of <see cref="OutputScale"/>: their mean square is 1. Exactly 1 where there is one scale.</summary>
    internal double[] RelativeScales
    {
        get
        {
            double unit = OutputScale;
            return Array.ConvertAll(OutputScales, s => s / unit);
        }
    }

    /// <summary>Fan-in n: products summed into one output.</summary>
    public int FanIn => Shape.FanIn;

    /// <summary>Opcount c: multiplications of one sample image.</summary>
    public long Opcount => Shape.MultiplicationsPerSample;

    /// <summary>K, the number of receptive fields.</summary>
    public int ReceptiveFieldCount => ReceptiveFields.Length / FanIn;

    /// <summary>Computes the operand distribution of activations p_x by code, as the multipliers see them: over all receptive
    /// fields.</summary>
    public double[] ActivationDistribution => Distribution(ReceptiveFields);

    /// <summary>Computes the operand distribution of weights p_w by code.</summary>
    public double[] WeightDistribution => Distribution(WeightCodes);

    /// <summary>Computes the relative frequency of every code 0..255.</summary>
    /// <exception cref="ArgumentException">There are no codes.</exception>
    public static double[] Distribution(ReadOnlySpan<byte> codes)
    {
        if (codes.IsEmpty)
        {
            throw new ArgumentException("Operand distribution: found no codes, expected at least one.", nameof(codes));
        }

        var counts = new long[Multiplier.Codes];
        foreach (byte code in codes)
        {
            counts[code]++;
        }

        double total = codes.Length;
        return [.. counts.Select(c => c / total)];
    }

    /// <summary>Computes the integer sums of the whole sample under a multiplier, int32 <c>[B, O, OutH, OutW]</c>.</summary>
    /// <param name="multiplier">The multiplier, of the layer's signedness.</param>
    /// <exception cref="ArgumentException">The signedness differs.</exception>
    public int[] Simulate(Multiplier multiplier)
    {
        var sums = new int[Shape.OutputLength];
        Simulate(multiplier, sums, threads: 0);
        return sums;
    }

    /// <summary>The same into given memory, on a number of threads; 0 for one per processor.</summary>
    internal void Simulate(Multiplier multiplier, int[] sums, int threads)
    {
        Check(multiplier);
        LutConv2d.Run(ActivationCodes, WeightCodes, multiplier.Table, Shape, PaddingCode, sums, threads: threads);
    }

    /// <summary>
    /// Makes a sample of the first images only, for a cheaper behavioural simulation. Receptive fields and the output's standard
    /// deviation stay those of the whole sample.
    /// </summary>
    /// <param name="images">Number of images, 1 to those of the sample.</param>
    /// <exception cref="ArgumentOutOfRangeException">The sample has not as many images.</exception>
    public LayerSample First(int images)
    {
        if (images < 1 || images > Shape.Batch)
        {
            throw new ArgumentOutOfRangeException(
                nameof(images), $"Layer '{Path}': found {images} images asked for, expected 1 to {Shape.Batch}.");
        }

        var shape = Shape with { Batch = images };
        return this with { Shape = shape, ActivationCodes = ActivationCodes[..shape.InputLength] };
    }

    /// <summary>
    /// Converts moments of the integer sum's error that hold for every channel alike. Channel o errs by <c>s_o e</c>. Over all channels
    /// that has the mean <c>avg(s) mu</c> and the mean square <c>avg(s^2) (sigma^2 + mu^2)</c>, here in units of the root of <c>avg(s^2)</c>.
    /// </summary>
    internal ErrorEstimate OfAllChannels(double mean, double variance)
    {
        double ratio = Math.Min(1, RelativeScales.Average());
        double between = mean * mean * (1 - (ratio * ratio));
        return Share(ratio * mean, Math.Sqrt(Math.Max(0, variance) + between), Math.Sqrt(between));
    }

    /// <summary>
    /// Converts an error in units of <see cref="OutputScale"/> to shares of the output's standard deviation: the one place where the
    /// models leave the units of the integer sum. Where the output has no spread, every error is infinite.
    /// </summary>
    internal ErrorEstimate Share(double mean, double deviation, double channelMeanDeviation)
    {
        double scale = OutputScale;
        double Of(double error) => error == 0 ? 0 : error * scale / OutputStandardDeviation;
        return new ErrorEstimate(Of(mean), Of(deviation)) { ChannelMeanDeviation = Of(channelMeanDeviation) };
    }

    /// <summary>Checks every pair, before work begins.</summary>
    internal static void Check(IReadOnlyList<LayerSample> samples, IReadOnlyList<Multiplier> multipliers)
    {
        foreach (var sample in samples)
        {
            foreach (var multiplier in multipliers)
            {
                sample.Check(multiplier);
            }
        }
    }

    internal void Check(Multiplier multiplier)
    {
        if (multiplier.Signedness != Scheme)
        {
            throw new ArgumentException(
                $"Layer '{Path}': found {multiplier.Signedness} multiplier '{multiplier.Name}', "
                + $"expected a {Scheme} one.", nameof(multiplier));
        }
    }
}
