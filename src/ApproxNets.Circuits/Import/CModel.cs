using System.Globalization;

namespace ApproxNets.Circuits.Import;

/// <summary>
/// Reads a multiplier from a C function as EvoApproxLib writes them: two integer parameters, declarations, assignments and a return, all in
/// a straight line. The function is executed on bit vectors of nets by the rules of C11 (integer promotions, usual arithmetic conversions,
/// two's complement, arithmetic right shift of signed values; <c>int</c> has 32 bits, <c>long</c> 64, <c>char</c> a sign), so the netlist
/// does what the compiled function does. Operators: <c>~ ! - &amp; | ^ + - &lt;&lt; &gt;&gt; == != &amp;&amp; || ?:</c> and casts; shifts
/// by constants only.
/// </summary>
internal sealed class CModel
{
    private static readonly Dictionary<string, (int Width, bool Signed)> Types = new(StringComparer.Ordinal)
    {
        ["uint8_t"] = (8, false),
        ["int8_t"] = (8, true),
        ["uint16_t"] = (16, false),
        ["int16_t"] = (16, true),
        ["uint32_t"] = (32, false),
        ["int32_t"] = (32, true),
        ["uint64_t"] = (64, false),
        ["int64_t"] = (64, true),
        ["signed"] = (32, true),
        ["unsigned"] = (32, false),
        ["int"] = (32, true),
        ["long"] = (64, true),
        ["short"] = (16, true),
        ["char"] = (8, true),
    };

    private static readonly string[][] BinaryOperators = [["||"], ["&&"], ["|"], ["^"], ["&"], ["==", "!="], ["<<", ">>"], ["+", "-"]];

    private readonly SourceText _source;
    private readonly FoldedGates _gates = new(16);
    private readonly Dictionary<string, Word?> _variables = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (int Width, bool Signed)> _declared = new(StringComparer.Ordinal);
    private int _depth;

    private CModel(SourceText source) => _source = source;

    /// <summary>Reads a function.</summary>
    /// <returns>The netlist, simplified, and the names of its operands; the first parameter is operand a.</returns>
    /// <exception cref="InvalidDataException">The file is not such a function; the message has file and line.</exception>
    internal static Circuit Read(string path, string text) => new CModel(new SourceText(path, text, verilog: false)).Function();

    private Circuit Function()
    {
        while (_source.Current.Is("static") || _source.Current.Is("inline"))
        {
            _source.Next();
        }

        int line = _source.Current.Line;
        (int width, bool signed) = Type();
        if (width < 16)
        {
            throw _source.Error(line, $"a result of {width} bits", "one of at least 16, as the product of two 8-bit operands needs");
        }

        string name = _source.Name("the function's name");
        _source.Expect("(");
        string a = Parameter(0);
        _source.Expect(",");
        string b = Parameter(8);
        _source.Expect(")");
        _source.Expect("{");
        while (!_source.Current.Is("return"))
        {
            Statement();
        }

        _source.Next();
        Word result = Expression().To(width, signed);
        _source.Expect(";");
        _source.Expect("}");
        if (_source.Current.Kind != TokenKind.End)
        {
            throw _source.Wrong(_source.Current, "the end of the file after the function");
        }

        int[] outputs = [.. result.Bits.Take(16).Select(_gates.Driven)];
        return new Circuit(_gates.ToNetlist(_source.Path, outputs), name, a, b);
    }

    private (int Width, bool Signed) Type()
    {
        bool constant = _source.Accept("const");
        Token token = _source.Current;
        if (token.Kind != TokenKind.Word || !Types.TryGetValue(token.Text, out var type))
        {
            throw _source.Wrong(token, constant ? "an integer type" : "an integer type such as uint16_t");
        }

        _source.Next();
        if (token.Text is "unsigned" or "signed" or "long" or "short")
        {
            type = Specified(type);
        }

        _source.Accept("const");
        return type;
    }

    /// <summary>The rest of a type of several words: <c>unsigned char</c>, <c>long long int</c>.</summary>
    private (int Width, bool Signed) Specified((int Width, bool Signed) type)
    {
        if (_source.Accept("char"))
        {
            return type with { Width = 8 };
        }

        type = _source.Accept("short") ? type with { Width = 16 } : type;
        while (_source.Accept("long"))
        {
            type = type with { Width = 64 };
        }

        _source.Accept("int");
        return type;
    }

    private string Parameter(int firstNet)
    {
        int line = _source.Current.Line;
        (int width, bool signed) = Type();
        string name = _source.Name("a parameter's name");
        var operand = new Word([.. Enumerable.Range(firstNet, 8)], signed);
        Declare(name, (width, signed), line);
        _variables[name] = operand.To(width, signed);
        return name;
    }

    private void Declare(string name, (int Width, bool Signed) type, int line)
    {
        if (!_declared.TryAdd(name, type))
        {
            throw _source.Error(line, $"'{name}' declared again", "every variable once");
        }

        _variables[name] = null;
    }

