using System.Globalization;
using System.Text;
using ApproxNets.Circuits;

namespace ApproxNets.Interactive;

/// <summary>
/// The dot diagram of a multiplier's circuit: which of the n x n bit products <c>x_i w_j</c> are there. A row is a bit of the weight, a
/// column a power of two, the least on the right. A filled dot is a bit product that is there, an empty ring one that is left out.
/// </summary>
/// <remarks>Read from the simplified circuit: a bit product is an AND or NAND of a bit of x and a bit of w. Circuits that shift, select or
/// convert their operands first have none: where fewer than half of the gates at the operands are bit products, none is shown. What
/// becomes of the bit products (added, or only ORed) is not shown.</remarks>
public sealed class DotDiagram
{
    private const int Pitch = 14;
    private readonly bool[,] _kept; // [j, i]

    /// <summary>Reads the diagram from a multiplier's circuit.</summary>
    public DotDiagram(MultiplierCircuit multiplier)
    {
        ArgumentNullException.ThrowIfNull(multiplier);
        Netlist circuit = multiplier.Netlist.Simplified();
        Name = multiplier.Multiplier.Name;
        Bits = circuit.OperandBits;
        _kept = new bool[Bits, Bits];
        int readers = 0;
        foreach (Gate gate in circuit.Gates)
        {
            var (x, w) = (Math.Min(gate.X, gate.Y), Math.Max(gate.X, gate.Y) - Bits);
            if (gate.Kind is GateKind.And or GateKind.Nand && x < Bits && w >= 0 && w < Bits)
            {
                _kept[w, x] = true;
            }

            readers += Enumerable.Range(0, gate.InputCount).Any(input => gate[input] < circuit.InputCount) ? 1 : 0;
        }

        if (2 * Kept < readers)
        {
            Array.Clear(_kept); // a detector of leading ones or a shifter has a few such gates by chance
        }
    }

    /// <summary>Name of the multiplier.</summary>
    public string Name { get; }

    /// <summary>Bits n of each operand.</summary>
    public int Bits { get; }

    /// <summary>How many of the n x n bit products are there; 0 when the circuit does not form them from the operands' bits.</summary>
    public int Kept => _kept.Cast<bool>().Count(kept => kept);

    /// <summary>Whether the circuit forms the product of bit i of the activation and bit j of the weight.</summary>
    /// <exception cref="IndexOutOfRangeException">There is no such bit.</exception>
    public bool Has(int i, int j) => _kept[j, i];

    /// <summary>The diagram as text: <c>#</c> is there, <c>.</c> is left out.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(Caption);
        for (int j = 0; j < Bits; j++)
        {
            text.Append('\n').Append(' ', 2 * (Bits - 1 - j));
            for (int i = Bits - 1; i >= 0; i--)
            {
                text.Append(Has(i, j) ? '#' : '.').Append(i > 0 ? " " : "");
            }
        }

        return text.ToString();
    }

    internal string Caption => string.Create(CultureInfo.InvariantCulture, $"{Name}: {Kept} of {Bits * Bits} bit products");

    internal string ToHtml() => "<figure class=\"an-dots\" style=\"margin:1em 0;display:inline-block;background:#fff;color:#333;"
        + "border-radius:6px;padding:6px\">" + Svg()
        + "<figcaption style=\"font:0.9em system-ui,sans-serif;color:#444;padding:2px 12px 6px\">"
        + System.Net.WebUtility.HtmlEncode(Caption) + "</figcaption></figure>";

    internal string Svg()
    {
        int columns = (2 * Bits) - 1, left = 30, top = 20;
        int width = left + (columns * Pitch) + 6, height = top + (Bits * Pitch) + 6;
        var svg = new StringBuilder().Append(CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" ")
            .Append("role=\"img\" font-family=\"system-ui,sans-serif\" font-size=\"9\" fill=\"#555\" text-anchor=\"middle\"><title>")
            .Append(System.Net.WebUtility.HtmlEncode(Caption)).Append("</title>");
        for (int column = 0; column < columns; column += 2)
        {
            svg.Append(CultureInfo.InvariantCulture,
                $"<text x=\"{X(column)}\" y=\"11\">2<tspan dy=\"-3\" font-size=\"7\">{column}</tspan></text>");
        }

        for (int j = 0; j < Bits; j++)
        {
            svg.Append(CultureInfo.InvariantCulture,
                $"<text x=\"12\" y=\"{Y(j) + 3}\">w<tspan dy=\"2\" font-size=\"7\">{j}</tspan></text>");
        }

        foreach (bool kept in (bool[])[true, false])
        {
            svg.Append(kept ? "<g fill=\"#0072B2\">" : "<g fill=\"none\" stroke=\"#bbb\">");
            foreach (var (i, j) in Enumerable.Range(0, Bits * Bits).Select(k => (k % Bits, k / Bits)).Where(dot => Has(dot.Item1, dot.Item2) == kept))
            {
                svg.Append(CultureInfo.InvariantCulture, $"<circle cx=\"{X(i + j)}\" cy=\"{Y(j)}\" r=\"{(kept ? 4.5 : 4)}\"/>");
            }

            svg.Append("</g>");
        }

        return svg.Append("</svg>").ToString();

        int X(int column) => left + ((columns - 1 - column) * Pitch) + (Pitch / 2);
        int Y(int row) => top + (row * Pitch) + (Pitch / 2);
    }
}
