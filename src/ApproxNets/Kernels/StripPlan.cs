namespace ApproxNets.Kernels;

/// <summary>How the work of a convolution is cut into units: groups, strips of outputs, and parts of a strip's channels or outputs.</summary>
internal readonly struct StripPlan
{
    // What the steps cost on the machine they were measured on, in cycles per 16 lanes: one table row, and adding one k to one output.
    private const double ExpandCost = 1.7;
    private const double AddCost = 1.2;

    private const int MaxStripOutputs = 4096;
    private const int MaxStripBytes = 4 << 20;

    private readonly Conv2dShape _shape;
    private readonly int _images;
    private readonly int _rows;
    private readonly int _imageStrips;
    private readonly int _rowStrips;

    /// <summary>Plans for a number of threads and lanes.</summary>
    /// <param name="shape">The convolution.</param>
    /// <param name="lanes">Lanes of a vector.</param>
    /// <param name="codes">Activation codes that are expected to occur.</param>
    /// <param name="threads">Threads.</param>
    public StripPlan(in Conv2dShape shape, int lanes, int codes, int threads)
    {
        _shape = shape;
        int plane = shape.OutHeight * shape.OutWidth, channels = shape.OutChannels / shape.Groups;
        long bytesPerOutput = shape.InChannels / shape.Groups * shape.KernelWidth * (shape.Stride.H == 1 ? 2 : shape.KernelHeight);
        int most = (int)Math.Clamp(MaxStripBytes / bytesPerOutput, 256, MaxStripOutputs);
        _images = Math.Clamp(most / plane, 1, shape.Batch);
        _rows = _images > 1 || plane <= most ? shape.OutHeight : Math.Max(1, most / shape.OutWidth);

        // Strips of equal size, at least one for each thread where there are images enough.
        _imageStrips = RoundUp(DivideUp(shape.Batch, _images), threads, shape.Batch);
        _images = DivideUp(shape.Batch, _imageStrips);
        _imageStrips = DivideUp(shape.Batch, _images);
        _rowStrips = DivideUp(shape.OutHeight, _rows);
        int outputs = _images * _rows * shape.OutWidth;
        LanesAreOutputs = Cost(outputs, channels, lanes, LutTable.Codes) < Cost(channels, outputs, lanes, codes);

        // Too few strips for the threads: share the blocks of lanes, else the streams.
        int strips = _imageStrips * _rowStrips * shape.Groups;
        Parts = 1;
        if (strips < threads)
        {
            int blocks = DivideUp(LanesAreOutputs ? outputs : channels, lanes);
            if (blocks >= threads || LanesAreOutputs)
            {
                Parts = Math.Min(threads, LanesAreOutputs ? Math.Max(blocks, channels / 64) : blocks);
            }
            else if (_rowStrips < threads && shape.OutHeight > 1)
            {
                _rows = DivideUp(shape.OutHeight, Math.Min(threads, shape.OutHeight));
                _rowStrips = DivideUp(shape.OutHeight, _rows);
            }
        }

        Parts = Math.Max(Parts, 1);
    }

    private StripPlan(in Conv2dShape shape, int threads)
    {
        _shape = shape;
        int plane = shape.OutHeight * shape.OutWidth, channels = shape.OutChannels / shape.Groups;
        long bytesPerOutput = shape.InChannels / shape.Groups * shape.KernelWidth * (shape.Stride.H == 1 ? 2 : shape.KernelHeight);
        int most = (int)Math.Clamp(MaxStripBytes / bytesPerOutput, 256, MaxStripOutputs);
        _images = Math.Clamp(most / plane, 1, shape.Batch);
        _rows = _images > 1 || plane <= most ? shape.OutHeight : Math.Max(1, most / shape.OutWidth);
        _imageStrips = RoundUp(DivideUp(shape.Batch, _images), threads, shape.Batch);
        _images = DivideUp(shape.Batch, _imageStrips);
        _imageStrips = DivideUp(shape.Batch, _images);
        _rowStrips = DivideUp(shape.OutHeight, _rows);
        int strips = _imageStrips * _rowStrips * shape.Groups;
        Parts = strips < threads ? Math.Min(channels, threads) : 1;
        if (strips * Parts < threads && shape.OutHeight > 1)
        {
            _rows = DivideUp(shape.OutHeight, Math.Min(threads, shape.OutHeight));
            _rowStrips = DivideUp(shape.OutHeight, _rows);
        }
    }

    /// <summary>Plans for kernels that take channels one by one.</summary>
    public static StripPlan ForChannels(in Conv2dShape shape, int threads) => new(shape, threads);

    /// <summary>Whether the lanes of a vector are outputs, not channels.</summary>
    public bool LanesAreOutputs { get; }

    /// <summary>Parts of one strip.</summary>
    public int Parts { get; }

    /// <summary>Units of work.</summary>
    public int Units => _imageStrips * _rowStrips * _shape.Groups * Parts;

    /// <summary>Group, strip and part of a unit.</summary>
    public (int Group, PackedStrip Strip, int Part) Unit(int unit)
    {
        int part = unit % Parts, strip = unit / Parts;
        int image = strip % _imageStrips * _images, row = strip / _imageStrips % _rowStrips * _rows;
        var packed = new PackedStrip(
            _shape, image, Math.Min(_images, _shape.Batch - image), row, Math.Min(_rows, _shape.OutHeight - row));
        return (strip / _imageStrips / _rowStrips, packed, part);
    }

    /// <summary>The share of one part: lanes from First to End, and the streams that pass them. Blocks of lanes are shared where
    /// there are enough, else the streams.</summary>
    public static (int First, int End, (int First, int Count) Streams) Share(int part, int parts, int lanesInAll, int lanes, int streams)
    {
        int blocks = DivideUp(lanesInAll, lanes);
        return blocks >= parts
            ? (blocks * part / parts * lanes, Math.Min(blocks * (part + 1) / parts * lanes, lanesInAll), (0, streams))
            : (0, lanesInAll, ((int)((long)streams * part / parts), (int)((long)streams * (part + 1) / parts) - (int)((long)streams * part / parts)));
    }

    /// <summary>Cost of a strip by k.</summary>
    private static double Cost(int lanesInAll, int streams, int lanes, int codes) =>
        DivideUp(lanesInAll, lanes) * ((ExpandCost * codes * lanes / 16) + (AddCost * streams));

    private static int DivideUp(int value, int by) => (value + by - 1) / by;

    private static int RoundUp(int value, int multiple, int most) => Math.Min(DivideUp(value, multiple) * multiple, most);
}
