namespace ApproxNets.Foundation;

/// <summary>Writes a file whole or not at all.</summary>
public static class AtomicFile
{
    /// <summary>Writes a file beside its place, flushes it to disk and renames it. The temporary file has a name of its own: two processes
    /// may write the same file, and each writes a whole one.</summary>
    /// <param name="path">The file to make or replace.</param>
    /// <param name="write">Writes the content.</param>
    /// <exception cref="IOException">Writing fails; what was at <paramref name="path"/> before is still there.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        string temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary); // nothing is there after the rename
        }
    }

    /// <summary>Writes a text in UTF-8, as <see cref="Write"/> does.</summary>
    public static void WriteText(string path, string text) => Write(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));
}
