namespace ApproxNets.Kernels;

/// <summary>Which implementation computes a look-up-table kernel. All give the same bits.</summary>
public enum KernelPath
{
    /// <summary>The one named by the environment variable <c>APPROXNETS_KERNEL</c> (<c>scalar</c> or <c>avx2</c>); without it
    /// the fastest one this machine supports.</summary>
    Auto,

    /// <summary>The plain loop, for any machine.</summary>
    Scalar,

    /// <summary>256-bit vectors of x86-64.</summary>
    Avx2,
}
