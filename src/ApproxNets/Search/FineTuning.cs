namespace ApproxNets.Search;

/// <summary>How a network is fine-tuned for its operating points. "Batch normalisation" stands for biases in a network without.</summary>
public enum FineTuning
{
    /// <summary>Weights, shared, and the batch normalisation of every point: the paper's. Every batch runs at every point, the gradients
    /// of the o losses are averaged, one step follows.</summary>
    Joint,

    /// <summary>As <see cref="Joint"/>, batch normalisation only; weights and ranges stay.</summary>
    NormOnly,

    /// <summary>No gradient: the running statistics of every point are estimated anew.</summary>
    Statistics,

    /// <summary>Nothing: the network as it was, at every point.</summary>
    None,

    /// <summary>Every point is retrained alone, from the same start, with weights of its own: what sharing them costs.</summary>
    Separate,

    /// <summary>As <see cref="Joint"/>, and the network with exact products that all points start from teaches every point.</summary>
    Taught,
}

/// <summary>The variants as words, in results and keys.</summary>
public static class FineTuningNames
{
    /// <summary>"joint", "bn-only", "bn-statistics", "none", "separate" or "taught".</summary>
    /// <exception cref="ArgumentOutOfRangeException">The variant is unknown.</exception>
    public static string Word(this FineTuning variant) => variant switch
    {
        FineTuning.Joint => "joint",
        FineTuning.NormOnly => "bn-only",
        FineTuning.Statistics => "bn-statistics",
        FineTuning.None => "none",
        FineTuning.Separate => "separate",
        FineTuning.Taught => "taught",
        _ => throw new ArgumentOutOfRangeException(nameof(variant), $"Fine-tuning: found the variant {(int)variant}, expected a known one."),
    };
}
