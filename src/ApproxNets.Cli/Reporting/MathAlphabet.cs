using System.Text;

namespace ApproxNets.Cli.Reporting;

/// <summary>Letters of mathematical alphabets. MathML Core has no attribute for them: the characters themselves differ.</summary>
internal static class MathAlphabet
{
    // Unicode put these letters elsewhere, long before the rest of the alphabets.
    private static readonly Dictionary<(string, char), string> Exceptions = new()
    {
        [("mathcal", 'B')] = "ℬ", [("mathcal", 'E')] = "ℰ", [("mathcal", 'F')] = "ℱ", [("mathcal", 'H')] = "ℋ", [("mathcal", 'I')] = "ℐ",
        [("mathcal", 'L')] = "ℒ", [("mathcal", 'M')] = "ℳ", [("mathcal", 'R')] = "ℛ", [("mathcal", 'e')] = "ℯ", [("mathcal", 'g')] = "ℊ", [("mathcal", 'o')] = "ℴ",
        [("mathbb", 'C')] = "ℂ", [("mathbb", 'H')] = "ℍ", [("mathbb", 'N')] = "ℕ", [("mathbb", 'P')] = "ℙ", [("mathbb", 'Q')] = "ℚ", [("mathbb", 'R')] = "ℝ", [("mathbb", 'Z')] = "ℤ",
    };

    public static bool Has(string command) => FirstCapital(command) != 0;

    public static string Map(string command, string letters)
    {
        var mapped = new StringBuilder();
        foreach (char letter in letters)
        {
            int capital = FirstCapital(command);
            mapped.Append(Exceptions.TryGetValue((command, letter), out string? exception) ? exception : letter switch
            {
                >= 'A' and <= 'Z' => char.ConvertFromUtf32(capital + (letter - 'A')),
                >= 'a' and <= 'z' => char.ConvertFromUtf32(capital + 26 + (letter - 'a')),
                >= '0' and <= '9' when command is "mathbf" or "boldsymbol" or "bm" => char.ConvertFromUtf32(0x1D7CE + (letter - '0')),
                >= 'α' and <= 'ω' when command is "mathbf" or "boldsymbol" or "bm" => char.ConvertFromUtf32(0x1D6C2 + (letter - 'α')),
                _ => letter.ToString(),
            });
        }

        return mapped.ToString();
    }

    private static int FirstCapital(string command) => command switch
    {
        "mathbf" or "boldsymbol" or "bm" => 0x1D400,
        "mathcal" or "mathscr" => 0x1D49C,
        "mathbb" => 0x1D538,
        "mathfrak" => 0x1D504,
        _ => 0,
    };
}
