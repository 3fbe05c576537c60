namespace ApproxNets.Kernels;

/// <summary>
/// The driver of the vector paths: cuts a convolution into units, packs the activations of each strip and has the strip computed
/// by the strategy of the plan.
/// </summary>
internal readonly unsafe struct LutConv2dStrips<TLanes> : IUnitWork
    where TLanes : struct, ILutLanes
{
    private readonly LutConv2dOperands _a;
    private readonly StripPlan _plan;
    private readonly byte* _weightsByK;

    private LutConv2dStrips(in LutConv2dOperands a, in StripPlan plan, byte* weightsByK)
    {
        (_a, _plan) = (a, plan);
        _weightsByK = weightsByK;
    }

    /// <summary>Computes the whole convolution.</summary>
    public static void Run(in LutConv2dOperands a, bool permutations, int threads)
    {
        // Permutations are made for seven bits, the codes behind a ReLU in the signed scheme; a sample tells.
        Conv2dShape shape = a.Shape;
        (byte low, byte high) = SpanRange.Of(new ReadOnlySpan<byte>(a.X, Math.Min(shape.InputLength, SampleLength)));
        int codes = high - low < LutTable.Codes / 2 ? LutTable.Codes / 2 : LutTable.Codes;
        var plan = new StripPlan(shape, TLanes.Count, codes, permutations, threads);
        bool byK = plan.Strategy == LutStrategy.OutputLanes;
        using var scratch = new Scratch(byK ? shape.WeightLength : 0);
        byte* weightsByK = byK ? scratch.Take<byte>(shape.WeightLength) : null;
        for (int group = 0; byK && group < shape.Groups; group++)
        {
            int length = shape.WeightLength / shape.Groups;
            ByteTranspose.Run(a.Weights + (group * length), length / shape.FanIn, shape.FanIn, weightsByK + (group * length), threads);
        }

        WorkTeam.Run(plan.Units, threads, new LutConv2dStrips<TLanes>(a, plan, weightsByK));
    }

    private const int SampleLength = 4096;

    /// <inheritdoc/>
    public void Run(int unit)
    {
        Conv2dShape shape = _a.Shape;
        var (group, strip, part) = _plan.Unit(unit);
        int channels = shape.OutChannels / shape.Groups, fanIn = shape.FanIn;
        bool permute = _plan.Strategy == LutStrategy.Permutation;
        (byte low, byte high) = strip.CodeRange(_a, group);
        LutBytePlanes? planes = permute ? _a.Table.BytePlanes(low, high) : null;
        int codeFactor = _a.CodeFactor + (planes?.Slope ?? 0);
        using var scratch = new Scratch(
            ((long)fanIn * sizeof(int)) + strip.Length + PackedStrip.Slack
            + (codeFactor == 0 ? 0 : ((strip.Count + PackedStrip.Slack) * sizeof(int)) + (strip.PlaneLength * sizeof(ushort))));
        var work = new StripWork
        {
            Operands = _a,
            Strip = strip,
            Group = group,
            Low = low,
            High = high,
            Offsets = scratch.Take<int>(fanIn),
            Packed = scratch.Take<byte>(strip.Length + PackedStrip.Slack),
            CodeSums = codeFactor == 0 ? null : scratch.Take<int>(strip.Count + PackedStrip.Slack),
        };
        strip.Offsets(work.Offsets);
        strip.Pack(_a, group, work.Packed);
        if (codeFactor != 0)
        {
            strip.SumCodes(work.Packed, scratch.Take<ushort>(strip.PlaneLength), codeFactor, work.CodeSums);
        }

        int block = _plan.Strategy == LutStrategy.ChannelLanes ? TLanes.Count : 1;
        var (first, count) = _plan.Share(part, channels, block);
        switch (_plan.Strategy)
        {
            case LutStrategy.Columns:
                LutConv2dColumns.Run(work, first, count);
                break;
            case LutStrategy.ChannelLanes:
                LutConv2dLanes<TLanes>.RunChannels(work, first, count);
                break;
            case LutStrategy.OutputLanes:
                LutConv2dLanes<TLanes>.RunOutputs(work, _weightsByK, first, count);
                break;
            default:
                LutConv2dPermutation.Run(work, planes!, first, count);
                break;
        }
    }
}

/// <summary>One strip, packed: what the strategies work on.</summary>
internal unsafe struct StripWork
{
    public LutConv2dOperands Operands;
    public PackedStrip Strip;
    public int Group;

    /// <summary>Least and greatest activation code of the strip.</summary>
    public byte Low;
    public byte High;

    /// <summary>Where the codes of each k start.</summary>
    public int* Offsets;
    public byte* Packed;

    /// <summary>What is to be added to the sum of each output because of its activation codes, or null.</summary>
    public int* CodeSums;

    /// <summary>Output channels of the group.</summary>
    public readonly int Channels => Operands.Shape.OutChannels / Operands.Shape.Groups;
}
