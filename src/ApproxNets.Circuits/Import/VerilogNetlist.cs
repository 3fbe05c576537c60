namespace ApproxNets.Circuits.Import;

/// <summary>
/// Reads a multiplier from structural Verilog: assignments as EvoApproxLib writes them, primitive gates, cells of
/// <see cref="VerilogCells"/> and modules of the same file. Expressions are sized by IEEE 1364-2005, section 5.4, for unsigned operands; a
/// value must fit its target exactly, but for constants without a size and the carry of a sum.
/// </summary>
internal sealed class VerilogNetlist
{
    private const int MaxHierarchy = 32;
    private const int MaxInstances = 4 * Netlist.MaxGates; // each has a gate at least, or is of no use

    private readonly string _path;
    private readonly NetGraph _graph;
    private readonly Dictionary<string, VerilogModule> _modules;
    private int _instances;

    private VerilogNetlist(string path, NetGraph graph, Dictionary<string, VerilogModule> modules)
    {
        _path = path;
        _graph = graph;
        _modules = modules;
    }

    /// <summary>Reads the top module: the one that no other uses.</summary>
    /// <exception cref="InvalidDataException">The file is malformed; the message has file and line.</exception>
    internal static Circuit Read(string path, string text)
    {
        var modules = new Dictionary<string, VerilogModule>(StringComparer.Ordinal);
        foreach (VerilogModule module in VerilogParser.Parse(path, text))
        {
            if (!modules.TryAdd(module.Name, module))
            {
                throw SourceText.Error(path, module.Line, $"a second module '{module.Name}'", "every module once");
            }
        }

        HashSet<string> used = [.. modules.Values.SelectMany(module => module.Instances).Select(instance => instance.Module)];
        VerilogModule[] tops = [.. modules.Values.Where(module => !used.Contains(module.Name))];
        if (tops.Length != 1)
        {
            string names = tops.Length == 0 ? "none" : string.Join(", ", tops.Take(4).Select(m => SourceText.Shortened(m.Name)));
            throw SourceText.Error(
                path, tops.Length > 1 ? tops[1].Line : 1, $"{tops.Length} modules that no other uses ({names})", "one, the multiplier");
        }

        var graph = new NetGraph(path);
        return new VerilogNetlist(path, graph, modules).Top(tops[0]);
    }

    /// <summary>Places a library cell whose pins are connected to nets of a graph.</summary>
    internal static void PlaceCell(string path, NetGraph graph, int line, string name, IReadOnlyDictionary<string, int> pins)
    {
        VerilogModule cell = VerilogCells.Find(name)
            ?? throw SourceText.Error(path, line, $"the cell '{SourceText.Shortened(name)}'", "one of the cells that are known");
        var reader = new VerilogNetlist(path, graph, []);
        var scope = new Scope(cell, cell.Signals.Values.ToDictionary(
            signal => signal.Name,
            signal => new[] { pins.TryGetValue(signal.Name, out int net) ? net : graph.Add(signal.Name, line) },
            StringComparer.Ordinal), 1);
        if (pins.Keys.FirstOrDefault(pin => !cell.Signals.ContainsKey(pin)) is { } unknown)
        {
            throw SourceText.Error(path, line, $"the pin '{SourceText.Shortened(unknown)}' of {name}", string.Join(", ", cell.Ports));
        }

        reader.Body(scope, line);
    }

    private sealed record Scope(VerilogModule Module, Dictionary<string, int[]> Nets, int Depth);

    private Circuit Top(VerilogModule module)
    {
        var scope = new Scope(module, new Dictionary<string, int[]>(StringComparer.Ordinal), 0);
        foreach (VerilogSignal signal in module.Signals.Values)
        {
            scope.Nets[signal.Name] = Nets(signal);
            if (signal.IsInput)
            {
                Array.ForEach(scope.Nets[signal.Name], net => _graph.MakeInput(net, signal.Line));
            }
        }

        Body(scope, null);
        (Bus a, Bus b, Bus product) = Ports.Of(_path, module.Line, Buses(s => s.IsInput), Buses(s => s.IsOutput));
        return new Circuit(_graph.Build(a.Nets, b.Nets, product.Nets), module.Name, a.Name, b.Name);

        List<Bus> Buses(Func<VerilogSignal, bool> chosen) =>
            [.. module.Ports.Where(port => chosen(module.Signals[port])).Select(port => new Bus(port, scope.Nets[port]))];
    }