    private void Statement()
    {
        Token token = _source.Current;
        if (token.Is("const") || (token.Kind == TokenKind.Word && Types.ContainsKey(token.Text)))
        {
            (int Width, bool Signed) type = Type();
            do
            {
                int line = _source.Current.Line;
                string name = _source.Name("a variable's name");
                Declare(name, type, line);
                if (_source.Accept("="))
                {
                    _variables[name] = Expression().To(type.Width, type.Signed);
                }
            }
            while (_source.Accept(","));
        }
        else
        {
            Assignment(token);
        }

        _source.Expect(";");
    }

    private void Assignment(Token token)
    {
        string name = _source.Name("an assignment or return");
        if (!_declared.TryGetValue(name, out var type))
        {
            throw _source.Error(token.Line, $"'{SourceText.Shortened(name)}'", "a declared variable; no loops, branches or calls");
        }

        Token assign = _source.Next();
        Word value = assign.Text switch
        {
            "=" => Expression(),
            "|=" or "&=" or "^=" or "+=" or "-=" or "<<=" or ">>=" =>
                Apply(assign, Value(name, token.Line), Expression(), assign.Text[..^1]),
            _ => throw _source.Wrong(assign, "an assignment operator"),
        };
        _variables[name] = value.To(type.Width, type.Signed);
    }

    private Word Value(string name, int line) => !_variables.TryGetValue(name, out Word? value)
        ? throw _source.Error(line, $"'{SourceText.Shortened(name)}'", "a declared variable")
        : value ?? throw _source.Error(line, $"'{name}' read before it has a value", "an assignment first");

    private Word Expression()
    {
        Enter();
        Word condition = Binary(0);
        if (_source.Accept("?"))
        {
            int select = Truth(condition);
            Word whenTrue = Expression();
            _source.Expect(":");
            Word whenFalse = Expression();
            (whenTrue, whenFalse) = Converted(whenTrue, whenFalse);
            condition = Bitwise(whenFalse, whenTrue, (zero, one) => _gates.Mux(select, zero, one));
        }

        _depth--;
        return condition;
    }

    private void Enter()
    {
        if (++_depth > SourceText.MaxDepth)
        {
            throw _source.Error(_source.Current.Line, $"an expression nested deeper than {SourceText.MaxDepth}", "a flatter one");
        }
    }

    private Word Binary(int level)
    {
        if (level == BinaryOperators.Length)
        {
            return Unary();
        }

        Word left = Binary(level + 1);
        while (_source.Current.Kind == TokenKind.Symbol && BinaryOperators[level].Contains(_source.Current.Text))
        {
            Token op = _source.Next();
            left = Apply(op, left, Binary(level + 1), op.Text);
        }

        return left;
    }

    private Word Unary()
    {
        Token token = _source.Current;
        Enter();
        Word value = token.Text switch
        {
            "~" when Symbol() => Map(Unary().Promoted(), _gates.Not),
            "!" when Symbol() => Flag(_gates.Not(Truth(Unary()))),
            "-" when Symbol() => Sum(Word.Of(0, 32, true), Unary(), subtract: true),
            "(" when Symbol() => Parenthesis(),
            _ => Primary(token),
        };
        _depth--;
        return value;

        bool Symbol()
        {
            bool symbol = token.Kind == TokenKind.Symbol;
            if (symbol)
            {
                _source.Next();
            }

            return symbol;
        }
    }

    private Word Parenthesis()
    {
        if (_source.Current.Kind == TokenKind.Word && Types.ContainsKey(_source.Current.Text))
        {
            (int width, bool signed) = Type();
            _source.Expect(")");
            return Unary().To(width, signed);
        }

        Word value = Expression();
        _source.Expect(")");
        return value;
    }

    private Word Primary(Token token)
    {
        _source.Next();
        return token.Kind switch
        {
            TokenKind.Number => Number(token),
            TokenKind.Word => Value(token.Text, token.Line),
            _ => throw _source.Wrong(token, "a variable, a number or '('"),
        };
    }

    private Word Number(Token token)
    {
        string digits = token.Text.TrimEnd('u', 'U', 'l', 'L');
        string suffix = token.Text[digits.Length..].ToLowerInvariant();
        bool hex = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase), octal = !hex && digits is ['0', _, ..];
        bool valid = suffix is "" or "u" or "l" or "ul" or "lu" or "ll" or "ull" or "llu";
        if (!valid || octal || !ulong.TryParse(
            hex ? digits.AsSpan(2) : digits, hex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture,
            out ulong value))
        {
            throw _source.Wrong(token, "a decimal or hexadecimal number of at most 64 bits");
        }

