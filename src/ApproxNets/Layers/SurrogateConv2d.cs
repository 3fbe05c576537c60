using ApproxNets.Foundation;
using ApproxNets.Kernels;
using ApproxNets.Multipliers;
using static TorchSharp.torch;

namespace ApproxNets.Layers;

/// <summary>
/// The approximate convolution with a low-rank error map, in float tensor operations on any device:
/// <c>y = conv(x, w) + s_x s_w sum_r conv(u_r(x), v_r(w))</c>, in real units, before the bias. Not bit-exact: see
/// <see cref="LowRankErrorTable.Residuals"/> for what the rank leaves out.
/// </summary>
/// <remarks>
/// <para>All R + 1 convolutions have the same geometry, so they are one, over the channels
/// <c>(x_c, u_1(x_c), .. u_R(x_c))</c> of every channel c, with the kernels <c>(w_c, s v_1(w_c), .. s v_R(w_c))</c>. Channels of a group
/// stay side by side, so groups are those of the layer.</para>
/// <para>A padded position has the code of zero, and <c>u_r</c> of that code need not be 0. The convolution pads
/// <c>u_r(x) - u_r(pad)</c> with zeros; what this takes away is the same at every output position and comes back as a bias,
/// <c>s sum_r u_r(pad) sum_k v_r(w_k)</c>.</para>
/// <para>Gradient: that of <c>conv(x, w)</c>. <c>u_r</c> and <c>v_r</c> are functions of codes, steps without a slope, and the
/// straight-through estimator of the approximate layer is the gradient of the exact quantised layer. So with gradients the exact
/// part is a convolution of its own that autograd follows, and the correction is computed apart and detached: one
/// convolution would also send gradients back to the R planes that nobody asks for.</para>
/// <para>On CUDA, TorchSharp's default lets cuDNN round operands of float convolutions to TF32; switch that off to compare figures.
/// </para>
/// </remarks>
internal static class SurrogateConv2d
{
    /// <summary>
    /// Bytes that the concatenated planes of one chunk of images may take, 16 MB; a chunk has at least one image. Larger chunks were up to
    /// 2.5 times slower on a CPU, where every large allocation is mapped anew.
    /// </summary>
    public const long BudgetBytes = 16L << 20;

    /// <summary>Computes the output of the convolution before the bias.</summary>
    /// <param name="x">Fake-quantised activations, float32 <c>[B, C, H, W]</c>, or <c>[B, C]</c> for a 1x1 map; may carry a graph.</param>
    /// <param name="weight">Fake-quantised weights, float32 <c>[O, C / Groups, KernelHeight, KernelWidth]</c> or <c>[O, C]</c>; may
    /// carry a graph.</param>
    /// <param name="xCodes">Operand codes of <paramref name="x"/>, uint8, of its shape.</param>
    /// <param name="weightCodes">Operand codes of <paramref name="weight"/>, uint8 <c>[O, n]</c>.</param>
    /// <param name="outputScale"><c>s_x s_w</c>, real units of one step of the integer product, float32 <c>[1]</c> or <c>[O]</c>.</param>
    /// <param name="u">Factors of the activation, <see cref="Terms"/>, on the device of <paramref name="x"/>; rank 0 gives
    /// <c>conv(x, w)</c>.</param>
    /// <param name="v">Factors of the weight, likewise.</param>
    /// <param name="shape">Sizes, stride, padding, dilation and groups.</param>
    /// <param name="padCode">Activation code of a padded position, the code of <c>x = 0</c>.</param>
    /// <param name="budgetBytes">See <see cref="BudgetBytes"/>.</param>
    /// <returns>float32 <c>[B, O, OutHeight, OutWidth]</c> on the device of <paramref name="x"/>.</returns>
    /// <exception cref="ArgumentException">The shape is not one a convolution can have, or a tensor has another shape, type or
    /// device.</exception>
    public static Tensor Run(
        Tensor x, Tensor weight, Tensor xCodes, Tensor weightCodes, Tensor outputScale, Tensor u, Tensor v,
        in Conv2dShape shape, byte padCode, long budgetBytes = BudgetBytes)
    {
        TensorLutConv2d.CheckOperands(xCodes, weightCodes, shape);
        TensorLutConv2d.Check(x, "activations", ScalarType.Float32, xCodes.device, xCodes.shape);
        long[] kernel = [shape.OutChannels, shape.InChannels / shape.Groups, shape.KernelHeight, shape.KernelWidth];
        TensorLutConv2d.Check(weight, "weights", ScalarType.Float32, xCodes.device, weight.dim() == 2 ? weightCodes.shape : kernel);
        TensorLutConv2d.Check(
            outputScale, "output scale", ScalarType.Float32, xCodes.device, [outputScale.numel() == 1 ? 1 : shape.OutChannels]);
        using var scope = NewDisposeScope();
        long[] map = [shape.Batch, shape.InChannels, shape.Height, shape.Width];
        x = x.reshape(map);
        weight = weight.reshape(kernel);
        if (u.shape[0] == 0 || shape.Batch == 0)
        {
            return Convolve(x, weight, null, shape).MoveToOuterDisposeScope();
        }

        bool withGradient = is_grad_enabled() && (x.requires_grad || weight.requires_grad);
        Tensor correction;
        using (no_grad())
        {
            correction = ConvolvePlanes(
                withGradient ? null : (x, weight), xCodes.reshape(map), weightCodes.reshape(kernel), outputScale, u, v, shape, padCode,
                budgetBytes);
        }

        var output = withGradient ? Convolve(x, weight, null, shape).Plus(correction) : correction;
        return output.MoveToOuterDisposeScope();
    }

