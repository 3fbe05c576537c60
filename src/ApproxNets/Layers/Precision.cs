namespace ApproxNets.Layers;

/// <summary>Number format of the multiplications that libtorch does while a layer trains. Evaluation is in float32 always.</summary>
public enum Precision
{
    /// <summary>32-bit floats.</summary>
    Float32,

    /// <summary>
    /// 16-bit floats of 8 exponent and 8 significant bits, summed in 32 bits; weights and their updates stay in float32 (mixed precision,
    /// Micikevicius et al., ICLR 2018). Twice as fast on processors with AVX512-BF16 or AMX, several times slower on those without.
    /// </summary>
    BFloat16,
}
