using System.Text;

namespace ApproxNets.Circuits.Import;

/// <summary>Writes a circuit as text that the readers, and other tools, read back.</summary>
public static class NetlistText
{
    /// <summary>Writes structural Verilog: a module with operands <c>a</c> and <c>b</c> and the product <c>p</c>, an assignment a
    /// gate.</summary>
    /// <exception cref="ArgumentException">The name is not an identifier.</exception>
    public static string ToVerilog(this Netlist netlist, string name)
    {
        CheckName(netlist, name);
        int n = netlist.OperandBits;
        string Net(int net) => NameOf(netlist, net);
        var text = new StringBuilder();
        text.Append($"module {name} (a, b, p);\n  input [{n - 1}:0] a;\n  input [{n - 1}:0] b;\n");
        text.Append($"  output [{netlist.Outputs.Length - 1}:0] p;\n");
        for (int i = 0; i < netlist.Gates.Length; i++)
        {
            Gate gate = netlist.Gates[i];
            (string x, string y) = (Net(gate.X), Net(gate.Y));
            string value = gate.Kind switch
            {
                GateKind.Const0 => "1'b0",
                GateKind.Const1 => "1'b1",
                GateKind.Buf => x,
                GateKind.Not => $"~{x}",
                GateKind.And => $"{x} & {y}",
                GateKind.Or => $"{x} | {y}",
                GateKind.Xor => $"{x} ^ {y}",
                GateKind.Nand => $"~({x} & {y})",
                GateKind.Nor => $"~({x} | {y})",
                GateKind.Xnor => $"~({x} ^ {y})",
                _ => $"{Net(gate.S)} ? {y} : {x}",
            };
            text.Append($"  wire n{netlist.InputCount + i} = {value};\n");
        }

        for (int i = 0; i < netlist.Outputs.Length; i++)
        {
            text.Append($"  assign p[{i}] = {Net(netlist.Outputs[i])};\n");
        }

        return text.Append("endmodule\n").ToString();
    }

    /// <summary>Writes BLIF: a model with inputs <c>a[0]</c> and so on, <c>b[0]</c>, outputs <c>p[0]</c>, a table a gate.</summary>
    /// <exception cref="ArgumentException">The name is not an identifier.</exception>
    public static string ToBlif(this Netlist netlist, string name)
    {
        CheckName(netlist, name);
        string Net(int net) => NameOf(netlist, net);
        string inputNets = string.Concat(Enumerable.Range(0, netlist.InputCount).Select(net => " " + Net(net)));
        string outputNets = string.Concat(Enumerable.Range(0, netlist.Outputs.Length).Select(bit => $" p[{bit}]"));
        var text = new StringBuilder($".model {name}\n.inputs{inputNets}\n.outputs{outputNets}\n");
        for (int i = 0; i < netlist.Gates.Length; i++)
        {
            Gate gate = netlist.Gates[i];
            string rows = gate.Kind switch
            {
                GateKind.Const0 => "",
                GateKind.Const1 => "1\n",
                GateKind.Buf => "1 1\n",
                GateKind.Not => "0 1\n",
                GateKind.And => "11 1\n",
                GateKind.Or => "1- 1\n-1 1\n",
                GateKind.Xor => "10 1\n01 1\n",
                GateKind.Nand => "11 0\n",
                GateKind.Nor => "00 1\n",
                GateKind.Xnor => "11 1\n00 1\n",
                _ => "1-0 1\n-11 1\n",
            };
            string inputs = string.Concat(Enumerable.Range(0, gate.InputCount).Select(input => Net(gate[input]) + " "));
            text.Append($".names {inputs}{Net(netlist.InputCount + i)}\n{rows}");
        }

        for (int i = 0; i < netlist.Outputs.Length; i++)
        {
            text.Append($".names {Net(netlist.Outputs[i])} p[{i}]\n1 1\n");
        }

        return text.Append(".end\n").ToString();
    }

    private static string NameOf(Netlist netlist, int net) => net >= netlist.InputCount ? $"n{net}"
        : net < netlist.OperandBits ? $"a[{net}]" : $"b[{net - netlist.OperandBits}]";

    private static void CheckName(Netlist netlist, string name)
    {
        ArgumentNullException.ThrowIfNull(netlist);
        if (string.IsNullOrEmpty(name) || char.IsAsciiDigit(name[0]) || !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
        {
            throw new ArgumentException($"Found the name '{name}', expected letters, digits and underscores.", nameof(name));
        }
    }
}