    /// <summary>The factors of an error map as <see cref="Run"/> takes them.</summary>
    /// <param name="factors"><c>[256, R]</c>, <see cref="LowRankErrorTable.U"/> or <see cref="LowRankErrorTable.V"/>.</param>
    /// <param name="rank">R.</param>
    /// <returns>float32 <c>[R, 256]</c>: looking up term by term is many times faster on the CPU than rows of a few numbers.</returns>
    public static Tensor Terms(ReadOnlyMemory<float> factors, int rank) =>
        tensor(factors.ToArray(), [Multiplier.Codes, rank]).t().contiguous();

    /// <summary>The correction, and the exact part with it if that is given.</summary>
    private static Tensor ConvolvePlanes(
        (Tensor X, Tensor Weight)? exact, Tensor xCodes, Tensor weightCodes, Tensor outputScale, Tensor u, Tensor v,
        Conv2dShape shape, byte padCode, long budgetBytes)
    {
        using var scope = NewDisposeScope();
        var atPadding = u.narrow(1, padCode, 1);
        var kernels = LookUp(v, weightCodes).Select(k => k.mul_(outputScale.view(-1, 1, 1, 1))).ToList();
        var bias = stack(kernels.Select(k => k.flatten(1).sum(1)), 1).mv(atPadding.flatten());
        u = u.sub(atPadding);
        var kernel = Interleave(exact?.Weight, kernels);

        long planes = u.shape[0] + (exact is null ? 0 : 1);
        long bytesPerImage = sizeof(float) * planes * shape.InChannels * shape.Height * shape.Width;
        int images = (int)Math.Clamp(budgetBytes / bytesPerImage, 1, shape.Batch);
        var outputs = new List<Tensor>();
        for (int b = 0; b < shape.Batch; b += images)
        {
            using var chunk = NewDisposeScope();
            int batch = Math.Min(images, shape.Batch - b);
            var input = Interleave(exact?.X.narrow(0, b, batch), LookUp(u, xCodes.narrow(0, b, batch)));
            outputs.Add(Convolve(input, kernel, bias, shape).MoveToOuterDisposeScope());
        }

        return (outputs.Count == 1 ? outputs[0] : cat(outputs)).MoveToOuterDisposeScope();
    }

    private static List<Tensor> LookUp(Tensor terms, Tensor codes)
    {
        var index = codes.flatten().to(ScalarType.Int64);
        return [.. Enumerable.Range(0, (int)terms.shape[0]).Select(r => terms[r].index_select(0, index).view(codes.shape))];
    }

    // [N, C, H, W] each to [N, C * planes, H, W], the planes of a channel side by side.
    private static Tensor Interleave(Tensor? first, List<Tensor> planes) =>
        stack(first is null ? planes : [first, .. planes], 2).flatten(1, 2);

    private static Tensor Convolve(Tensor x, Tensor weight, Tensor? bias, in Conv2dShape shape) => nn.functional.conv2d(
        x, weight, bias,
        [shape.Stride.H, shape.Stride.W], [shape.Padding.H, shape.Padding.W], [shape.Dilation.H, shape.Dilation.W], shape.Groups);
}
