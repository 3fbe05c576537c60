using System.Globalization;

namespace ApproxNets.Circuits.Import;

/// <summary>
/// Parses the structural part of Verilog: modules with ports in either style, <c>input</c>, <c>output</c>, <c>wire</c>, <c>assign</c>,
/// primitive gates and instances. No always blocks, parameters, delays or functions.
/// </summary>
internal sealed class VerilogParser
{
    /// <summary>Greatest width of a vector.</summary>
    internal const int GreatestWidth = 4096;

    private const int MaxPorts = 256, MaxParts = 4096;

    private static readonly string[] Primitives = ["and", "or", "xor", "nand", "nor", "xnor", "not", "buf"];

    private static readonly string[][] Levels = [["||"], ["&&"], ["|"], ["^", "~^", "^~"], ["&"], ["==", "!="], ["+"]];

    private readonly SourceText _source;
    private int _depth;

    private VerilogParser(SourceText source) => _source = source;

    /// <summary>Parses all modules of a file.</summary>
    /// <exception cref="InvalidDataException">The text is malformed; the message has file and line.</exception>
    internal static List<VerilogModule> Parse(string path, string text)
    {
        var parser = new VerilogParser(new SourceText(path, text, verilog: true));
        var modules = new List<VerilogModule>();
        do
        {
            modules.Add(parser.Module());
        }
        while (parser._source.Current.Kind != TokenKind.End);

        return modules;
    }

    private VerilogModule Module()
    {
        int line = _source.Expect("module").Line;
        var module = new VerilogModule(_source.Name("the module's name"), line);
        if (_source.Accept("("))
        {
            PortList(module);
        }

        _source.Expect(";");
        while (!_source.Accept("endmodule"))
        {
            Item(module);
        }

        foreach (string port in module.Ports)
        {
            if (!module.Signals.TryGetValue(port, out VerilogSignal? signal) || !(signal.IsInput || signal.IsOutput))
            {
                throw _source.Error(line, $"the port '{SourceText.Shortened(port)}' without a direction", "an input or output declaration");
            }
        }

        return module;
    }

    private void PortList(VerilogModule module)
    {
        if (_source.Accept(")"))
        {
            return;
        }

        (string? direction, (int Msb, int Lsb)? range) = (null, null);
        do
        {
            if (_source.Current.Is("input") || _source.Current.Is("output"))
            {
                direction = _source.Next().Text;
                _source.Accept("wire");
                range = Range();
            }

            int line = _source.Current.Line;
            string name = _source.Name("a port's name");
            if (module.Ports.Contains(name) || module.Ports.Count == MaxPorts)
            {
                throw _source.Error(line, $"the port '{SourceText.Shortened(name)}'", $"every port once, and at most {MaxPorts}");
            }

            module.Ports.Add(name);
            if (direction is not null)
            {
                Declare(module, direction, name, range, line);
            }
        }
        while (_source.Accept(","));
        _source.Expect(")");
    }

    private void Item(VerilogModule module)
    {
        Token token = _source.Current;
        if (token.Is("input") || token.Is("output") || token.Is("wire"))
        {
            Declaration(module);
        }
        else if (_source.Accept("assign"))
        {
            do
            {
                VerilogExpression target = Expression();
                _source.Expect("=");
                module.Assigns.Add(new VerilogAssign(target, Expression(), token.Line));
            }
            while (_source.Accept(","));
        }
        else if (token.Kind == TokenKind.Word && Array.IndexOf(Primitives, token.Text) >= 0)
        {
            _source.Next();
            Instances(module, token, isPrimitive: true);
        }
        else
        {
            string name = _source.Name("a declaration, an assignment, an instance or endmodule");
            if (name is "always" or "initial" or "reg" or "parameter" or "function" or "generate" or "specify" or "inout")
            {
                throw _source.Wrong(token, "a structural item: input, output, wire, assign, gates and instances");
            }

            Instances(module, token, isPrimitive: false);
        }

        _source.Expect(";");
    }

