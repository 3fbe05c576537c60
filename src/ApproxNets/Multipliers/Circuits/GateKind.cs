namespace ApproxNets.Multipliers.Circuits;

/// <summary>The function of a <see cref="Gate"/>.</summary>
public enum GateKind : byte
{
    /// <summary>The constant 0; no inputs.</summary>
    Const0,

    /// <summary>The constant 1; no inputs.</summary>
    Const1,

    /// <summary><c>X</c>.</summary>
    Buf,

    /// <summary><c>not X</c>.</summary>
    Not,

    /// <summary><c>X and Y</c>.</summary>
    And,

    /// <summary><c>X or Y</c>.</summary>
    Or,

    /// <summary><c>X xor Y</c>.</summary>
    Xor,

    /// <summary><c>not (X and Y)</c>.</summary>
    Nand,

    /// <summary><c>not (X or Y)</c>.</summary>
    Nor,

    /// <summary><c>not (X xor Y)</c>.</summary>
    Xnor,

    /// <summary><c>S ? Y : X</c>.</summary>
    Mux,
}
