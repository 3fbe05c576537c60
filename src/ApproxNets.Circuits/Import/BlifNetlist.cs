namespace ApproxNets.Circuits.Import;

/// <summary>
/// Reads a multiplier from a combinational BLIF file (Berkeley Logic Interchange Format, University of California, 1992): one <c>.model</c>
/// with <c>.inputs</c>, <c>.outputs</c> and <c>.names</c> tables of at most 16 inputs, and <c>.gate</c> with the cells that
/// <see cref="VerilogCells"/> knows. Latches and subcircuits are refused. The first operand in <c>.inputs</c> is the activation.
/// </summary>
internal sealed class BlifNetlist
{
    private const int MaxTableInputs = 16;

    private readonly string _path;
    private readonly NetGraph _graph;
    private readonly Dictionary<string, int> _nets = new(StringComparer.Ordinal);
    private readonly List<Bus> _inputs = [];
    private readonly List<Bus> _outputs = [];
    private string? _model;
    private int _modelLine = 1;

    private BlifNetlist(string path)
    {
        _path = path;
        _graph = new NetGraph(path);
    }

    /// <summary>Reads the model.</summary>
    /// <exception cref="InvalidDataException">The file is malformed; the message has file and line.</exception>
    internal static Circuit Read(string path, string text)
    {
        var reader = new BlifNetlist(path);
        reader.Model(Lines(path, text));
        (Bus a, Bus b, Bus product) = Ports.Of(path, reader._modelLine, reader._inputs, reader._outputs);
        return new Circuit(
            reader._graph.Build(a.Nets, b.Nets, product.Nets), reader._model!, a.Name, b.Name);
    }

