using System.Runtime.InteropServices;
using ApproxNets.Foundation;
using ApproxNets.Kernels;
using ApproxNets.Multipliers;
using ApproxNets.Quantization;
using static TorchSharp.torch;

namespace ApproxNets.Layers;

/// <summary>
/// The autograd node of an approximate convolution with difference-based gradients: in value whatever the simulation computes, in
/// gradient that of <c>y = s_x s_w sum_k sum_r u_r(x_k) v_r(w_k) + b</c>, where term 0 is the exact product of the quantised numbers
/// and the derivative of a factor is the slope of its table (<see cref="LowRankGradient"/>). On the CPU.
/// </summary>
/// <remarks>
/// <para>With the gradient <c>g</c> of y, and since a code's derivative by its number is <c>1 / s</c>:
/// <c>dx = sum_r u_r'(x) P_r</c>, <c>P_r = conv^T(g, s_w v_r(w))</c>, and <c>dw = s_x sum_r v_r'(w) Q_r</c>, <c>Q_r = corr(g, u_r(x))</c>.
/// Both come from one transposed convolution: P as its value and Q as the gradient by its kernel of <c>sum P_r u_r(x)</c>. So the backward
/// pass is as much work as that of an ordinary convolution with R + 1 times the input channels, and there is no float convolution
/// forward.</para>
/// <para>Padded positions have the code of zero, where <c>u_r</c> need not be 0: the planes hold <c>u_r(x) - u_r(pad)</c>, zero in the
/// padding, and Q gets back <c>u_r(pad) sum g</c> over images and positions.</para>
/// </remarks>
internal sealed class DifferenceConv2d : autograd.SingleTensorFunction<DifferenceConv2d>
{
    /// <inheritdoc/>
    public override string Name => nameof(DifferenceConv2d);

    /// <summary>Computes the simulation's output with the difference-based gradient.</summary>
    /// <param name="x">Fake-quantised activations, float32 <c>[B, C, H, W]</c> or <c>[B, C]</c>.</param>
    /// <param name="weight">Fake-quantised weights, float32.</param>
    /// <param name="bias">float32 <c>[O]</c>; none if null.</param>
    /// <param name="xCodes">Operand codes of <paramref name="x"/>, uint8.</param>
    /// <param name="operation">Everything else.</param>
    /// <param name="simulate">Computes the output.</param>
    public static Tensor Run(Tensor x, Tensor weight, Tensor? bias, Tensor xCodes, Operation operation, Func<Tensor> simulate)
    {
        using var scope = NewDisposeScope();
        var output = bias is null
            ? apply(x, weight, xCodes, operation, simulate)
            : apply(x, weight, xCodes, operation, simulate, bias);
        return output.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        ctx.save_for_backward([(Tensor)vars[2]]);
        ctx.save_data("operation", vars[3]);
        ctx.save_data("x", ((Tensor)vars[0]).requires_grad);
        ctx.save_data("bias", vars.Length > 5);
        using var gradients = no_grad();
        return ((Func<Tensor>)vars[4])();
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        var operation = (Operation)ctx.get_data("operation");
        var shape = operation.Shape;
        var xCodes = ctx.get_saved_variables()[0];
        var g = grad_output.detach().reshape(shape.Batch, shape.OutChannels, shape.OutHeight, shape.OutWidth).contiguous();
        var sums = g.sum([0L, 2L, 3L]);
        var ofX = (bool)ctx.get_data("x") ? empty(xCodes.shape) : null;
        var ofWeight = Gradients(operation, g, sums, xCodes, ofX);

        List<Tensor> all = [ofX?.MoveToOuterDisposeScope()!, ofWeight.MoveToOuterDisposeScope(), null!, null!, null!];
        if ((bool)ctx.get_data("bias"))
        {
            all.Add(sums.MoveToOuterDisposeScope());
        }

        return all;
    }