        bool unsigned = suffix.Contains('u', StringComparison.Ordinal), wide = suffix.Contains('l', StringComparison.Ordinal);
        return value switch
        {
            <= int.MaxValue when !wide => Word.Of(value, 32, !unsigned),
            <= uint.MaxValue when !wide && (unsigned || hex) => Word.Of(value, 32, false),
            <= long.MaxValue => Word.Of(value, 64, !unsigned),
            _ when unsigned || hex => Word.Of(value, 64, false),
            _ => throw _source.Wrong(token, "a number that fits a type"),
        };
    }

    private Word Apply(Token op, Word left, Word right, string symbol)
    {
        if (_gates.Gates.Count > Netlist.MaxGates)
        {
            throw _source.Error(op.Line, $"more than {Netlist.MaxGates} gates", "at most that many");
        }

        switch (symbol)
        {
            case "<<" or ">>":
                return Shifted(op, left.Promoted(), right, symbol == "<<");
            case "&&":
                return Flag(_gates.And(Truth(left), Truth(right)));
            case "||":
                return Flag(_gates.Or(Truth(left), Truth(right)));
            case "+" or "-":
                return Sum(left, right, symbol == "-");
        }

        (left, right) = Converted(left, right);
        return symbol switch
        {
            "&" => Bitwise(left, right, _gates.And),
            "|" => Bitwise(left, right, _gates.Or),
            "^" => Bitwise(left, right, (x, y) => _gates.Xor(x, y)),
            "==" => Flag(_gates.Not(Truth(Bitwise(left, right, (x, y) => _gates.Xor(x, y))))),
            "!=" => Flag(Truth(Bitwise(left, right, (x, y) => _gates.Xor(x, y)))),
            _ => throw _source.Wrong(op, "an operator that is read"),
        };
    }

    private Word Shifted(Token op, Word value, Word count, bool left)
    {
        if (count.Constant is not { } by || by >= (ulong)value.Width)
        {
            throw _source.Error(op.Line, "a shift by a variable or by too much", $"a constant in 0..{value.Width - 1}");
        }

        int fill = !left && value.Signed ? value.Bits[^1] : FoldedGates.False;
        int offset = left ? -(int)by : (int)by;
        return new Word(
            [.. Enumerable.Range(0, value.Width).Select(i => i + offset >= 0 && i + offset < value.Width ? value.Bits[i + offset] : fill)],
            value.Signed);
    }

    /// <summary>Ripple-carry addition; for a subtraction of the complement with a carry into the first position.</summary>
    private Word Sum(Word left, Word right, bool subtract)
    {
        (left, right) = Converted(left, right);
        int carry = subtract ? FoldedGates.True : FoldedGates.False;
        var bits = new int[left.Width];
        for (int i = 0; i < bits.Length; i++)
        {
            int x = left.Bits[i], y = subtract ? _gates.Not(right.Bits[i]) : right.Bits[i];
            int partial = _gates.Xor(x, y);
            bits[i] = _gates.Xor(partial, carry);
            carry = _gates.Or(_gates.And(x, y), _gates.And(partial, carry));
        }

        return new Word(bits, left.Signed);
    }

    private static Word Flag(int net) => new([net, .. Enumerable.Repeat(FoldedGates.False, 31)], true);

    private int Truth(Word value) => value.Bits.Aggregate(FoldedGates.False, _gates.Or);

    private static Word Map(Word value, Func<int, int> bit) => new([.. value.Bits.Select(bit)], value.Signed);

    private static Word Bitwise(Word left, Word right, Func<int, int, int> bit) =>
        new([.. left.Bits.Zip(right.Bits, bit)], left.Signed);

    private static (Word Left, Word Right) Converted(Word left, Word right)
    {
        (left, right) = (left.Promoted(), right.Promoted());
        int width = Math.Max(left.Width, right.Width);
        bool signed = left.Width == right.Width ? left.Signed && right.Signed : left.Width > right.Width ? left.Signed : right.Signed;
        return (left.To(width, signed), right.To(width, signed));
    }
}

/// <summary>An integer of a C program as the nets of its bits, least significant first.</summary>
internal readonly record struct Word(int[] Bits, bool Signed)
{
    internal int Width => Bits.Length;

    /// <summary>The value if no bit depends on an operand.</summary>
    internal ulong? Constant
    {
        get
        {
            ulong value = 0;
            for (int i = 0; i < Bits.Length; i++)
            {
                if (Bits[i] >= 0)
                {
                    return null;
                }

                value |= Bits[i] == FoldedGates.True ? 1UL << i : 0;
            }

            return value;
        }
    }

    internal static Word Of(ulong value, int width, bool signed) =>
        new([.. Enumerable.Range(0, width).Select(i => ((value >> i) & 1) != 0 ? FoldedGates.True : FoldedGates.False)], signed);

    /// <summary>Cut off, or extended by the sign or by zeros.</summary>
    internal Word To(int width, bool signed)
    {
        int[] bits = Bits;
        int fill = Signed ? bits[^1] : FoldedGates.False;
        return new Word([.. Enumerable.Range(0, width).Select(i => i < bits.Length ? bits[i] : fill)], signed);
    }

    /// <summary>The integer promotions: what is narrower than an int becomes one.</summary>
    internal Word Promoted() => Width < 32 ? To(32, true) : this;
}
