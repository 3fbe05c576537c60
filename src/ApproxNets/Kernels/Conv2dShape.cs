namespace ApproxNets.Kernels;

/// <summary>
/// The shape of a 2D convolution: input <c>[B, C, H, W]</c>, weights <c>[O, C / Groups, KernelHeight, KernelWidth]</c>,
/// output <c>[B, O, OutHeight, OutWidth]</c>. A fully connected layer is the 1x1 convolution of a 1x1 map.
/// </summary>
/// <param name="Batch">B, samples.</param>
/// <param name="InChannels">C, input channels.</param>
/// <param name="Height">H, input rows.</param>
/// <param name="Width">W, input columns.</param>
/// <param name="OutChannels">O, output channels.</param>
/// <param name="KernelHeight">Rows of the kernel.</param>
/// <param name="KernelWidth">Columns of the kernel.</param>
public readonly record struct Conv2dShape(
    int Batch, int InChannels, int Height, int Width, int OutChannels, int KernelHeight, int KernelWidth)
{
    /// <summary>Vertical and horizontal step of the kernel.</summary>
    public (int H, int W) Stride { get; init; } = (1, 1);

    /// <summary>Rows and columns of padding on each side.</summary>
    public (int H, int W) Padding { get; init; } = (0, 0);

    /// <summary>Vertical and horizontal distance of kernel elements.</summary>
    public (int H, int W) Dilation { get; init; } = (1, 1);

    /// <summary>Groups of channels that are convolved apart; <see cref="InChannels"/> for a depthwise layer.</summary>
    public int Groups { get; init; } = 1;

    /// <summary>Rows of the output.</summary>
    public int OutHeight => ((Height + (2 * Padding.H) - (Dilation.H * (KernelHeight - 1)) - 1) / Stride.H) + 1;

    /// <summary>Columns of the output.</summary>
    public int OutWidth => ((Width + (2 * Padding.W) - (Dilation.W * (KernelWidth - 1)) - 1) / Stride.W) + 1;

    /// <summary>Fan-in n: products summed into one output.</summary>
    public int FanIn => InChannels / Groups * KernelHeight * KernelWidth;

    /// <summary>Opcount c: multiplications of one sample.</summary>
    public long MultiplicationsPerSample => (long)OutChannels * OutHeight * OutWidth * FanIn;

    /// <summary>Elements of the input.</summary>
    public int InputLength => checked(Batch * InChannels * Height * Width);

    /// <summary>Elements of the weights.</summary>
    public int WeightLength => checked(OutChannels * FanIn);

    /// <summary>Elements of the output.</summary>
    public int OutputLength => checked(Batch * OutChannels * OutHeight * OutWidth);

    /// <summary>Checks that the shape is one a convolution can have.</summary>
    /// <exception cref="ArgumentException">A size is not positive, the groups do not divide the channels, the kernel is
    /// larger than the padded input, or a sum of products could overflow 32 bits.</exception>
    public void Validate()
    {
        if (Batch < 0 || InChannels < 1 || Height < 1 || Width < 1 || OutChannels < 1 || KernelHeight < 1 || KernelWidth < 1
            || Stride.H < 1 || Stride.W < 1 || Dilation.H < 1 || Dilation.W < 1 || Padding.H < 0 || Padding.W < 0 || Groups < 1)
        {
            throw new ArgumentException(
                $"Convolution: found {this}, expected positive sizes, strides and dilations and no negative padding.");
        }

        if (InChannels % Groups != 0 || OutChannels % Groups != 0)
        {
            throw new ArgumentException(
                $"Convolution: found {Groups} groups, expected a divisor of {InChannels} input and {OutChannels} output channels.");
        }

        if (Height + (2 * Padding.H) < (Dilation.H * (KernelHeight - 1)) + 1
            || Width + (2 * Padding.W) < (Dilation.W * (KernelWidth - 1)) + 1)
        {
            throw new ArgumentException(
                $"Convolution: found a {KernelHeight}x{KernelWidth} kernel with dilation {Dilation}, "
                + $"expected it to fit the {Height}x{Width} input with padding {Padding}.");
        }

        if (FanIn > MaxFanIn)
        {
            throw new ArgumentException(
                $"Convolution: found a fan-in of {FanIn}, expected at most {MaxFanIn}, so that sums of 16-bit products fit 32 bits.");
        }
    }

    /// <summary>Greatest fan-in whose sum of 16-bit products is sure to fit a signed 32-bit accumulator.</summary>
    public const int MaxFanIn = int.MaxValue / ushort.MaxValue;
}
