using System.Text.RegularExpressions;

namespace ApproxNets.Circuits.Import;

/// <summary>
/// Library cells as Verilog modules: Yosys' internal gates, the cells of gscl45nm (FreePDK45, OSU) and of the NanGate 45 nm Open Cell
/// Library, and plain names as in small mapping libraries. The drive strength in a name does not matter.
/// </summary>
internal static partial class VerilogCells
{
    // Pins, then outputs with their functions.
    private static readonly string[] Cells =
    [
        "$_BUF_ A Y=A", "$_NOT_ A Y=~A", "$_AND_ A,B Y=A&B", "$_NAND_ A,B Y=~(A&B)", "$_OR_ A,B Y=A|B", "$_NOR_ A,B Y=~(A|B)",
        "$_XOR_ A,B Y=A^B", "$_XNOR_ A,B Y=~(A^B)", "$_ANDNOT_ A,B Y=A&~B", "$_ORNOT_ A,B Y=A|~B", "$_MUX_ A,B,S Y=S?B:A",
        "$_NMUX_ A,B,S Y=~(S?B:A)", "$_AOI3_ A,B,C Y=~((A&B)|C)", "$_OAI3_ A,B,C Y=~((A|B)&C)", "$_AOI4_ A,B,C,D Y=~((A&B)|(C&D))",
        "$_OAI4_ A,B,C,D Y=~((A|B)&(C|D))",
        "BUF A Y=A", "NOT A Y=~A", "INV A Y=~A", "AND A,B Y=A&B", "NAND A,B Y=~(A&B)", "OR A,B Y=A|B", "NOR A,B Y=~(A|B)",
        "XOR A,B Y=A^B", "XNOR A,B Y=~(A^B)", "MUX A,B,S Y=S?B:A",
        "BUFX A Y=A", "CLKBUF A Y=A", "INVX A Y=~A", "AND2X A,B Y=A&B", "NAND2X A,B Y=~(A&B)", "NAND3X A,B,C Y=~(A&B&C)",
        "OR2X A,B Y=A|B", "NOR2X A,B Y=~(A|B)", "NOR3X A,B,C Y=~(A|B|C)", "XOR2X A,B Y=A^B", "XNOR2X A,B Y=~(A^B)",
        "MUX2X A,B,S Y=~(S?A:B)", "AOI21X A,B,C Y=~((A&B)|C)", "AOI22X A,B,C,D Y=~((A&B)|(C&D))", "OAI21X A,B,C Y=~((A|B)&C)",
        "OAI22X A,B,C,D Y=~((A|B)&(C|D))", "HAX A,B YC=A&B YS=A^B", "FAX A,B,C YC=(A&B)|(B&C)|(C&A) YS=A^B^C",
        "LOGIC0_X - Z=1'b0", "LOGIC1_X - Z=1'b1", "BUF_X A Z=A", "CLKBUF_X A Z=A", "INV_X A ZN=~A", "AND2_X A1,A2 ZN=A1&A2",
        "AND3_X A1,A2,A3 ZN=A1&A2&A3", "AND4_X A1,A2,A3,A4 ZN=A1&A2&A3&A4", "NAND2_X A1,A2 ZN=~(A1&A2)", "NAND3_X A1,A2,A3 ZN=~(A1&A2&A3)",
        "NAND4_X A1,A2,A3,A4 ZN=~(A1&A2&A3&A4)", "OR2_X A1,A2 ZN=A1|A2", "OR3_X A1,A2,A3 ZN=A1|A2|A3", "OR4_X A1,A2,A3,A4 ZN=A1|A2|A3|A4",
        "NOR2_X A1,A2 ZN=~(A1|A2)", "NOR3_X A1,A2,A3 ZN=~(A1|A2|A3)", "NOR4_X A1,A2,A3,A4 ZN=~(A1|A2|A3|A4)", "XOR2_X A,B Z=A^B",
        "XNOR2_X A,B ZN=~(A^B)", "MUX2_X A,B,S Z=S?B:A", "AOI21_X A,B1,B2 ZN=~(A|(B1&B2))", "AOI22_X A1,A2,B1,B2 ZN=~((A1&A2)|(B1&B2))",
        "AOI211_X A,B,C1,C2 ZN=~(A|B|(C1&C2))", "OAI21_X A,B1,B2 ZN=~(A&(B1|B2))", "OAI22_X A1,A2,B1,B2 ZN=~((A1|A2)&(B1|B2))",
        "OAI211_X A,B,C1,C2 ZN=~(A&B&(C1|C2))", "HA_X A,B CO=A&B S=A^B", "FA_X A,B,CI CO=(A&B)|(CI&(A|B)) S=A^B^CI",
    ];

    private static readonly Lazy<Dictionary<string, VerilogModule>> Modules = new(Parse);

    /// <summary>The cell of a name, or null.</summary>
    internal static VerilogModule? Find(string name)
    {
        string stem = DriveStrength().Replace(name, "X");
        return Modules.Value.GetValueOrDefault(stem) ?? Modules.Value.GetValueOrDefault(name.ToUpperInvariant());
    }

    private static Dictionary<string, VerilogModule> Parse()
    {
        var modules = new Dictionary<string, VerilogModule>(StringComparer.Ordinal);
        foreach (string[] words in Cells.Select(cell => cell.Split(' ')))
        {
            string[] outputs = [.. words.Skip(2).Select(output => output.Split('=', 2)[0])];
            string inputs = words[1] == "-" ? "" : $"input {words[1]}; ";
            string pins = string.Join(",", words[1].Split(',').Where(pin => pin != "-").Concat(outputs));
            string assigns = string.Concat(words.Skip(2).Select(output => $"assign {output}; "));
            string text = $"module \\{words[0]} ({pins}); {inputs}output {string.Join(",", outputs)}; {assigns}endmodule";
            modules.Add(words[0], VerilogParser.Parse("cell library", text).Single());
        }

        return modules;
    }

    [GeneratedRegex(@"X[0-9]+$")]
    private static partial Regex DriveStrength();
}
