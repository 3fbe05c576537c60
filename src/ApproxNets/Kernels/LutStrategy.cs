namespace ApproxNets.Kernels;

/// <summary>How the products of a strip are looked up. All give the same sums.</summary>
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