    private void Declaration(VerilogModule module)
    {
        string kind = _source.Next().Text;
        if (kind != "wire")
        {
            _source.Accept("wire");
        }

        (int, int)? range = Range();
        do
        {
            int line = _source.Current.Line;
            string name = _source.Name("a signal's name");
            Declare(module, kind, name, range, line);
            if (_source.Accept("="))
            {
                module.Assigns.Add(new VerilogAssign(new VerilogExpression.Signal(name, null, null, line), Expression(), line));
            }
        }
        while (_source.Accept(","));
    }

    private void Declare(VerilogModule module, string kind, string name, (int Msb, int Lsb)? range, int line)
    {
        var signal = new VerilogSignal(name, range?.Msb ?? 0, range?.Lsb ?? 0, line) { IsVector = range is not null };
        if (module.Signals.TryGetValue(name, out VerilogSignal? known))
        {
            // A port may also be declared a wire, of the same range.
            if ((kind == "wire") == !(known.IsInput || known.IsOutput) || (known.Msb, known.Lsb) != (signal.Msb, signal.Lsb))
            {
                throw _source.Error(
                    line, $"'{SourceText.Shortened(name)}' declared again (first in line {known.Line})", "every signal once");
            }

            signal = known;
        }

        signal.IsInput |= kind == "input";
        signal.IsOutput |= kind == "output";
        module.Signals[name] = signal;
    }

    private (int Msb, int Lsb)? Range()
    {
        if (!_source.Accept("["))
        {
            return null;
        }

        int line = _source.Current.Line, msb = Index();
        _source.Expect(":");
        int lsb = Index();
        _source.Expect("]");
        return Math.Abs(msb - lsb) < GreatestWidth
            ? (msb, lsb)
            : throw _source.Error(line, $"a vector of {Math.Abs((long)msb - lsb) + 1} bits", $"at most {GreatestWidth}");
    }

