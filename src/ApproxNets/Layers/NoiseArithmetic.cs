using System.Runtime.InteropServices;
using ApproxNets.Foundation;
using ApproxNets.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace ApproxNets.Layers;

/// <summary>
/// The quantised layer with Gaussian noise on its output: <c>y + |sigma| std(y) eps</c>, <c>eps ~ N(0, 1)</c>. Sigma is the layer's
/// parameter <see cref="ApproxLayer.Sigma"/>. The standard deviation of the batch counts as a constant (Trommer, Waschneck, Kumar, ICCAD
/// 2022, section 3). With a bias tolerance beta also <c>+ |beta| std(y) s</c> with random signs s; see <see cref="Search.AgnBias"/>.
/// </summary>
/// <param name="seed">Seed of the noise. The same seed draws the same noise, so every training step and every layer needs its own.</param>
/// <param name="bias">beta_l, float32 scalar, learnable; no signs are drawn if null.</param>
/// <param name="draw">Which outputs share a sign.</param>
public sealed class NoiseArithmetic(long seed, Tensor? bias = null, BiasDraw draw = BiasDraw.Image) : Arithmetic
{
    /// <inheritdoc/>
    public override Tensor Forward(ApproxLayer layer, Tensor input)
    {
        var output = layer.Quantized(input);
        float deviation = Deviation(output);
        var noisy = AddedNoise.Add(output, layer.Sigma, deviation, seed);
        if (bias is null)
        {
            return noisy;
        }

        return noisy.Plus(Signs(output).TimesInPlace(deviation).mul(bias.abs()));
    }

    private static float Deviation(Tensor output)
    {
        using var scope = NewDisposeScope();
        var values = output.detach();
        return output.device_type == DeviceType.CPU
            ? (float)GaussianNoise.Deviation(MemoryMarshal.Cast<byte, float>(
                MemoryOrder.Dense(values, MemoryOrder.IsChannelsLast(values)).bytes))
            : values.std().item<float>();
    }

    private Tensor Signs(Tensor output)
    {
        var shape = new long[output.dim()];
        Array.Fill(shape, 1);
        shape[0] = draw == BiasDraw.Step ? 1 : output.shape[0];
        shape[1] = draw == BiasDraw.ImageAndChannel ? output.shape[1] : 1;
        var signs = empty(shape);

        // The complement is a seed that no noise has, since seeds of noise are not negative.
        GaussianNoise.Signs(MemoryMarshal.Cast<byte, float>(signs.bytes), ~seed);
        return signs.to(output.device);
    }
}

/// <summary>Which outputs of one forward pass share the random sign of a layer's bias tolerance.</summary>
public enum BiasDraw
{
    /// <summary>All: one sign for the layer. Batch normalisation in training takes it out whole, see
    /// <see cref="Search.AgnBias"/>.</summary>
    Step,

    /// <summary>All channels and positions of one image.</summary>
    Image,

    /// <summary>All positions of one channel of one image.</summary>
    ImageAndChannel,
}
