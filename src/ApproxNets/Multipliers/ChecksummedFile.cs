using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace ApproxNets.Multipliers;

/// <summary>
/// Files that begin with a line of text: what they hold, the version of the format, the SHA-256 of the bytes that follow, and the command
/// that makes them.
/// </summary>
public static partial class ChecksummedFile
{
    private const int HeaderLimit = 200;

    /// <summary>Puts the line of text before the content.</summary>
    /// <param name="kind">What the file holds: a word.</param>
    /// <param name="version">Version of the format.</param>
    /// <param name="content">What follows the line.</param>
    public static byte[] Bytes(string kind, int version, ReadOnlySpan<byte> content) =>
    [
        .. Encoding.ASCII.GetBytes($"ApproxNets {kind} {version}, sha256 {Convert.ToHexStringLower(SHA256.HashData(content))}, "
            + "made by: approxnets multipliers generate\n"),
        .. content,
    ];

    /// <summary>Reads the content of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="kind">What it should hold.</param>
    /// <param name="version">The version of the format that the caller reads.</param>
    /// <exception cref="InvalidDataException">The file holds something else, is of another version, or is damaged.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static ReadOnlyMemory<byte> Read(string path, string kind, int version)
    {
        byte[] file = File.ReadAllBytes(path);
        Match header = Header().Match(Encoding.Latin1.GetString(file, 0, Math.Min(file.Length, HeaderLimit)));
        if (!header.Success || header.Groups[1].Value != kind)
        {
            throw new InvalidDataException(
                $"{path}: found a file that begins otherwise, expected 'ApproxNets {kind} {version}, sha256 ...'.");
        }

        if (header.Groups[2].Value != $"{version}")
        {
            throw new InvalidDataException($"{path}: found version {header.Groups[2].Value} of the format, expected {version}; "
                + "another version of ApproxNets made it.");
        }

        ReadOnlyMemory<byte> content = file.AsMemory(header.Length);
        string found = Convert.ToHexStringLower(SHA256.HashData(content.Span));
        return found == header.Groups[3].Value
            ? content
            : throw new InvalidDataException(
                $"{path}: found content of the SHA-256 {found}, expected {header.Groups[3].Value}: the file is damaged.");
    }

    [GeneratedRegex(@"\AApproxNets ([a-z]+) ([0-9]{1,9}), sha256 ([0-9a-f]{64}), made by: approxnets multipliers generate\n")]
    private static partial Regex Header();
}
