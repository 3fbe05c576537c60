namespace ApproxNets.Layers;

/// <summary>Which outputs of one forward pass share the random sign of a layer's bias tolerance.</summary>
public enum BiasDraw
{
    /// <summary>All: one sign for the layer. Batch normalisation in training takes it out whole, see
    /// <see cref="Search.AgnBias"/>.</summary>
    Step,

    /// <summary>All channels and positions of one image.</summary>
    Image,

    /// <summary>All positions of one channel of one image.</summary>
    ImageAndChannel,
}
