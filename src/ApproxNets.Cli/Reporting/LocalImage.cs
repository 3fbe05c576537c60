using System.Xml;

namespace ApproxNets.Cli.Reporting;

/// <summary>
/// Reads an image that a notebook shows from beside it. Whoever shares a report shares its images: so nothing else of this machine gets
/// into it, whatever the notebook names.
/// </summary>
internal static class LocalImage
{
    /// <summary>Size of the largest file that a page takes in.</summary>
    public const int LargestBytes = 16_000_000;

    /// <summary>Reads the image as an address that holds it.</summary>
    /// <param name="folder">The notebook's folder.</param>
    /// <param name="url">What the notebook says: a path below that folder.</param>
    /// <param name="problem">Why it is not shown; empty if it is.</param>
    public static string? Read(string folder, string url, out string problem)
    {
        string path = Uri.UnescapeDataString(url).Replace('\\', '/');
        string[] parts = path.Split('/');
        if (path.Length == 0 || path.Any(char.IsControl) || path.Contains(':', StringComparison.Ordinal) || parts.Any(part => part is "" or ".."))
        {
            problem = "found no path below the notebook's folder";
            return null;
        }

        try
        {
            string place = folder;
            foreach (string part in parts)
            {
                place = Path.Combine(place, part);
                if (new FileInfo(place).LinkTarget is not null)
                {
                    problem = "found a symbolic link, expected a file";
                    return null;
                }
            }

            // Devices and pipes have no length. Opening one could wait for ever.
            var file = new FileInfo(place);
            problem = !file.Exists ? "found no such file" : file.Length is 0 or > LargestBytes
                ? $"found {file.Length} bytes, expected a file of 1 to {LargestBytes / 1_000_000} million bytes" : "";
            if (problem.Length > 0)
            {
                return null;
            }

            byte[] bytes = new byte[file.Length];
            using (var stream = file.OpenRead())
            {
                stream.ReadExactly(bytes);
            }

            string? type = TypeOf(bytes);
            problem = type is null ? "found no PNG, JPEG, GIF, WebP or SVG" : "";
            return type is null ? null : $"data:image/{type};base64,{Convert.ToBase64String(bytes)}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problem = e is UnauthorizedAccessException ? "it cannot be read" : "reading it failed";
            return null;
        }
    }

    private static string? TypeOf(ReadOnlySpan<byte> bytes) =>
        bytes is [0x89, (byte)'P', (byte)'N', (byte)'G', ..] ? "png"
        : bytes is [0xff, 0xd8, 0xff, ..] ? "jpeg"
        : bytes.StartsWith("GIF87a"u8) || bytes.StartsWith("GIF89a"u8) ? "gif"
        : bytes.StartsWith("RIFF"u8) && bytes.Length > 12 && bytes[8..].StartsWith("WEBP"u8) ? "webp"
        : IsSvg(bytes) ? "svg+xml" : null;

    private static bool IsSvg(ReadOnlySpan<byte> bytes)
    {
        try
        {
            using var reader = XmlReader.Create(new MemoryStream(bytes.ToArray()),
                new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore, XmlResolver = null });
            return reader.MoveToContent() == XmlNodeType.Element && reader is { LocalName: "svg", NamespaceURI: "http://www.w3.org/2000/svg" };
        }
        catch (XmlException)
        {
            return false;
        }
    }
}
