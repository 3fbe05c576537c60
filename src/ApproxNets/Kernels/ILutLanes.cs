namespace ApproxNets.Kernels;

/// <summary>The steps of <see cref="LutConv2dLanes{TLanes}"/> that depend on the width of vectors; one implementation each.</summary>
/// <remarks>
/// <para>A <em>lane</em> is one of <see cref="Count"/> outputs that share a vector. Expanded tables have 16-bit lanes in the order
/// of <see cref="LaneOrder.Of"/>: even positions hold the lower half of the lanes, odd ones the upper half. A 32-bit element of a
/// table row so holds a product of lane i in its low and one of lane i + Count / 2 in its high half.</para>
/// <para>The sums of one output are Count / 2 times <c>full</c>, the sums of 32-bit elements, then Count / 2 times <c>odd</c>, the sums
/// of their high halves. An element is <c>e = low + 2^16 high</c>, so <c>sum low = full - (odd &lt;&lt; 16)</c> modulo 2^32, which is exact
/// since every sum fits 32 bits (<see cref="Conv2dShape.MaxFanIn"/>). One addition and one shift with an addition thus serve two
/// lanes.</para>
/// </remarks>
internal unsafe interface ILutLanes
{
    /// <summary>Lanes of one vector of 16-bit elements.</summary>
    static abstract int Count { get; }

    /// <summary>Writes <c>to[code * Count + position] = rows[position][code]</c> for codes
    /// <paramref name="firstCode"/> .. <paramref name="firstCode"/> + <paramref name="codes"/> - 1, multiples of 8.</summary>
    static abstract void Expand(ushort** rows, int firstCode, int codes, ushort* to);

    /// <summary>Adds the table rows of 4 or 8 k to the sums of <paramref name="count"/> outputs. Table i starts at
    /// <c>tables + i * 256 * Count</c>, its codes at <c>x[i]</c>. Where <paramref name="paired"/>, two table rows add up without
    /// overflow in 16 bits.</summary>
    static abstract void Add(ushort* tables, byte** x, int depth, bool paired, int count, int* sums);

    /// <summary>Takes the sums of some outputs apart, adds offsets, and dequantises where scales are given.</summary>
    static abstract void Combine(int* sums, int count, in LaneTerms terms, int* to);

    /// <summary>Writes the transpose of an 8x8 block of 32-bit elements.</summary>
    static abstract void Transpose8x8(int* from, int pitch, int* to, nint toPitch);
}

/// <summary>
/// What turns the sums of lane l of output s into results:
/// <c>(sum + LaneOffset[l] + StreamOffset[s]) LaneScale[l] StreamScale[s] + LaneBias[l] + StreamBias[s]</c>. One of the two scales is 1
/// and one of the two biases 0, which round nothing. Without <see cref="LaneScale"/> the result is the bracket.
/// </summary>
internal unsafe struct LaneTerms
{
    public int* LaneOffset;
    public float* LaneScale;
    public float* LaneBias;
    public int* StreamOffset;
    public float* StreamScale;
    public float* StreamBias;
}

/// <summary>The order of lanes in an expanded table.</summary>
internal static class LaneOrder
{
    /// <summary>The lane at a 16-bit position.</summary>
    public static int Of(int position, int lanes) => (position >> 1) + ((position & 1) * (lanes / 2));
}

/// <summary>Two rows of expanded tables add up in 16 bits without a carry. A type, so that the loop is compiled for each case.</summary>
internal readonly struct Paired;

/// <summary>Two rows may carry: they are added in 32 bits.</summary>
internal readonly struct Unpaired;