    private static Tensor Gradients(Operation operation, Tensor g, Tensor sums, Tensor xCodes, Tensor? ofX)
    {
        var (terms, shape) = (operation.Gradient, operation.Shape);
        int zero = operation.Activations.ZeroCode, channels = shape.InChannels, area = shape.Height * shape.Width;
        long[] kernel = [shape.OutChannels, channels / shape.Groups, shape.KernelHeight, shape.KernelWidth];
        float[] u = terms.U(zero), uSlopes = terms.USlopes();
        var atPadding = new float[terms.Terms];
        for (int i = 0; i < u.Length; i++)
        {
            int r = i / Multiplier.Codes;
            atPadding[r] = i % Multiplier.Codes == 0 ? u[i + zero] : atPadding[r];
            u[i] -= atPadding[r];
        }

        // The planes of a channel lie side by side, so groups are those of the layer.
        var kernels = empty(kernel[0], kernel[1] * terms.Terms, kernel[2], kernel[3]);
        int taps = shape.KernelHeight * shape.KernelWidth;
        TermPlanes.Spread(operation.WeightCodes, terms.V(operation.WeightZeroCode), taps, Floats(kernels));
        kernels.mul_(tensor(operation.WeightScales).view(-1, 1, 1, 1)).requires_grad_();

        var q = zeros_like(kernels);
        long bytesPerImage = sizeof(float) * (long)terms.Terms * channels * area;
        int images = (int)Math.Clamp(SurrogateConv2d.BudgetBytes / bytesPerImage, 1, Math.Max(shape.Batch, 1));
        for (int b = 0; b < shape.Batch; b += images)
        {
            using var chunk = NewDisposeScope();
            int batch = Math.Min(images, shape.Batch - b), start = b * channels * area, length = batch * channels * area;
            var codes = xCodes.bytes.Slice(start, length);
            Tensor p;
            using (enable_grad())
            {
                p = Transposed(g.narrow(0, b, batch), kernels, shape);
            }

            if (ofX is not null)
            {
                TermPlanes.Combine(codes, uSlopes, area, Floats(p.detach().contiguous()), Floats(ofX).Slice(start, length));
            }

            var planes = empty(p.shape);
            TermPlanes.Spread(codes, u, area, Floats(planes));
            q.PlusInPlace(autograd.grad([p], [kernels], [planes])[0]);
        }

        q.view(kernel[0], kernel[1], terms.Terms, taps)
            .PlusInPlace(sums.view(-1, 1, 1, 1).mul(tensor(atPadding).view(1, 1, -1, 1)));
        var ofWeight = empty(kernel);
        TermPlanes.Combine(operation.WeightCodes, terms.VSlopes(), taps, Floats(q), Floats(ofWeight));
        return ofWeight.TimesInPlace((float)operation.Activations.Scale).view(operation.WeightShape);
    }

    private static Tensor Transposed(Tensor g, Tensor kernels, in Conv2dShape shape)
    {
        // Rows and columns that the stride leaves over at the end.
        long Left(int size, int outSize, int kernel, int stride, int padding, int dilation) =>
            size + (2 * padding) - (dilation * (kernel - 1)) - 1 - ((outSize - 1) * (long)stride);
        return nn.functional.conv_transpose2d(
            g, kernels, null, [shape.Stride.H, shape.Stride.W], [shape.Padding.H, shape.Padding.W],
            [
                Left(shape.Height, shape.OutHeight, shape.KernelHeight, shape.Stride.H, shape.Padding.H, shape.Dilation.H),
                Left(shape.Width, shape.OutWidth, shape.KernelWidth, shape.Stride.W, shape.Padding.W, shape.Dilation.W),
            ],
            [shape.Dilation.H, shape.Dilation.W], shape.Groups);
    }

    private static Span<float> Floats(Tensor values) => MemoryMarshal.Cast<byte, float>(values.bytes);

    /// <summary>What the node needs besides its tensors.</summary>
    /// <param name="Gradient">The multiplier's gradient.</param>
    /// <param name="Shape">Sizes, stride, padding, dilation and groups.</param>
    /// <param name="Activations">Grid of the activations.</param>
    /// <param name="WeightCodes">Operand codes of the weights, <c>[O, n]</c>.</param>
    /// <param name="WeightZeroCode">Operand code of a weight of 0.</param>
    /// <param name="WeightScales">Scale of the weights, one or one for every output channel.</param>
    /// <param name="WeightShape">Shape of the weights.</param>
    public sealed record Operation(
        LowRankGradient Gradient, Conv2dShape Shape, AffineParameters Activations, byte[] WeightCodes, int WeightZeroCode,
        float[] WeightScales, long[] WeightShape);
}
