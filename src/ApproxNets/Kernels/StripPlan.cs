namespace ApproxNets.Kernels;

/// <summary>
/// How the work of a convolution is cut into units (groups of channels, strips of outputs, parts of a strip) and how a strip is
/// computed: by the strategy whose estimated cycles for each k are the fewest. It affects speed only.
/// </summary>
internal readonly struct StripPlan
{
    // Cycles per k as measured on AMD Zen 4 with AVX2; ratios on other machines are alike. An entry of an expanded table costs the
    // traffic of the caches, adding a row mostly loads.
    private const double ColumnCost = 1.2;
    private const double ExpandCost = 0.25;
    private const double AddCost = 0.07;
    private const double AddOverhead = 0.3;
    private const double PermuteCost = 4.7;
    private const double PermuteAloneCost = 12;
    private const double PermuteAllCodes = 3;
    private const double ChannelPermuteCost = 22;
    private const double RowCost = 30;
    private const double ByKCost = 0.3;

    private const int MinThreadProducts = 50_000;
    private const int UnitsPerThread = 4;
    private const int MaxStripOutputs = 4096;
    private const int MinStripOutputs = 256;
    private const int MaxStripBytes = 4 << 20;

    private readonly Conv2dShape _shape;
    private readonly int _images;
    private readonly int _rows;
    private readonly int _imageStrips;
    private readonly int _rowStrips;
    private readonly int _unitGroups;

    /// <summary>Plans a convolution.</summary>
    /// <param name="shape">The convolution.</param>
    /// <param name="lanes">Lanes of a vector.</param>
    /// <param name="codes">Activation codes that are expected to occur.</param>
    /// <param name="permutations">Whether byte permutations can be used.</param>
    /// <param name="threads">Threads.</param>
    /// <param name="strategy">How strips are computed; null for the cheapest way.</param>
    public StripPlan(in Conv2dShape shape, int lanes, int codes, bool permutations, int threads, LutStrategy? strategy)
    {
        _shape = shape;
        threads = (int)Math.Clamp(shape.MultiplicationsPerSample * shape.Batch / MinThreadProducts, 1, threads);
        Threads = threads;
        int plane = shape.OutHeight * shape.OutWidth, channels = shape.OutChannels / shape.Groups;
        long bytesPerOutput = (long)shape.InChannels / shape.Groups * shape.KernelWidth * (shape.Stride.H == 1 ? 2 : shape.KernelHeight);
        int most = (int)Math.Clamp(MaxStripBytes / bytesPerOutput, MinStripOutputs, MaxStripOutputs);
        _images = Math.Clamp(most / plane, 1, shape.Batch);
        _rows = plane <= most ? shape.OutHeight : Math.Max(1, most / shape.OutWidth);

        // Strips of equal size, at least one for each thread where there are images enough.
        int strips = DivideUp(DivideUp(shape.Batch, _images), threads) * threads;
        _images = shape.Groups >= threads ? _images : DivideUp(shape.Batch, Math.Min(strips, shape.Batch));
        _imageStrips = DivideUp(shape.Batch, _images);
        _rowStrips = DivideUp(shape.OutHeight, _rows);
        Strategy = strategy ?? Cheapest(_images * _rows * shape.OutWidth, channels, lanes, codes, permutations);

        // Many groups: some units for each thread, so that what groups have in common is done once for each unit.
        _unitGroups = DivideUp(shape.Groups, threads * UnitsPerThread);

        // Too few strips for the threads: share a strip's lanes or streams, or cut it into fewer rows.
        Parts = 1;
        if (_imageStrips * _rowStrips * shape.Groups < threads)
        {
            int blocks = Strategy switch
            {
                LutStrategy.ChannelLanes => DivideUp(channels, lanes),
                LutStrategy.ChannelPermutation => _images * _rows * shape.OutWidth,
                _ => channels,
            };
            Parts = Math.Min(threads, blocks);
            if (Parts < threads && shape.OutHeight > 1 && !IsByK)
            {
                _rows = DivideUp(shape.OutHeight, Math.Min(threads, shape.OutHeight));
                _rowStrips = DivideUp(shape.OutHeight, _rows);
                Parts = 1;
            }
        }
    }

    /// <summary>How many threads the work is worth: sharing it out takes some microseconds.</summary>
    public int Threads { get; }

    /// <summary>How strips are computed.</summary>
    public LutStrategy Strategy { get; }

    /// <summary>Whether the strategy needs the weights in the order of k.</summary>
    public bool IsByK => Strategy is LutStrategy.OutputLanes or LutStrategy.ChannelPermutation;

    /// <summary>Parts of one strip.</summary>
    public int Parts { get; }

    /// <summary>Units of work.</summary>
    public int Units => _imageStrips * _rowStrips * DivideUp(_shape.Groups, _unitGroups) * Parts;

    /// <summary>Groups, strip and part of a unit.</summary>
    public (int FirstGroup, int EndGroup, PackedStrip Strip, int Part) Unit(int unit)
    {
        int part = unit % Parts, strip = unit / Parts;
        int image = strip % _imageStrips * _images, row = strip / _imageStrips % _rowStrips * _rows;
        var packed = new PackedStrip(
            _shape, image, Math.Min(_images, _shape.Batch - image), row, Math.Min(_rows, _shape.OutHeight - row));
        int group = strip / _imageStrips / _rowStrips * _unitGroups;
        return (group, Math.Min(group + _unitGroups, _shape.Groups), packed, part);
    }

    /// <summary>The share of one part in <paramref name="count"/> items that are taken in blocks.</summary>
    public (int First, int Count) Share(int part, int count, int block)
    {
        int blocks = DivideUp(count, block);
        int first = (int)((long)blocks * part / Parts) * block, end = (int)((long)blocks * (part + 1) / Parts) * block;
        return (Math.Min(first, count), Math.Min(end, count) - Math.Min(first, count));
    }

    private static LutStrategy Cheapest(int outputs, int channels, int lanes, int codes, bool permutations)
    {
        double add = (AddCost * lanes) + AddOverhead;
        double permute = (outputs > 192 ? PermuteCost : PermuteAloneCost) * (codes > LutResiduals.WindowCodes ? PermuteAllCodes : 1);

        // In the order of LutStrategy. Expanding is paid for each block of lanes, adding for each stream past it.
        Span<double> costs =
        [
            ColumnCost * channels * (outputs + 4),
            DivideUp(channels, lanes) * ((ExpandCost * codes * lanes) + (add * outputs)),
            (DivideUp(outputs, lanes) * ((ExpandCost * LutTable.Codes * lanes) + (add * channels))) + (ByKCost * channels),
            permutations ? channels * DivideUp(outputs, 64) * permute : double.PositiveInfinity,
            permutations ? (outputs * (RowCost + (DivideUp(channels, 64) * ChannelPermuteCost))) + (ByKCost * channels) : double.PositiveInfinity,
        ];
        int best = 0;
        for (int i = 1; i < costs.Length; i++)
        {
            best = costs[i] < costs[best] ? i : best;
        }

        return (LutStrategy)best;
    }

    private static int DivideUp(int value, int by) => (value + by - 1) / by;
}

/// <summary>How the products of a strip are looked up. All give the same sums. The order is that of the costs in
/// <see cref="StripPlan"/>.</summary>
internal enum LutStrategy
{
    /// <summary>One by one, in the column of each weight: <see cref="LutConv2dColumns"/>. For few products.</summary>
    Columns,

    /// <summary>In tables expanded for many channels, indexed by activation codes: <see cref="LutConv2dLanes{TLanes}"/>.</summary>
    ChannelLanes,

    /// <summary>In tables expanded for many outputs, indexed by weight codes: <see cref="LutConv2dLanes{TLanes}"/>.</summary>
    OutputLanes,

    /// <summary>By byte permutations in the columns of weights, many outputs at once: <see cref="LutConv2dPermutation"/>.</summary>
    OutputPermutation,

    /// <summary>By byte permutations in the rows of activations, many channels at once: <see cref="LutConv2dPermutation"/>.</summary>
    ChannelPermutation,
}
