namespace ApproxNets.Quantization;

/// <summary>What an observer takes from each batch.</summary>
public enum ObserverKind
{
    /// <summary>Least and greatest value.</summary>
    MovingAverage,

    /// <summary>Quantiles, from a histogram of 2,048 bins.</summary>
    Histogram,
}
