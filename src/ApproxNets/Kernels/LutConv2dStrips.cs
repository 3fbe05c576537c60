using ApproxNets.Foundation;

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
    private readonly int* _channelOffset;

    private LutConv2dStrips(in LutConv2dOperands a, in StripPlan plan, byte* weightsByK, int* channelOffset)
    {
        (_a, _plan) = (a, plan);
        _weightsByK = weightsByK;
        _channelOffset = channelOffset;
    }

    /// <summary>Computes the whole convolution.</summary>
    public static void Run(in LutConv2dOperands a, bool permutations, int threads)
    {
        Conv2dShape shape = a.Shape;
        (byte low, byte high) = SpanRange.Of(new ReadOnlySpan<byte>(a.X, Math.Min(shape.InputLength, SampleLength)));
        int codes = high - low < LutTable.Codes / 2 ? LutTable.Codes / 2 : LutTable.Codes;
        var plan = new StripPlan(shape, TLanes.Count, codes, permutations, threads, a.Strategy);
        if (!plan.IsByK)
        {
            WorkTeam.Run(plan.Units, plan.Threads, new LutConv2dStrips<TLanes>(a, plan, null, null));
            return;
        }

        using var scratch = new Scratch(shape.WeightLength + PackedStrip.Slack + ((shape.OutChannels + PackedStrip.Slack) * sizeof(int)));
        byte* weightsByK = scratch.Take<byte>(shape.WeightLength + PackedStrip.Slack);
        int* channelOffset = scratch.Take<int>(shape.OutChannels + PackedStrip.Slack);
        int fanIn = shape.FanIn, channels = shape.OutChannels / shape.Groups, slope = a.Table.ResidualsByActivation.Slope;
        for (int group = 0; group < shape.Groups; group++)
        {
            long at = (long)group * channels * fanIn;
            ByteTranspose.Run(a.Weights + at, channels, fanIn, weightsByK + at, plan.Threads);
        }

        for (int o = 0; o < shape.OutChannels; o++)
        {
            channelOffset[o] = (a.Offset == null ? 0 : a.Offset[o])
                + (slope == 0 ? 0 : slope * SpanSum.Of(new ReadOnlySpan<byte>(a.Weights + ((long)o * fanIn), fanIn)));
        }

        WorkTeam.Run(plan.Units, plan.Threads, new LutConv2dStrips<TLanes>(a, plan, weightsByK, channelOffset));
    }

    private const int SampleLength = 4096;

    /// <inheritdoc/>
    public void Run(int unit)
    {
        var (group, end, strip, part) = _plan.Unit(unit);
        int fanIn = _a.Shape.FanIn, slack = PackedStrip.Slack;
        using var scratch = new Scratch(
            (((long)fanIn + strip.Count + slack) * sizeof(int)) + strip.Length + slack + (strip.PlaneLength * sizeof(ushort)) + strip.ShuffleLength);
        var work = new StripWork
        {
            Operands = _a,
            Strip = strip,
            ChannelOffset = _channelOffset,
            Offsets = scratch.Take<int>(fanIn),
            Packed = scratch.Take<byte>(strip.Length + slack),
        };
        int* codeSums = scratch.Take<int>(strip.Count + slack);
        ushort* planeSums = scratch.Take<ushort>(strip.PlaneLength);
        byte* shuffles = scratch.Take<byte>(strip.ShuffleLength);
        strip.Offsets(work.Offsets);
        strip.Shuffles(shuffles);
        for (; group < end; group++)
        {
            work.Group = group;
            (work.Low, work.High) = strip.CodeRange(_a, group);
            work.Residuals = _plan.IsByK ? _a.Table.ResidualsByActivation : _a.Table.ResidualsByWeight(work.Low, work.High);
            strip.Pack(_a, group, shuffles, work.Packed);
            int codeFactor = _a.CodeFactor
                + (_plan.Strategy is LutStrategy.ChannelLanes or LutStrategy.OutputPermutation ? work.Residuals.Slope : 0);
            work.CodeSums = codeFactor == 0 ? null : codeSums;
            if (codeFactor != 0)
            {
                strip.SumCodes(work.Packed, planeSums, codeFactor, codeSums);
            }

            Compute(work, part);
        }
    }

    private void Compute(in StripWork work, int part)
    {
        int outputs = work.Strip.Count, channels = work.Channels;
        switch (_plan.Strategy)
        {
            case LutStrategy.Columns:
                var (first, count) = _plan.Share(part, channels, 1);
                LutConv2dColumns.Run(work, first, count);
                break;
            case LutStrategy.ChannelLanes:
                (first, count) = _plan.Share(part, channels, TLanes.Count);
                LutConv2dLanes<TLanes>.RunChannels(work, first, count);
                break;
            case LutStrategy.OutputLanes when outputs >= _plan.Parts * TLanes.Count:
                LutConv2dLanes<TLanes>.RunOutputs(work, _weightsByK, _plan.Share(part, outputs, TLanes.Count), (0, channels));
                break;
            case LutStrategy.OutputLanes:
                LutConv2dLanes<TLanes>.RunOutputs(work, _weightsByK, (0, outputs), _plan.Share(part, channels, 1));
                break;
            case LutStrategy.OutputPermutation:
                (first, count) = _plan.Share(part, channels, 1);
                LutConv2dPermutation.Run(work, first, count);
                break;
            default:
                (first, count) = _plan.Share(part, outputs, 1);
                LutConv2dPermutation.RunOutputs(work, _weightsByK, first, count);
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
    public LutResiduals Residuals;

    /// <summary>What is to be added to the sums of each channel of the layer, or null; for strategies that need the weights by k.</summary>
    public int* ChannelOffset;

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