    /// <summary>Lines as words, continuations joined, comments and empty lines left out.</summary>
    private static List<(int Line, string[] Words)> Lines(string path, string text)
    {
        var lines = new List<(int, string[])>();
        var words = new List<string>();
        int line = 0, first = 1;
        foreach (ReadOnlySpan<char> raw in text.AsSpan().EnumerateLines())
        {
            line++;
            int comment = raw.IndexOf('#');
            ReadOnlySpan<char> content = (comment >= 0 ? raw[..comment] : raw).Trim();
            bool continued = content.EndsWith("\\");
            if (words.Count == 0)
            {
                first = line;
            }

            words.AddRange(content.TrimEnd('\\').ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
            if (!continued && words.Count > 0)
            {
                lines.Add((first, [.. words]));
                words.Clear();
            }
        }

        return words.Count == 0 ? lines : throw SourceText.Error(path, line, "a line that goes on after the end", "the rest of it");
    }

    private void Model(List<(int Line, string[] Words)> lines)
    {
        bool ended = false;
        for (int i = 0; i < lines.Count; i++)
        {
            (int line, string[] words) = lines[i];
            if (ended || (_model is null && words[0] != ".model"))
            {
                throw Wrong(line, words[0], ended ? "the end of the file after .end: one model" : ".model");
            }

            switch (words[0])
            {
                case ".model" when _model is null:
                    (_model, _modelLine) = (words.Length > 1 ? words[1] : "model", line);
                    break;
                case ".inputs":
                    foreach (string name in words.Skip(1))
                    {
                        int net = Net(name, line);
                        _graph.MakeInput(net, line);
                        _inputs.Add(new Bus(name, [net]));
                    }

                    break;
                case ".outputs":
                    _outputs.AddRange(words.Skip(1).Select(name => new Bus(name, [Net(name, line)])));
                    break;
                case ".names" when words.Length > 1:
                    int rows = i + 1;
                    while (rows < lines.Count && lines[rows].Words[0][0] != '.')
                    {
                        rows++;
                    }

                    Table(line, words.AsSpan(1), lines.GetRange(i + 1, rows - i - 1));
                    i = rows - 1;
                    break;
                case ".gate" when words.Length > 1:
                    Cell(line, words);
                    break;
                case ".end":
                    ended = true;
                    break;
                case ".default_input_arrival" or ".default_output_required" or ".area" or ".delay" or ".wire_load_slope":
                    break;
                default:
                    throw Wrong(line, words[0], ".inputs, .outputs, .names, .gate or .end of a combinational model");
            }
        }

        if (!ended)
        {
            throw SourceText.Error(_path, lines.Count == 0 ? 1 : lines[^1].Line, "the end of the file", ".end");
        }
    }

    private int Net(string name, int line)
    {
        if (!_nets.TryGetValue(name, out int net))
        {
            _nets.Add(name, net = _graph.Add(name, line));
        }

        return net;
    }

    /// <summary>A sum of products: an OR over the rows of an AND over their literals, inverted if the rows say 0.</summary>
    private void Table(int line, ReadOnlySpan<string> names, List<(int Line, string[] Words)> rows)
    {
        int inputs = names.Length - 1;
        if (inputs > MaxTableInputs)
        {
            throw SourceText.Error(_path, line, $"a table of {inputs} inputs", $"at most {MaxTableInputs}");
        }

        var nets = new int[inputs];
        for (int i = 0; i < inputs; i++)
        {
            nets[i] = Net(names[i], line);
        }

        char? value = null;
        int sum = -1;
        uint table = 0; // of up to three inputs
        foreach ((int rowLine, string[] words) in rows)
        {
            string cube = words.Length == 2 ? words[0] : "";
            string output = words[^1];
            if (words.Length != (inputs == 0 ? 1 : 2) || cube.Length != inputs || cube.AsSpan().IndexOfAnyExcept("01-") >= 0
                || output is not ("0" or "1") || (value ?? output[0]) != output[0])
            {
                throw Wrong(rowLine, string.Join(' ', words), $"{inputs} of 0, 1 or - and then an output, the same in all rows");
            }

            value = output[0];
            int product = -1;
            for (int i = 0; i < inputs; i++)
            {
                if (cube[i] != '-')
                {
                    int literal = cube[i] == '1' ? nets[i] : _graph.Gate(rowLine, GateKind.Not, nets[i]);
                    product = product < 0 ? literal : _graph.Gate(rowLine, GateKind.And, product, literal);
                }
            }

            product = product < 0 ? _graph.Gate(rowLine, GateKind.Const1) : product;
            sum = sum < 0 ? product : _graph.Gate(rowLine, GateKind.Or, sum, product);
            table |= Minterms(cube);
        }

        int target = Net(names[^1], line);
        if (value is not null && SingleGate(inputs, value == '1' ? table : ~table, nets) is { } gate)
        {
            _graph.Drive(target, gate, line);
            return;
        }

        _graph.Drive(target, sum < 0 ? new Gate(GateKind.Const0) : new Gate(value == '1' ? GateKind.Buf : GateKind.Not, sum), line);
    }

    /// <summary>The input patterns that a row covers, a bit each; for tables of up to three inputs.</summary>
    private static uint Minterms(string cube)
    {
        uint minterms = 0;
        for (int pattern = 0; pattern < 8 && cube.Length <= 3; pattern++)
        {
            bool covered = true;
            for (int i = 0; i < cube.Length; i++)
            {
                covered &= cube[i] == '-' || cube[i] - '0' == ((pattern >> i) & 1);
            }

            minterms |= covered ? 1U << pattern : 0;
        }

        return minterms;
    }

    /// <summary>The gate that a table of two or three inputs is; null for what takes several gates.</summary>
    private static Gate? SingleGate(int inputs, uint table, int[] nets)
    {
        if (inputs is not (2 or 3))
        {
            return null;
        }

        GateKind? kind = (inputs, inputs == 2 ? table & 15 : table & 255) switch
        {
            (2, 0b1000) => GateKind.And,
            (2, 0b1110) => GateKind.Or,
            (2, 0b0110) => GateKind.Xor,
            (2, 0b0111) => GateKind.Nand,
            (2, 0b0001) => GateKind.Nor,
            (2, 0b1001) => GateKind.Xnor,
            (3, 0xCA) => GateKind.Mux,
            _ => null,
        };
        return kind is { } found ? new Gate(found, nets[0], nets[1], inputs == 3 ? nets[2] : 0) : null;
    }

    private void Cell(int line, string[] words)
    {
        var pins = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (string word in words.Skip(2))
        {
            int equals = word.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1 || !pins.TryAdd(word[..equals], Net(word[(equals + 1)..], line)))
            {
                throw Wrong(line, word, "pin=net, each pin once");
            }
        }

        VerilogNetlist.PlaceCell(_path, _graph, line, words[1], pins);
    }

    private InvalidDataException Wrong(int line, string found, string expected) =>
        SourceText.Error(_path, line, $"'{SourceText.Shortened(found)}'", expected);
}
