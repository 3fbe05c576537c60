namespace ApproxNets.Multipliers;

/// <summary>How an 8x8-bit multiplier reads its two operands.</summary>
public enum Signedness
{
    /// <summary>Both operands are 0..255 (EvoApproxLib <c>mul8u</c>).</summary>
    Unsigned,

    /// <summary>Both operands are -128..127 in two's complement (EvoApproxLib <c>mul8s</c>).</summary>
    Signed,
}

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

    /// <summary>Returns the signedness if it is one of the two.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is another number.</exception>
    public static Signedness Checked(this Signedness signedness) => signedness is Signedness.Unsigned or Signedness.Signed
        ? signedness
        : throw new ArgumentOutOfRangeException(nameof(signedness), $"Found signedness {(int)signedness}, expected Unsigned or Signed.");

    /// <summary>The least and the greatest product of 16 bits.</summary>
    internal static (int Least, int Greatest) ProductRange(this Signedness signedness) =>
        signedness == Signedness.Signed ? (short.MinValue, short.MaxValue) : (0, ushort.MaxValue);
}
