using System.Security.Cryptography;
using System.Text;

namespace ApproxNets.Foundation;

/// <summary>
/// The SHA-256 that a file holds of itself: of all its bytes, with the 64 digits of the sum taken as zeros. It stands at a fixed place, so
/// it is compared before anything else in the file is believed.
/// </summary>
internal static class ContentSum
{
    /// <summary>Name of the sum in files of names and values.</summary>
    public const string Name = "sha256";

    /// <summary>What stands in the place of a sum until it is known.</summary>
    public const string Unknown = "0000000000000000000000000000000000000000000000000000000000000000";

    /// <summary>Writes the sum of a file into its place.</summary>
    /// <param name="first">The file's first part.</param>
    /// <param name="place">Where the zeros of the sum begin in it.</param>
    /// <param name="rest">The other parts, in order.</param>
    public static void Set(Span<byte> first, int place, IEnumerable<byte[]> rest)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(first);
        foreach (byte[] part in rest)
        {
            hash.AppendData(part);
        }

        Encoding.ASCII.GetBytes(Convert.ToHexStringLower(hash.GetHashAndReset()), first[place..]);
    }

    /// <summary>Compares a file with its sum.</summary>
    /// <param name="path">The file, for the message.</param>
    /// <param name="file">All its bytes.</param>
    /// <param name="place">Where the sum begins.</param>
    /// <exception cref="InvalidDataException">The file ends before the sum does, or its content is not that of the sum.</exception>
    public static void Check(string path, ReadOnlySpan<byte> file, int place)
    {
        int end = Math.Min(place + Unknown.Length, file.Length);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(file[..place]);
        hash.AppendData(Encoding.ASCII.GetBytes(Unknown));
        hash.AppendData(file[end..]);
        string found = Convert.ToHexStringLower(hash.GetHashAndReset()), expected = Encoding.Latin1.GetString(file[place..end]);
        if (found != expected)
        {
            throw new InvalidDataException($"'{path}': found content of the SHA-256 {found}, expected '{expected}': the file is damaged.");
        }
    }
}
