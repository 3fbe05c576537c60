namespace ApproxNets.Layers;

/// <summary>What an <see cref="ApproxLayer"/> computes.</summary>
public enum LayerMode
{
    /// <summary>The float layer, not quantised.</summary>
    Float,

    /// <summary>The layer with 8-bit fake-quantised activations and weights and exact products.</summary>
    Quantized,

    /// <summary>As <see cref="Quantized"/>, plus Gaussian noise of standard deviation <c>|sigma| std(y)</c> on the output.</summary>
    Noise,

    /// <summary>Behavioural simulation: every product comes from the assigned multiplier's table. Bit-exact.</summary>
    Approximate,

    /// <summary>As <see cref="Approximate"/>, with the error of the products taken from a low-rank approximation of the table, in float
    /// tensor operations for any device. Not bit-exact: for exploration, see <see cref="ApproxLayer.SurrogateRank"/>.</summary>
    Surrogate,
}
