using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ApproxNets.Kernels;

/// <summary>
/// Expanded tables: for each k the product table is expanded to <c>T_k[code][lane]</c>, so that one load yields the products of one code
/// with all lanes. Either the lanes are output channels and the activation codes of many outputs stream past, or the lanes are
/// outputs and the weight codes of many channels stream past.
/// </summary>
/// <remarks>
/// <para>Order: block of lanes / eight k / streams. The eight tables stay in the caches, the sums of the streams (64 bytes each with 16
/// lanes) in L2. A table is built by transposing the columns of the lanes' weights (or the rows of their activations): 256 codes times
/// the lanes, which pays from some 60 streams on (<see cref="StripPlan"/>). A product then costs 1 / lanes of a load and two additions.
/// </para>
/// <para>The tables hold <see cref="LutResiduals"/>; where those of two k fit 16 bits together, they are added in 16 bits first. What
/// residuals leave out, <c>sum_k Least_k</c> of a lane and the slope times the codes of a stream, is added in the end. See
/// <see cref="ILutLanes"/> for how 16-bit lanes become 32-bit sums.</para>
/// </remarks>
internal static unsafe class LutConv2dLanes<TLanes>
    where TLanes : struct, ILutLanes
{
    private const int Depth = 8;
    private const int Chunk = 64;

    private static int Lanes => TLanes.Count;

    private static int TableLength => LutTable.Codes * Lanes;

    /// <summary>Lanes are output channels: computes <paramref name="count"/> of the strip's channels.</summary>
    public static void RunChannels(in StripWork work, int first, int count)
    {
        using var scratch = new Scratch(Job.Bytes(work.Strip.Count, work.Operands.Shape.FanIn));
        var job = new Job(work, scratch, work.Strip.Count);
        for (int lane = first; lane < first + count; lane += Lanes)
        {
            ChannelLanes(work, job, lane, Math.Min(Lanes, first + count - lane));
        }
    }

    /// <summary>Lanes are outputs: computes some channels of some outputs of the strip.</summary>
    public static void RunOutputs(in StripWork work, byte* weightsByK, (int First, int Count) outputs, (int First, int Count) channels)
    {
        using var scratch = new Scratch(Job.Bytes(channels.Count, work.Operands.Shape.FanIn));
        var job = new Job(work, scratch, channels.Count);
        int end = outputs.First + outputs.Count;
        for (int lane = outputs.First; lane < end; lane += Lanes)
        {
            OutputLanes(work, job, weightsByK, lane, Math.Min(Lanes, end - lane), channels.First, channels.Count);
        }
    }

    /// <summary>Lanes are output channels; activation codes stream past.</summary>
    private static void ChannelLanes(in StripWork work, in Job job, int lane, int used)
    {
        LutConv2dOperands a = work.Operands;
        Conv2dShape shape = a.Shape;
        PackedStrip strip = work.Strip;
        int o = (work.Group * work.Channels) + lane, fanIn = shape.FanIn, count = strip.Count;

        // Only the codes that occur are expanded, in whole blocks of eight, which Expand transposes at a time.
        int firstCode = work.Low & -8, codes = (work.High | 7) + 1 - firstCode;
        byte* weights = a.Weights + ((long)o * fanIn);
        Add(job, work.Residuals, (firstCode, codes), fanIn, count, work.Packed, work.Offsets, weights, job.Ks, fanIn, used);
        for (int l = 0; l < used; l++)
        {
            job.LaneOffset[l] += a.Offset == null ? 0 : a.Offset[o + l];
            job.LaneScale[l] = a.Scale == null ? 1 : a.Scale[(o + l) * a.ScaleStep];
            job.LaneBias[l] = a.Bias == null ? 0 : a.Bias[o + l];
        }

        int plane = shape.OutHeight * shape.OutWidth;
        LaneTerms terms = job.Terms(real: a.Scale != null);
        for (int p = 0; p < count; p += Chunk)
        {
            int chunk = Math.Min(Chunk, count - p);
            terms.StreamOffset = work.CodeSums == null ? job.Zeros : work.CodeSums + p;
            TLanes.Combine(job.Sums + ((long)p * Lanes), chunk, terms, job.Chunk);
            for (int i = 0, run; i < chunk; i += run)
            {
                run = Math.Min(strip.Run(p + i), chunk - i);
                int* to = a.Output + strip.OutputIndex(p + i) + ((long)o * plane);
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
    private static void OutputLanes(
        in StripWork work, in Job job, byte* weightsByK, int lane, int used, int firstChannel, int count)
    {
        LutConv2dOperands a = work.Operands;
        Conv2dShape shape = a.Shape;
        PackedStrip strip = work.Strip;
        int channels = work.Channels, fanIn = shape.FanIn, plane = shape.OutHeight * shape.OutWidth;
        byte* weights = weightsByK + ((long)work.Group * fanIn * channels) + firstChannel;
        int* rows = job.Ks;
        for (int k = 0; k < fanIn; k++)
        {
            rows[k] = k * channels;
        }

        Add(job, work.Residuals, (0, LutTable.Codes), fanIn, count, weights, rows, work.Packed + lane, work.Offsets, 1, used);
        int* outputs = stackalloc int[Lanes];
        bool neighbours = true;
        for (int l = 0; l < used; l++)
        {
            job.LaneOffset[l] += work.CodeSums == null ? 0 : work.CodeSums[lane + l];
            job.LaneScale[l] = 1;
            job.LaneBias[l] = 0;
            outputs[l] = strip.OutputIndex(lane + l);
            neighbours &= outputs[l] == outputs[0] + l;
        }

        int o = (work.Group * channels) + firstChannel;
        LaneTerms terms = job.Terms(real: a.Scale != null);
        for (int s = 0; s < count; s += Chunk)
        {
            int chunk = Math.Min(Chunk, count - s);
            terms.StreamOffset = work.ChannelOffset == null ? job.Zeros : work.ChannelOffset + o + s;
            terms.StreamBias = a.Bias == null ? (float*)job.Zeros : a.Bias + o + s;
            if (a.Scale != null && a.ScaleStep == 1)
            {
                terms.StreamScale = a.Scale + o + s;
            }
            else if (a.Scale != null)
            {
                new Span<float>(job.StreamScale, Chunk).Fill(*a.Scale);
            }

            TLanes.Combine(job.Sums + ((long)s * Lanes), chunk, terms, job.Chunk);
            int* to = a.Output + ((long)(o + s) * plane);
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

    /// <summary>Expands the tables of all k for one block of lanes and adds their rows to the sums of the streams; starts
    /// <see cref="Job.LaneOffset"/> with the sums of Least. The stream codes of k start at <c>streams + streamOffsets[k]</c>, the code of
    /// lane l is <c>lanes[laneOffsets[k] + l * laneStep]</c>.</summary>
    private static void Add(
        in Job job, LutResiduals residuals, (int First, int Count) codes, int fanIn, int count, byte* streams, int* streamOffsets,
        byte* lanes, int* laneOffsets, long laneStep, int used)
    {
        ushort** rows = stackalloc ushort*[Lanes];
        byte** x = stackalloc byte*[Depth];
        byte* laneCodes = stackalloc byte[Lanes];
        new Span<int>(job.LaneOffset, Lanes).Clear();
        new Span<int>(job.Sums, count * Lanes).Clear();
        for (int k = 0; k < fanIn; k += Depth)
        {
            // A last pass of fewer k is filled up to 4 or 8 with tables of zeros, which add nothing whatever codes they meet.
            int depth = Math.Min(Depth, fanIn - k), padded = depth > 4 ? 8 : 4, widest = 0, before = 0;
            for (int i = 0; i < padded; i++)
            {
                ushort* table = job.Tables + (i * TableLength);
                x[i] = streams + streamOffsets[Math.Min(k + i, fanIn - 1)];
                if (i >= depth)
                {
                    new Span<ushort>(table + (codes.First * Lanes), codes.Count * Lanes).Clear();
                    continue;
                }

                // Lanes that do not exist repeat the last one; nobody reads them.
                for (int l = 0; l < Lanes; l++)
                {
                    laneCodes[l] = lanes[laneOffsets[k + i] + (Math.Min(l, used - 1) * laneStep)];
                }

                // Pairs are (0, 1), (2, 3), ..: the sum of their greatest residuals tells whether 16 bits hold both.
                int range = Rows(residuals, laneCodes, rows, job.LaneOffset);
                (widest, before) = (Math.Max(widest, (i & 1) == 0 ? range : range + before), range);
                TLanes.Expand(rows, codes.First, codes.Count, table);
            }

            TLanes.Add(job.Tables, x, padded, widest <= ushort.MaxValue, count, job.Sums);
        }
    }

    /// <summary>Finds the residual row of every lane, in the order of positions; adds Least of each row to its lane's sum and returns the
    /// greatest residual of all rows.</summary>
    private static int Rows(LutResiduals residuals, byte* codes, ushort** rows, int* sums)
    {
        ushort* table = (ushort*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(residuals.Table));
        ref int leasts = ref MemoryMarshal.GetArrayDataReference(residuals.Least);
        ref int ranges = ref MemoryMarshal.GetArrayDataReference(residuals.Range);
        int half = Lanes / 2, widest = 0;
        for (int l = 0; l < half; l++)
        {
            int even = codes[l], odd = codes[l + half];
            rows[2 * l] = table + (even * LutTable.Codes);
            rows[(2 * l) + 1] = table + (odd * LutTable.Codes);
            sums[l] += Unsafe.Add(ref leasts, even);
            sums[l + half] += Unsafe.Add(ref leasts, odd);
            widest = Math.Max(widest, Math.Max(Unsafe.Add(ref ranges, even), Unsafe.Add(ref ranges, odd)));
        }

        return widest;
    }

    /// <summary>The buffers of one unit of work.</summary>
    private readonly struct Job
    {
        public readonly ushort* Tables;
        public readonly int* Sums;
        public readonly int* Chunk;
        public readonly int* LaneOffset;
        public readonly float* LaneScale;
        public readonly float* LaneBias;
        public readonly int* Zeros;
        public readonly float* StreamScale;

        /// <summary>0, 1, 2, ... of the fan-in, for channel lanes; room for as many offsets.</summary>
        public readonly int* Ks;

        public Job(in StripWork work, Scratch scratch, int streams)
        {
            Tables = scratch.Take<ushort>(Depth * TableLength);
            Sums = scratch.Take<int>(streams * Lanes);
            Chunk = scratch.Take<int>(LutConv2dLanes<TLanes>.Chunk * Lanes);
            LaneOffset = scratch.Take<int>(Lanes);
            LaneScale = scratch.Take<float>(Lanes);
            LaneBias = scratch.Take<float>(Lanes);
            Zeros = scratch.Take<int>(LutConv2dLanes<TLanes>.Chunk);
            StreamScale = scratch.Take<float>(LutConv2dLanes<TLanes>.Chunk);
            Ks = scratch.Take<int>(work.Operands.Shape.FanIn);
            for (int k = 0; k < work.Operands.Shape.FanIn; k++)
            {
                Ks[k] = k;
            }

            new Span<int>(Zeros, LutConv2dLanes<TLanes>.Chunk).Clear();
            new Span<float>(StreamScale, LutConv2dLanes<TLanes>.Chunk).Fill(1);
        }

        public static long Bytes(int streams, int fanIn) => ((long)fanIn * sizeof(int)) + (Depth * TableLength * sizeof(ushort))
            + (((streams + LutConv2dLanes<TLanes>.Chunk + 3L) * Lanes) + (2 * LutConv2dLanes<TLanes>.Chunk)) * sizeof(int);

        public LaneTerms Terms(bool real) => new()
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