    private int Index() =>
        _source.Current.Kind == TokenKind.Number
        && int.TryParse(_source.Current.Text, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index <= 1_000_000
            ? Advance(index)
            : throw _source.Wrong(_source.Current, "an index 0..1000000");

    private int Advance(int value)
    {
        _source.Next();
        return value;
    }

    private void Instances(VerilogModule module, Token type, bool isPrimitive)
    {
        do
        {
            // A primitive gate's name may be left out.
            if (!isPrimitive || _source.Current.Kind == TokenKind.Word)
            {
                _source.Name("the instance's name");
            }

            _source.Expect("(");
            var pins = new List<(string?, VerilogExpression?)>();
            while (!_source.Current.Is(")"))
            {
                pins.Add(Pin());
                if (!_source.Current.Is(")"))
                {
                    _source.Expect(",");
                }
            }

            _source.Expect(")");
            module.Instances.Add(new VerilogInstance(type.Text, type.Line, isPrimitive, pins));
        }
        while (_source.Accept(","));
    }

    private (string? Pin, VerilogExpression? Value) Pin()
    {
        if (!_source.Accept("."))
        {
            return (null, Expression());
        }

        string pin = _source.Name("a pin's name");
        _source.Expect("(");
        VerilogExpression? value = _source.Current.Is(")") ? null : Expression();
        _source.Expect(")");
        return (pin, value);
    }

    private VerilogExpression Expression()
    {
        if (++_depth > SourceText.MaxDepth)
        {
            throw _source.Error(_source.Current.Line, $"an expression nested deeper than {SourceText.MaxDepth}", "a flatter one");
        }

        VerilogExpression value = Chain(0);
        if (_source.Accept("?"))
        {
            VerilogExpression whenTrue = Expression();
            _source.Expect(":");
            value = new VerilogExpression.Conditional(value, whenTrue, Expression(), value.Line);
        }

        _depth--;
        return value;
    }

    private VerilogExpression Chain(int level)
    {
        if (level == Levels.Length)
        {
            return Operand();
        }

        VerilogExpression first = Chain(level + 1);
        VerilogExpression.Chain? chain = null;
        while (_source.Current.Kind == TokenKind.Symbol && Array.IndexOf(Levels[level], _source.Current.Text) >= 0)
        {
            chain ??= new VerilogExpression.Chain([first], [], first.Line);
            chain.Operators.Add(_source.Next().Text);
            chain.Operands.Add(Chain(level + 1));
        }

        return chain ?? first;
    }

    private VerilogExpression Operand()
    {
        if (++_depth > SourceText.MaxDepth)
        {
            throw _source.Error(_source.Current.Line, $"an expression nested deeper than {SourceText.MaxDepth}", "a flatter one");
        }

        Token token = _source.Next();
        VerilogExpression value = token switch
        {
            { Kind: TokenKind.Word } => Signal(token),
            { Kind: TokenKind.Number } => Number(token),
            { Text: "~" or "!" or "&" or "|" or "^" or "~&" or "~|" or "~^" or "^~" } =>
                new VerilogExpression.Unary(token.Text, Operand(), token.Line),
            { Text: "(" } => Parenthesis(),
            { Text: "{" } => Concatenation(token),
            _ => throw _source.Wrong(token, "a signal, a number or an expression in brackets"),
        };
        _depth--;
        return value;
    }

    private VerilogExpression Parenthesis()
    {
        VerilogExpression value = Expression();
        _source.Expect(")");
        return value;
    }

    private VerilogExpression Concatenation(Token token)
    {
        var parts = new List<VerilogExpression>();
        do
        {
            parts.Add(Expression());
            if (parts.Count > MaxParts)
            {
                throw _source.Error(token.Line, $"a concatenation of more than {MaxParts} parts", "at most that many");
            }
        }
        while (_source.Accept(","));
        _source.Expect("}");
        return new VerilogExpression.Concatenation(parts, token.Line);
    }

    private VerilogExpression Signal(Token token)
    {
        if (!_source.Accept("["))
        {
            return new VerilogExpression.Signal(token.Text, null, null, token.Line);
        }

        int first = Index(), last = _source.Accept(":") ? Index() : first;
        _source.Expect("]");
        return new VerilogExpression.Signal(token.Text, first, last, token.Line);
    }

    /// <summary>Reads <c>5</c>, <c>1'b0</c>, <c>8'hFF</c> and the like; no x or z.</summary>
    private VerilogExpression.Number Number(Token token)
    {
        string text = token.Text.Replace("_", "", StringComparison.Ordinal);
        int quote = text.IndexOf('\'', StringComparison.Ordinal);
        if (quote < 0)
        {
            return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int plain)
                ? new VerilogExpression.Number((ulong)plain, 0, token.Line)
                : throw _source.Wrong(token, "a number below 2^31, or one with a size and a base");
        }

        NumberStyles? style = quote + 2 < text.Length ? char.ToLowerInvariant(text[quote + 1]) switch
        {
            'b' => NumberStyles.AllowBinarySpecifier,
            'h' => NumberStyles.AllowHexSpecifier,
            'd' => NumberStyles.None,
            _ => null,
        }
        : null;
        if (style is null || !int.TryParse(text.AsSpan(0, quote), NumberStyles.None, CultureInfo.InvariantCulture, out int width)
            || width is < 1 or > 64
            || !ulong.TryParse(text.AsSpan(quote + 2), style.Value, CultureInfo.InvariantCulture, out ulong value)
            || (width < 64 && value >> width != 0))
        {
            throw _source.Wrong(token, "a constant such as 1'b0 or 8'hff that fits its size of 1 to 64 bits");
        }

        return new VerilogExpression.Number(value, width, token.Line);
    }
}

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
