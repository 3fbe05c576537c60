namespace ApproxNets.Multipliers.Import;

/// <summary>A parsed Verilog module.</summary>
internal sealed record VerilogModule(string Name, int Line)
{
    internal List<string> Ports { get; } = [];

    internal Dictionary<string, VerilogSignal> Signals { get; } = new(StringComparer.Ordinal);

    internal List<VerilogAssign> Assigns { get; } = [];

    internal List<VerilogInstance> Instances { get; } = [];
}

/// <summary>A declared signal, <c>[Msb:Lsb]</c>.</summary>
internal sealed record VerilogSignal(string Name, int Msb, int Lsb, int Line)
{
    internal bool IsInput { get; set; }

    internal bool IsOutput { get; set; }

    internal bool IsVector { get; init; }

    internal int Width => Math.Abs(Msb - Lsb) + 1;

    /// <summary>The position of an index, 0 for the least significant bit; -1 when it is outside.</summary>
    internal int Position(int index)
    {
        int position = Msb >= Lsb ? index - Lsb : Lsb - index;
        return position >= 0 && position < Width ? position : -1;
    }
}

/// <summary>A continuous assignment.</summary>
internal sealed record VerilogAssign(VerilogExpression Target, VerilogExpression Value, int Line);

/// <summary>An instance of a module, a cell or a primitive gate; pins are named or in order.</summary>
internal sealed record VerilogInstance(string Module, int Line, bool IsPrimitive, List<(string? Pin, VerilogExpression? Value)> Pins);

/// <summary>An expression.</summary>
internal abstract record VerilogExpression(int Line)
{
    /// <summary>A number; <paramref name="Width"/> is 0 when it has no size.</summary>
    internal sealed record Number(ulong Value, int Width, int Line) : VerilogExpression(Line);

    /// <summary>A signal, one of its bits or a part of it.</summary>
    internal sealed record Signal(string Name, int? First, int? Last, int Line) : VerilogExpression(Line);

    /// <summary><c>{a, b}</c>.</summary>
    internal sealed record Concatenation(List<VerilogExpression> Parts, int Line) : VerilogExpression(Line);

    /// <summary>A sign before an operand: <c>~</c>, <c>!</c>, or a reduction.</summary>
    internal sealed record Unary(string Operator, VerilogExpression Operand, int Line) : VerilogExpression(Line);

    /// <summary>Operands of one precedence, from left to right: a list, so that a long sum is not deep.</summary>
    internal sealed record Chain(List<VerilogExpression> Operands, List<string> Operators, int Line) : VerilogExpression(Line);

    /// <summary><c>c ? a : b</c>.</summary>
    internal sealed record Conditional(VerilogExpression Condition, VerilogExpression WhenTrue, VerilogExpression WhenFalse, int Line)
        : VerilogExpression(Line);
}
