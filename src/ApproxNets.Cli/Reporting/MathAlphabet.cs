using System.Text;

namespace ApproxNets.Cli.Reporting;

/// <summary>Letters of mathematical alphabets. MathML Core has no attribute for them: the characters themselves differ.</summary>
internal static class MathAlphabet
{
    // Unicode put these letters elsewhere, long before the rest of the alphabets.
    private static readonly (string Alphabet, string Plain, string Letters)[] Exceptions =
    [
        ("mathcal", "BEFHILMRego", "ℬℰℱℋℐℒℳℛℯℊℴ"),
        ("mathbb", "CHNPQRZ", "ℂℍℕℙℚℝℤ"),
    ];

    public static bool Has(string command) => FirstCapital(command) != 0;

    public static string Map(string command, string letters)
    {
        var mapped = new StringBuilder();
        foreach (char letter in letters)
        {
            int capital = FirstCapital(command);
            mapped.Append(Exception(command, letter) ?? letter switch
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

    private static string? Exception(string command, char letter)
    {
        var (_, plain, letters) = Array.Find(Exceptions, entry => entry.Alphabet == command);
        int at = plain?.IndexOf(letter, StringComparison.Ordinal) ?? -1;
        return at < 0 ? null : letters[at].ToString();
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
