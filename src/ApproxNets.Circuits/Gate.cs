namespace ApproxNets.Circuits;

/// <summary>A gate: its function and the nets at its inputs. An input that the function does not have is 0.</summary>
/// <param name="Kind">The function.</param>
/// <param name="X">First input; of a multiplexer the one taken when the select is 0.</param>
/// <param name="Y">Second input; of a multiplexer the one taken when the select is 1.</param>
/// <param name="S">Select input of a multiplexer.</param>
public readonly record struct Gate(GateKind Kind, int X = 0, int Y = 0, int S = 0)
{
    /// <summary>Number of inputs: 0 to 3.</summary>
    /// <exception cref="InvalidOperationException">The kind is unknown.</exception>
    public int InputCount => Kind switch
    {
        GateKind.Const0 or GateKind.Const1 => 0,
        GateKind.Buf or GateKind.Not => 1,
        GateKind.And or GateKind.Or or GateKind.Xor or GateKind.Nand or GateKind.Nor or GateKind.Xnor => 2,
        GateKind.Mux => 3,
        _ => throw new InvalidOperationException($"Found gate kind {(int)Kind}, expected one of {nameof(GateKind)}."),
    };

    /// <summary>The net at an input: 0 is <see cref="X"/>, 1 is <see cref="Y"/>, 2 is <see cref="S"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is not 0, 1 or 2.</exception>
    public int this[int input] => input switch
    {
        0 => X,
        1 => Y,
        2 => S,
        _ => throw new ArgumentOutOfRangeException(nameof(input), $"Found input {input}, expected 0, 1 or 2."),
    };

    /// <summary>The same gate at other nets: net n becomes <c>nets[n]</c>.</summary>
    internal Gate Renamed(ReadOnlySpan<int> nets) => new(
        Kind, InputCount > 0 ? nets[X] : 0, InputCount > 1 ? nets[Y] : 0, InputCount > 2 ? nets[S] : 0);
}

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
