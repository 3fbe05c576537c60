using System.Runtime.Intrinsics.X86;
using System.Text.Json.Serialization;

namespace ApproxNets.Layers;

/// <summary>Number format of the multiplications that libtorch does while a layer trains. Evaluation is in float32 always.</summary>
/// <remarks>Files hold the words in the attributes, so members can be renamed and reordered.</remarks>
[JsonConverter(typeof(JsonStringEnumConverter<Precision>))]
public enum Precision
{
    /// <summary>32-bit floats.</summary>
    [JsonStringEnumMemberName("float32")]
    Float32,

    /// <summary>
    /// <see cref="BFloat16"/> where the processor has instructions for it, else <see cref="Float32"/>: the faster choice on either kind of
    /// processor. The two give other bits; the record of a training says which it was.
    /// </summary>
    [JsonStringEnumMemberName("fastest")]
    Fastest,

    /// <summary>
    /// 16-bit floats of 8 exponent and 8 significant bits, summed in 32 bits; weights and their updates stay in float32 (mixed precision,
    /// Micikevicius et al., ICLR 2018). Twice as fast on processors with AVX512-BF16 or AMX-BF16, about half as fast on those without.
    /// </summary>
    [JsonStringEnumMemberName("bfloat16")]
    BFloat16,
}

/// <summary>What a <see cref="Precision"/> means on this processor.</summary>
public static class PrecisionExtensions
{
    private const int ExtendedFeatures = 7;

    /// <summary>Whether this processor multiplies <see cref="Precision.BFloat16"/> by instructions of its own that libtorch uses.</summary>
    public static bool HasBFloat16 { get; } = FindBFloat16();

    /// <summary>The format itself: <see cref="Precision.Fastest"/> becomes what is the fastest here.</summary>
    /// <param name="precision">A format.</param>
    public static Precision Resolved(this Precision precision) =>
        precision != Precision.Fastest ? precision : HasBFloat16 ? Precision.BFloat16 : Precision.Float32;

    // .NET has no property for either set of instructions. Avx512F says that the operating system saves the wide registers, too.
    private static bool FindBFloat16()
    {
        if (NativeSettings.OneDnnIsLimited || !Avx512F.IsSupported || X86Base.CpuId(0, 0).Eax < ExtendedFeatures)
        {
            return false;
        }

        var first = X86Base.CpuId(ExtendedFeatures, 0);
        bool amx = (first.Edx & (1 << 22)) != 0;
        bool avx = first.Eax >= 1 && (X86Base.CpuId(ExtendedFeatures, 1).Eax & (1 << 5)) != 0;
        return avx || amx;
    }
}
