using System.Globalization;
using System.Text;

namespace ApproxNets.Tests.Circuits.Import;

/// <summary>Multipliers as text in the formats that are read, written for the tests: exact but for left-out columns.</summary>
internal static class SampleSources
{
    /// <summary>The header of a published circuit.</summary>
    internal static string Header(double mae, double wce, string power = "0.300") => string.Create(
        CultureInfo.InvariantCulture,
        $"/***\n* A circuit for tests.\n***/\n// MAE% = 0.1 %\n// MAE = {mae} \n// WCE% = 0.2 %\n// WCE = {wce} \n// EP% = 50.00 %\n"
        + $"// MRE% = 1.50 %\n// MSE = 12.5e1 \n// PDK45_PWR = {power} mW\n// PDK45_AREA = 555.5 um2\n// PDK45_DELAY = 1.25 ns\n");

    /// <summary>Straight-line C with a variable a net, 0 or 1 each: <c>n5 = ((a >> 1) &amp; 1) &amp; ((b >> 0) &amp; 1);</c>.</summary>
    internal static string UnsignedC(string name, int firstColumn = 0)
    {
        var body = new StringBuilder();
        int count = 0;
        string New(string value)
        {
            body.Append($"  uint8_t n{count} = {value};\n");
            return $"n{count++}";
        }

        var columns = Columns(New, firstColumn, (i, j) => $"((a >> {i}) & 0x1) & ((b >> {j}) & 0x1)");
        string[] bits = Sums(
            columns, (x, y) => (New($"{x} ^ {y}"), New($"{x} & {y}")),
            (x, y, z) => (New($"({x} ^ {y}) ^ {z}"), New($"({x} & {y}) | ({y} & {z}) | ({x} & {z})")));
        string outputs = string.Concat(bits.Select((bit, i) => $"  c |= ({bit} & 0x1) << {i};\n"));
        return $"#include <stdint.h>\n\nuint16_t {name}(uint8_t a, uint8_t b)\n{{\n  uint16_t c = 0;\n{body}\n{outputs}\n  return c;\n}}\n";
    }

    /// <summary>C in the style of the signed circuits: Baugh-Wooley, inversion by <c>^1</c>, a reused <c>tmp</c>, declarations in a
    /// list.</summary>
    internal static string SignedC(string name, int firstColumn = 0)
    {
        var body = new StringBuilder();
        var names = new List<string>();
        string New(string value)
        {
            names.Add($"S_{names.Count}");
            body.Append($"  {names[^1]} = {value};\n");
            return names[^1];
        }

        var columns = Columns(New, firstColumn, (i, j) =>
        {
            string product = $"(((A>>{i})&1) & ((B>>{j})&1))";
            return (i == 7) != (j == 7) ? $"({product}^1)" : product;
        });
        columns[8].Add("1");
        columns[15].Add("1");
        string[] bits = Sums(columns, (x, y) => (New($"{x}^{y}"), New($"{x}&{y}")), (x, y, z) =>
        {
            body.Append($"  tmp = {x}^{y};\n");
            return (New($"tmp^{z}"), New($"(tmp&{z})|({x}&{y})"));
        });
        string outputs = string.Concat(bits.Select((bit, i) => $"  P |= ({bit} & 1) << {i};\n"));
        return $"#include <stdint.h>\n#include <stdlib.h>\n\nint16_t {name}(int8_t A, int8_t B)\n{{\n  int16_t P, P_;\n"
            + $"  uint8_t tmp, {string.Join(",", names)};\n{body}  P = 0;\n{outputs}  return P;\n}}\n";
    }

    /// <summary>Verilog as the published circuits: assignments, half and full adders as modules at the end of the file.</summary>
    internal static string Verilog(string name, int firstColumn = 0, bool ownAdders = true, bool signed = false)
    {
        var body = new StringBuilder();
        var names = new List<string>();
        string Wire()
        {
            names.Add($"S_{names.Count}");
            return names[^1];
        }

        string Product(int i, int j) => signed && (i == 7) != (j == 7) ? $"~(A[{i}] & B[{j}])" : $"(A[{i}] & B[{j}])";
        var columns = Columns(
            value =>
            {
                string wire = Wire();
                body.Append($"  assign {wire} = {value};\n");
                return wire;
            },
            firstColumn, Product);
        if (signed)
        {
            columns[8].Add("1'b1");
            columns[15].Add("1'b1");
        }

        string prefix = ownAdders ? "PDKGEN" : "";
        string[] bits = Sums(
            columns,
            (x, y) =>
            {
                (string s, string c) = (Wire(), Wire());
                body.Append($"  {prefix}HAX1 U{names.Count} (.A({x}), .B({y}), .YS({s}), .YC({c}));\n");
                return (s, c);
            },
            (x, y, z) =>
            {
                (string s, string c) = (Wire(), Wire());
                body.Append($"  {prefix}FAX1 U{names.Count} (.A({x}), .B(({y})), .C({z}), .YS({s}), .YC({c}));\n");
                return (s, c);
            },
            "1'b0");
        string adders = ownAdders
            ? "\n/* mod */\nmodule PDKGENHAX1( input A, input B, output YS, output YC );\n    assign YS = A ^ B;\n    assign YC = A & B;\n"
                + "endmodule\nmodule PDKGENFAX1( input A, input B, input C, output YS, output YC );\n    assign YS = (A ^ B) ^ C;\n"
                + "    assign YC = (A & B) | (B & C) | (A & C);\nendmodule\n"
            : "";
        return $"module {name} ( A, B, O );\n  input [7:0] A;\n  input [7:0] B;\n  output [15:0] O;\n\n"
            + $"  wire {string.Join(",", names)};\n\n{body}  assign O = {{{string.Join(",", bits.Reverse())}}};\n\nendmodule\n{adders}";
    }

    private static List<string>[] Columns(Func<string, string> define, int firstColumn, Func<int, int, string> product)
    {
        var columns = new List<string>[16];
        for (int column = 0; column < 16; column++)
        {
            columns[column] = [];
        }

        for (int i = 0; i < 8; i++)
        {
            for (int j = 0; j < 8; j++)
            {
                if (i + j >= firstColumn)
                {
                    columns[i + j].Add(define(product(i, j)));
                }
            }
        }

        return columns;
    }

    private static string[] Sums(
        List<string>[] columns, Func<string, string, (string Sum, string Carry)> half,
        Func<string, string, string, (string Sum, string Carry)> full, string zero = "0")
    {
        var bits = new string[16];
        for (int column = 0; column < 16; column++)
        {
            var terms = new Queue<string>(columns[column]);
            while (terms.Count > 1)
            {
                (string x, string y) = (terms.Dequeue(), terms.Dequeue());
                (string sum, string carry) = terms.Count > 0 ? full(x, y, terms.Dequeue()) : half(x, y);
                terms.Enqueue(sum);
                if (column < 15)
                {
                    columns[column + 1].Add(carry);
                }
            }

            bits[column] = terms.Count > 0 ? terms.Dequeue() : zero;
        }

        return bits;
    }
}
