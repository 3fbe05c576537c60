using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ApproxNets.Kernels;

/// <summary>
/// The vector paths. For each k the table is expanded to <c>T_k[code][lane]</c>, so that one load yields the products of one code with
/// all lanes. Either the lanes are output channels and the activation codes of many outputs stream past, or the lanes are outputs and
/// the weight codes of many channels stream past: whichever repays the expansion sooner.
/// </summary>
/// <remarks>Generic in the width of vectors; what depends on it is in <see cref="ILutLanes"/>.</remarks>
internal readonly unsafe struct LutConv2dExpanded<TLanes> : IUnitWork
    where TLanes : struct, ILutLanes
{
    private const int Depth = 8;
    private const int Chunk = 64;

    private readonly LutConv2dOperands _a;
    private readonly StripPlan _plan;
    private readonly byte* _weightsByK;

    private LutConv2dExpanded(in LutConv2dOperands a, in StripPlan plan, byte* weightsByK)
    {
        (_a, _plan) = (a, plan);
        _weightsByK = weightsByK;
    }

    private static int Lanes => TLanes.Count;

    private static int TableLength => LutTable.Codes * Lanes;

    /// <summary>Computes the whole convolution.</summary>
    public static void Run(in LutConv2dOperands a, in StripPlan plan, int threads)
    {
        using var scratch = new Scratch(plan.LanesAreOutputs ? a.Shape.WeightLength : 0);
        byte* byK = null;
        if (plan.LanesAreOutputs)
        {
            byK = scratch.Take<byte>(a.Shape.WeightLength);
            WeightsByK.Write(a, byK, threads);
        }

        WorkTeam.Run(plan.Units, threads, new LutConv2dExpanded<TLanes>(a, plan, byK));
    }

    /// <inheritdoc/>
    public void Run(int unit)
    {
        Conv2dShape shape = _a.Shape;
        var (group, strip, part) = _plan.Unit(unit);
        int outputs = strip.Count, channels = shape.OutChannels / shape.Groups, fanIn = shape.FanIn, planeLength = strip.PlaneLength;
        var (first, end, streams) = _plan.LanesAreOutputs
            ? StripPlan.Share(part, _plan.Parts, outputs, Lanes, channels)
            : StripPlan.Share(part, _plan.Parts, channels, Lanes, outputs);
        bool sumCodes = _a.CodeFactor != 0;

        long bytes = (Depth * TableLength * sizeof(ushort)) + ((long)(streams.Count + Chunk + 4) * Lanes * sizeof(int)) + (fanIn * sizeof(int))
            + (sumCodes ? ((long)outputs * sizeof(int)) + (planeLength * sizeof(ushort)) : 0) + strip.Length + (3 * Chunk * sizeof(int));
        using var scratch = new Scratch(bytes);
        var job = new Job
        {
            Tables = scratch.Take<ushort>(Depth * TableLength),
            Sums = scratch.Take<int>(streams.Count * Lanes),
            Chunk = scratch.Take<int>(Chunk * Lanes),
            Offsets = scratch.Take<int>(fanIn),
            Packed = scratch.Take<byte>(strip.Length),
            LaneOffset = scratch.Take<int>(Lanes),
            LaneScale = scratch.Take<float>(Lanes),
            LaneBias = scratch.Take<float>(Lanes),
            Zeros = scratch.Take<int>(Chunk),
            StreamScale = scratch.Take<float>(Chunk),
            CodeSums = sumCodes ? scratch.Take<int>(outputs) : null,
        };
        (byte low, byte high) = strip.CodeRange(_a, group);
        (int least, int greatest) = _a.Table.Range(low, high);
        job.Least = least;
        job.Paired = 2 * (greatest - least) <= ushort.MaxValue;
        strip.Offsets(job.Offsets);
        strip.Pack(_a, group, job.Packed);
        if (sumCodes)
        {
            strip.SumCodes(job.Packed, scratch.Take<ushort>(planeLength), job.CodeSums);
            for (int p = 0; p < outputs; p++)
            {
                job.CodeSums[p] *= _a.CodeFactor;
            }
        }

        new Span<int>(job.Zeros, Chunk).Clear();
        new Span<float>(job.StreamScale, Chunk).Fill(1);
        for (int lane = first; lane < end; lane += Lanes)
        {
            if (_plan.LanesAreOutputs)
            {
                OutputLanes(job, strip, group, lane, Math.Min(Lanes, end - lane), streams.First, streams.Count);
            }
            else
            {
                ChannelLanes(job, strip, group, lane, Math.Min(Lanes, end - lane), low, high);
            }
        }
    }

    /// <summary>Lanes are output channels; activation codes stream past.</summary>
    private void ChannelLanes(in Job job, in PackedStrip strip, int group, int lane, int used, byte low, byte high)
    {
        Conv2dShape shape = _a.Shape;
        int o = (group * (shape.OutChannels / shape.Groups)) + lane, fanIn = shape.FanIn, count = strip.Count;
        int firstCode = low & -8, codes = (high | 7) + 1 - firstCode;
        byte* weights = _a.Weights + ((long)o * fanIn);
        ushort** rows = stackalloc ushort*[Lanes];
        byte** x = stackalloc byte*[Depth];
        ushort* columns = Pointer(_a.Table.ByWeight);
        new Span<int>(job.Sums, count * Lanes).Clear();
        for (int k = 0; k < fanIn; k += Depth)
        {
            int depth = Math.Min(Depth, fanIn - k), padded = depth > 4 ? 8 : 4;
            for (int i = 0; i < padded; i++)
            {
                ushort* table = job.Tables + (i * TableLength);
                x[i] = job.Packed + job.Offsets[Math.Min(k + i, fanIn - 1)];
                if (i >= depth)
                {
                    new Span<ushort>(table + (firstCode * Lanes), codes * Lanes).Clear();
                    continue;
                }

                for (int position = 0; position < Lanes; position++)
                {
                    // Channels that do not exist repeat the last one; nobody reads them.
                    int channel = Math.Min(LaneOrder.Of(position, Lanes), used - 1);
                    rows[position] = columns + (weights[((long)channel * fanIn) + k + i] * LutTable.Codes);
                }

                TLanes.Expand(rows, firstCode, codes, unchecked((ushort)job.Least), table);
            }

            TLanes.Add(job.Tables, x, padded, job.Paired, count, job.Sums);
        }

        for (int l = 0; l < used; l++)
        {
            job.LaneOffset[l] = (fanIn * job.Least) + (_a.Offset == null ? 0 : _a.Offset[o + l]);
            job.LaneScale[l] = _a.Scale == null ? 1 : _a.Scale[(o + l) * _a.ScaleStep];
            job.LaneBias[l] = _a.Bias == null ? 0 : _a.Bias[o + l];
        }

        int plane = shape.OutHeight * shape.OutWidth;
        LaneTerms terms = job.Terms(real: _a.Scale != null);
        for (int p = 0; p < count; p += Chunk)
        {
            int chunk = Math.Min(Chunk, count - p);
            terms.StreamOffset = job.CodeSums == null ? job.Zeros : job.CodeSums + p;
            TLanes.Combine(job.Sums + ((long)p * Lanes), chunk, terms, job.Chunk);
            for (int i = 0, run; i < chunk; i += run)
            {
                run = Math.Min(strip.Run(p + i), chunk - i);
                int* to = _a.Output + strip.OutputIndex(p + i) + ((long)o * plane);
                if (plane == 1)
                {
                    new Span<int>(job.Chunk + (i * Lanes), used).CopyTo(new Span<int>(to, used));
                }
                else
                {
                    WriteTransposed(job.Chunk + (i * Lanes), run, used, to, plane);
                }
            }
        }
    }

    /// <summary>Lanes are outputs; weight codes of channels stream past.</summary>
    private void OutputLanes(
        in Job job, in PackedStrip strip, int group, int lane, int used, int firstChannel, int count)
    {
        Conv2dShape shape = _a.Shape;
        int channels = shape.OutChannels / shape.Groups, fanIn = shape.FanIn, plane = shape.OutHeight * shape.OutWidth;
        byte* weights = _weightsByK + ((long)group * fanIn * channels) + firstChannel;
        ushort** rows = stackalloc ushort*[Lanes];
        byte** w = stackalloc byte*[Depth];
        ushort* columns = Pointer(_a.Table.ByActivation);
        new Span<int>(job.Sums, count * Lanes).Clear();
        for (int k = 0; k < fanIn; k += Depth)
        {
            int depth = Math.Min(Depth, fanIn - k), padded = depth > 4 ? 8 : 4;
            for (int i = 0; i < padded; i++)
            {
                ushort* table = job.Tables + (i * TableLength);
                w[i] = weights + ((long)Math.Min(k + i, fanIn - 1) * channels);
                if (i >= depth)
                {
                    new Span<ushort>(table, TableLength).Clear();
                    continue;
                }

                byte* codes = job.Packed + job.Offsets[k + i] + lane;
                for (int position = 0; position < Lanes; position++)
                {
                    rows[position] = columns + (codes[Math.Min(LaneOrder.Of(position, Lanes), used - 1)] * LutTable.Codes);
                }

                TLanes.Expand(rows, 0, LutTable.Codes, unchecked((ushort)job.Least), table);
            }

            TLanes.Add(job.Tables, w, padded, job.Paired, count, job.Sums);
        }

        int* outputs = stackalloc int[Lanes];
        bool neighbours = true;
        for (int l = 0; l < used; l++)
        {
            job.LaneOffset[l] = (fanIn * job.Least) + (job.CodeSums == null ? 0 : job.CodeSums[lane + l]);
            job.LaneScale[l] = 1;
            job.LaneBias[l] = 0;
            outputs[l] = strip.OutputIndex(lane + l);
            neighbours &= outputs[l] == outputs[0] + l;
        }

        int o = (group * channels) + firstChannel;
        LaneTerms terms = job.Terms(real: _a.Scale != null);
        for (int s = 0; s < count; s += Chunk)
        {
            int chunk = Math.Min(Chunk, count - s);
            terms.StreamOffset = _a.Offset == null ? job.Zeros : _a.Offset + o + s;
            terms.StreamBias = _a.Bias == null ? (float*)job.Zeros : _a.Bias + o + s;
            if (_a.Scale != null && _a.ScaleStep == 1)
            {
                terms.StreamScale = _a.Scale + o + s;
            }
            else if (_a.Scale != null)
            {
                new Span<float>(job.StreamScale, Chunk).Fill(*_a.Scale);
            }

            TLanes.Combine(job.Sums + ((long)s * Lanes), chunk, terms, job.Chunk);
            int* to = _a.Output + ((long)(o + s) * plane);
            if (plane == 1 && used == Lanes && outputs[Lanes - 1] - outputs[0] == (Lanes - 1) * shape.OutChannels)
            {
                WriteTransposed(job.Chunk, chunk, used, to + outputs[0], shape.OutChannels);
                continue;
            }

            for (int i = 0; i < chunk; i++, to += plane)
            {
                int* from = job.Chunk + (i * Lanes);
                if (neighbours)
                {
                    new Span<int>(from, used).CopyTo(new Span<int>(to + outputs[0], used));
                    continue;
                }

                for (int l = 0; l < used; l++)
                {
                    to[outputs[l]] = from[l];
                }
            }
        }
    }

    /// <summary>Writes lane l of stream s to <c>to[l * pitch + s]</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WriteTransposed(int* from, int streams, int lanes, int* to, nint pitch)
    {
        int l = 0;
        for (; l <= lanes - 8 && streams >= 8; l += 8)
        {
            int s = 0;
            for (; s <= streams - 8; s += 8)
            {
                TLanes.Transpose8x8(from + (s * Lanes) + l, Lanes, to + (l * pitch) + s, pitch);
            }

            for (; s < streams; s++)
            {
                for (int i = l; i < l + 8; i++)
                {
                    to[(i * pitch) + s] = from[(s * Lanes) + i];
                }
            }
        }

        for (; l < lanes; l++)
        {
            for (int s = 0; s < streams; s++)
            {
                to[(l * pitch) + s] = from[(s * Lanes) + l];
            }
        }
    }

    private static ushort* Pointer(ushort[] pinned) => (ushort*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(pinned));

    /// <summary>The buffers of one unit of work.</summary>
    private struct Job
    {
        public ushort* Tables;
        public int* Sums;
        public int* Chunk;
        public int* Offsets;
        public byte* Packed;
        public int* CodeSums;
        public int* LaneOffset;
        public float* LaneScale;
        public float* LaneBias;
        public int* Zeros;
        public float* StreamScale;
        public int Least;
        public bool Paired;

        public readonly LaneTerms Terms(bool real) => new()
        {
            LaneOffset = LaneOffset,
            LaneScale = real ? LaneScale : null,
            LaneBias = LaneBias,
            StreamOffset = Zeros,
            StreamScale = StreamScale,
            StreamBias = (float*)Zeros,
        };
    }
}
