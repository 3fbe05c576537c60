namespace ApproxNets.Kernels;

/// <summary>Which implementation computes a look-up-table kernel. All give the same bits.</summary>
public enum KernelPath
{
    /// <summary>The one named by the environment variable <c>APPROXNETS_KERNEL</c> (a name of this list); without it
    /// the fastest one this machine supports.</summary>
    Auto,

    /// <summary>The plain loop, for any machine.</summary>
    Scalar,

    /// <summary>128-bit vectors of any machine that has some, such as ARM64.</summary>
    Vector128,

    /// <summary>256-bit vectors of x86-64.</summary>
    Avx2,

    /// <summary>512-bit vectors of x86-64 with byte permutations (AVX-512 BW and VBMI: Intel Ice Lake, AMD Zen 4 and later).</summary>
    Avx512,

    /// <summary>TorchSharp tensor operations on the device of the tensors. For layers, not for the kernels on spans; what
    /// <see cref="Auto"/> means for tensors that are not on the CPU.</summary>
    Tensor,
}