    private int[] Nets(VerilogSignal signal) =>
        [.. Enumerable.Range(0, signal.Width).Select(i => _graph.Add(
            signal.IsVector ? $"{signal.Name}[{(signal.Msb >= signal.Lsb ? signal.Lsb + i : signal.Lsb - i)}]" : signal.Name,
            signal.Line))];

    /// <summary>Assignments and instances; errors inside a cell are those of the line that places it.</summary>
    private void Body(Scope scope, int? cellLine)
    {
        foreach (VerilogAssign assign in scope.Module.Assigns)
        {
            int line = cellLine ?? assign.Line;
            int[] target = Target(scope, assign.Target);
            int[] value = Value(scope, assign.Value, target.Length, line);
            for (int i = 0; i < target.Length; i++)
            {
                _graph.Connect(target[i], value[i], line);
            }
        }

        foreach (VerilogInstance instance in scope.Module.Instances)
        {
            if (instance.IsPrimitive)
            {
                Primitive(scope, instance);
            }
            else
            {
                Instance(scope, instance);
            }
        }
    }

    private void Primitive(Scope scope, VerilogInstance instance)
    {
        bool single = instance.Module is "not" or "buf";
        if (instance.Pins.Exists(pin => pin.Pin is not null || pin.Value is null) || instance.Pins.Count < 2
            || (single && instance.Pins.Count != 2) || (!single && instance.Pins.Count < 3))
        {
            throw Error(instance.Line, $"'{instance.Module}' with {instance.Pins.Count} pins", "an output and its inputs, in order");
        }

        int[] inputs = [.. instance.Pins.Skip(1).Select(pin => Value(scope, pin.Value!, 1, instance.Line)[0])];
        (GateKind kind, bool inverted) = instance.Module switch
        {
            "and" or "nand" => (GateKind.And, instance.Module == "nand"),
            "or" or "nor" => (GateKind.Or, instance.Module == "nor"),
            "xor" or "xnor" => (GateKind.Xor, instance.Module == "xnor"),
            _ => (GateKind.Buf, instance.Module == "not"),
        };
        int result = inputs.Aggregate((x, y) => _graph.Gate(instance.Line, kind, x, y));
        int[] target = Target(scope, instance.Pins[0].Value!);
        if (target.Length != 1)
        {
            throw Error(instance.Line, $"an output of {target.Length} bits", "one of 1 bit");
        }

        _graph.Drive(target[0], new Gate(inverted ? GateKind.Not : GateKind.Buf, result), instance.Line);
    }

    private void Instance(Scope scope, VerilogInstance instance)
    {
        bool own = _modules.TryGetValue(instance.Module, out VerilogModule? module);
        module ??= VerilogCells.Find(instance.Module)
            ?? throw Error(
                instance.Line, $"an instance of '{SourceText.Shortened(instance.Module)}'", "a module of this file or a known cell");
        if (scope.Depth == MaxHierarchy)
        {
            throw Error(instance.Line, $"modules nested deeper than {MaxHierarchy}", "a flatter hierarchy");
        }

        if (_instances++ == MaxInstances)
        {
            throw Error(instance.Line, $"more than {MaxInstances} instances", "at most that many, those of every copy of a module included");
        }

        var inner = new Scope(module, new Dictionary<string, int[]>(StringComparer.Ordinal), scope.Depth + 1);
        foreach (VerilogSignal signal in module.Signals.Values)
        {
            inner.Nets[signal.Name] = Nets(signal);
        }

        var connected = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < instance.Pins.Count; i++)
        {
            (string? pin, VerilogExpression? value) = instance.Pins[i];
            string? port = pin ?? (i < module.Ports.Count ? module.Ports[i] : null);
            if (port is null || !module.Ports.Contains(port) || !connected.Add(port))
            {
                throw Error(
                    instance.Line, $"the pin '{SourceText.Shortened(port ?? $"number {i + 1}")}' of {instance.Module}",
                    $"each of {string.Join(", ", module.Ports.Take(8))} at most once");
            }

            int[] nets = inner.Nets[port];
            if (value is not null)
            {
                bool isInput = module.Signals[port].IsInput;
                int[] outer = isInput ? Value(scope, value, nets.Length, instance.Line) : Target(scope, value);
                if (outer.Length != nets.Length)
                {
                    throw Error(instance.Line, $"{outer.Length} bits at the pin '{port}'", $"{nets.Length}");
                }

                for (int bit = 0; bit < nets.Length; bit++)
                {
                    _graph.Connect(isInput ? nets[bit] : outer[bit], isInput ? outer[bit] : nets[bit], instance.Line);
                }
            }
        }

