namespace ApproxNets.Multipliers;

/// <summary>Signedness as a word: in parameters, names of libraries and messages.</summary>
public static class SignednessNames
{
    /// <summary>"signed" or "unsigned".</summary>
    public static string Word(this Signedness signedness) => signedness.ToString().ToLowerInvariant();

    /// <summary>Reads the word, in any case.</summary>
    /// <exception cref="ArgumentException">It is neither "signed" nor "unsigned".</exception>
    public static Signedness Parse(string word) => word.ToLowerInvariant() switch
    {
        "signed" => Signedness.Signed,
        "unsigned" => Signedness.Unsigned,
        _ => throw new ArgumentException($"Signedness: found '{word}', expected signed or unsigned.", nameof(word)),
    };
}