        Body(inner, own ? null : instance.Line);
    }

    /// <summary>The nets on the left of an assignment, least significant first.</summary>
    private int[] Target(Scope scope, VerilogExpression expression) => expression switch
    {
        VerilogExpression.Signal signal => Bits(scope, signal),
        VerilogExpression.Concatenation list when ConcatenatedWidth(scope, list) > 0 =>
            [.. Enumerable.Reverse(list.Parts).SelectMany(part => Target(scope, part))],
        _ => throw Error(expression.Line, "an expression that is assigned to", "a signal, a part of one or a concatenation"),
    };

    private int[] Bits(Scope scope, VerilogExpression.Signal reference)
    {
        if (!scope.Module.Signals.TryGetValue(reference.Name, out VerilogSignal? signal))
        {
            throw Error(reference.Line, $"'{SourceText.Shortened(reference.Name)}'", "a declared signal");
        }

        int[] nets = scope.Nets[reference.Name];
        if (reference.First is not { } first)
        {
            return nets;
        }

        (int high, int low) = (signal.Position(first), signal.Position(reference.Last!.Value));
        return signal.IsVector && low >= 0 && high >= low
            ? nets[low..(high + 1)]
            : throw Error(
                reference.Line, $"the bits [{first}:{reference.Last}] of '{SourceText.Shortened(reference.Name)}'",
                signal.IsVector ? $"bits within [{signal.Msb}:{signal.Lsb}]" : "no index, as it is no vector");
    }

    /// <summary>The nets of a value that must have a width.</summary>
    private int[] Value(Scope scope, VerilogExpression expression, int width, int line)
    {
        int own = Width(scope, expression);
        bool fits = own == width || own == 0 || (own < width && expression is VerilogExpression.Chain chain && chain.Operators[0] == "+");
        return fits
            ? Evaluate(scope, expression, width)
            : throw Error(line, $"a value of {own} bits", $"{width}");
    }

    /// <summary>The width an expression has by itself; 0 for constants without a size.</summary>
    private int Width(Scope scope, VerilogExpression expression) => expression switch
    {
        VerilogExpression.Number number => number.Width,
        VerilogExpression.Signal signal => Bits(scope, signal).Length,
        VerilogExpression.Concatenation list => ConcatenatedWidth(scope, list),
        VerilogExpression.Unary { Operator: "~" } unary => Width(scope, unary.Operand),
        VerilogExpression.Unary => 1,
        VerilogExpression.Chain { Operators: ["&&" or "||" or "==" or "!=", ..] } => 1,
        VerilogExpression.Chain chain => chain.Operands.Max(operand => Width(scope, operand)),
        VerilogExpression.Conditional c => Math.Max(Width(scope, c.WhenTrue), Width(scope, c.WhenFalse)),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private int ConcatenatedWidth(Scope scope, VerilogExpression.Concatenation list)
    {
        int width = 0;
        foreach (VerilogExpression part in list.Parts)
        {
            width += Sized(scope, part);
            if (width > VerilogParser.GreatestWidth)
            {
                throw Error(list.Line, $"a concatenation of more than {VerilogParser.GreatestWidth} bits", "at most that many");
            }
        }

        return width;
    }

    private int Sized(Scope scope, VerilogExpression expression) => Width(scope, expression) is > 0 and var width
        ? width
        : throw Error(expression.Line, "a constant without a size in a concatenation", "one with a size, such as 1'b0");

    /// <summary>The nets of an expression extended to a width.</summary>
    private int[] Evaluate(Scope scope, VerilogExpression expression, int width)
    {
        int line = expression.Line;
        switch (expression)
        {
            case VerilogExpression.Number number:
                return number.Width <= width && (width >= 64 || number.Value >> width == 0)
                    ? [.. Enumerable.Range(0, width).Select(i => _graph.Gate(
                        line, i < 64 && ((number.Value >> i) & 1) != 0 ? GateKind.Const1 : GateKind.Const0))]
                    : throw Error(line, $"the constant {number.Value}", $"one of {width} bits");
            case VerilogExpression.Signal signal:
                return Extended(Bits(scope, signal), width, line);
            case VerilogExpression.Concatenation list:
                return Extended(
                    [.. Enumerable.Reverse(list.Parts).SelectMany(part => Evaluate(scope, part, Sized(scope, part)))], width, line);
            case VerilogExpression.Unary { Operator: "~" } unary:
                return [.. Evaluate(scope, unary.Operand, width).Select(net => _graph.Gate(line, GateKind.Not, net))];
            case VerilogExpression.Unary unary:
                return Extended([Reduced(scope, unary)], width, line);
            case VerilogExpression.Conditional c:
                int select = Truth(scope, c.Condition);
                int[] whenTrue = Evaluate(scope, c.WhenTrue, width), whenFalse = Evaluate(scope, c.WhenFalse, width);
                return [.. whenFalse.Zip(whenTrue, (zero, one) => _graph.Gate(line, GateKind.Mux, zero, one, select))];
            case VerilogExpression.Chain { Operators: ["&&" or "||", ..] } chain:
                GateKind kind = chain.Operators[0] == "&&" ? GateKind.And : GateKind.Or;
                int all = chain.Operands.Select(operand => Truth(scope, operand)).Aggregate((x, y) => _graph.Gate(line, kind, x, y));
                return Extended([all], width, line);
            case VerilogExpression.Chain { Operators: ["==" or "!=", ..] } chain:
                return Extended([Equality(scope, chain)], width, line);
            case VerilogExpression.Chain chain:
                int[] result = Evaluate(scope, chain.Operands[0], width);
                for (int i = 1; i < chain.Operands.Count; i++)
                {
                    result = Apply(chain.Operators[i - 1], result, Evaluate(scope, chain.Operands[i], width), line);
                }

                return result;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private int[] Apply(string symbol, int[] x, int[] y, int line)
    {
        if (symbol == "+")
        {
            var sum = new int[x.Length];
            int carry = _graph.Gate(line, GateKind.Const0);
            for (int i = 0; i < x.Length; i++)
            {
                int partial = _graph.Gate(line, GateKind.Xor, x[i], y[i]), both = _graph.Gate(line, GateKind.And, x[i], y[i]);
                sum[i] = _graph.Gate(line, GateKind.Xor, partial, carry);
                carry = _graph.Gate(line, GateKind.Or, both, _graph.Gate(line, GateKind.And, partial, carry));
            }

            return sum;
        }

        GateKind kind = symbol switch
        {
            "&" => GateKind.And,
            "|" => GateKind.Or,
            "^" => GateKind.Xor,
            _ => GateKind.Xnor,
        };
        return [.. x.Zip(y, (left, right) => _graph.Gate(line, kind, left, right))];
    }

    private int Equality(Scope scope, VerilogExpression.Chain chain)
    {
        if (chain.Operands.Count > 2)
        {
            throw Error(chain.Line, "a chain of comparisons", "brackets");
        }

        int width = Math.Max(Math.Max(Width(scope, chain.Operands[0]), Width(scope, chain.Operands[1])), 1);
        int[] different = Apply("^", Evaluate(scope, chain.Operands[0], width), Evaluate(scope, chain.Operands[1], width), chain.Line);
        int any = different.Aggregate((x, y) => _graph.Gate(chain.Line, GateKind.Or, x, y));
        return _graph.Gate(chain.Line, chain.Operators[0] == "==" ? GateKind.Not : GateKind.Buf, any);
    }

    private int Truth(Scope scope, VerilogExpression expression)
    {
        int own = Width(scope, expression);
        return Evaluate(scope, expression, own == 0 ? 32 : own).Aggregate((x, y) => _graph.Gate(expression.Line, GateKind.Or, x, y));
    }

    private int Reduced(Scope scope, VerilogExpression.Unary unary)
    {
        (GateKind kind, bool inverted) = unary.Operator switch
        {
            "&" => (GateKind.And, false),
            "~&" => (GateKind.And, true),
            "|" => (GateKind.Or, false),
            "~|" or "!" => (GateKind.Or, true),
            "^" => (GateKind.Xor, false),
            _ => (GateKind.Xor, true),
        };
        int net = Evaluate(scope, unary.Operand, Sized(scope, unary.Operand)).Aggregate((x, y) => _graph.Gate(unary.Line, kind, x, y));
        return inverted ? _graph.Gate(unary.Line, GateKind.Not, net) : net;
    }

    private int[] Extended(int[] nets, int width, int line)
    {
        if (nets.Length > width)
        {
            throw Error(line, $"a value of {nets.Length} bits", $"at most {width}");
        }

        return [.. nets, .. Enumerable.Range(nets.Length, width - nets.Length).Select(_ => _graph.Gate(line, GateKind.Const0))];
    }

    private InvalidDataException Error(int line, string found, string expected) => SourceText.Error(_path, line, found, expected);
}
