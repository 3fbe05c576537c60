namespace ApproxNets.Foundation;

/// <summary>
/// A claim on a piece of work that several processes may find, also on several machines that share nothing but a folder: a file that only one
/// of them can make. Its holder writes to it every few seconds; what is not written to any more is taken over.
/// </summary>
/// <remarks>
/// On one machine a holder that has ended is noticed at once, elsewhere after <see cref="Lifetime"/> by the clock of the storage. A holder that was only
/// stopped for longer than that goes on beside its heir: work under a lease must write its result whole and give the same result every time.
/// </remarks>
public sealed class Lease : IDisposable
{
    /// <summary>Time after which a lease that nobody wrote to is free.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(10);

    // EEXIST, ERROR_FILE_EXISTS: that the file is there a moment later says nothing, its holder may just have given it back.
    private const int Exists = 17, WindowsExists = unchecked((int)0x80070050);

    private readonly string _path;
    private readonly string _holder;
    private readonly Timer _timer;

    private Lease(string path, string holder)
    {
        (_path, _holder) = (path, holder);
        _timer = new Timer(_ => Renew(), null, Beat, Beat);
    }

    /// <summary>Takes a lease; null if another process, or this one, holds it.</summary>
    /// <param name="path">Its file; the folder is made if missing.</param>
    /// <exception cref="IOException">The folder cannot be written to.</exception>
    public static Lease? TryTake(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        string holder = AtomicFile.Owner();
        if (TryMake(path, holder))
        {
            return new(path, holder);
        }

        string? seen = ReadHolder(path);
        if (seen is not null && !IsAbandoned(path, seen))
        {
            return null;
        }

        // Moved aside first: of several processes that see it abandoned one succeeds.
        string aside = AtomicFile.TemporaryName(path);
        if (seen is not null && TryMove(path, aside))
        {
            if (ReadHolder(aside) != seen)
            {
                TryMove(aside, path); // another heir was faster, and this is its lease
                return null;
            }

            File.Delete(aside);
        }

        return TryMake(path, holder) ? new(path, holder) : null;
    }

    /// <summary>Whether a lease is held, by this machine's clock: for reports; who wants it asks for it.</summary>
    /// <param name="path">Its file.</param>
    public static bool IsHeld(string path) =>
        ReadHolder(path) is { } holder && !AtomicFile.IsOfEndedProcess(holder) && DateTime.UtcNow - File.GetLastWriteTimeUtc(path) < Lifetime;

    /// <summary>Gives the lease back.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        if (ReadHolder(_path) == _holder)
        {
            File.Delete(_path);
        }
    }

    private static bool TryMake(string path, string holder)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
            stream.Write(System.Text.Encoding.ASCII.GetBytes(holder));
            return true;
        }
        catch (IOException e) when (e.HResult is Exists or WindowsExists)
        {
            return false;
        }
    }

    private static bool TryMove(string from, string to)
    {
        try
        {
            File.Move(from, to);
            return true;
        }
        catch (IOException)
        {
            return false; // gone, or something is there already
        }
    }

    /// <summary>Who holds a lease; null if the file is gone.</summary>
    private static string? ReadHolder(string path)
    {
        try
        {
            using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
            return reader.ReadToEnd();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static bool IsAbandoned(string path, string holder)
    {
        if (AtomicFile.IsOfEndedProcess(holder))
        {
            return true;
        }

        // Ages are taken by the clock that stamps files: that of the storage may differ from this machine's.
        string probe = AtomicFile.TemporaryName(path);
        File.WriteAllText(probe, holder);
        DateTime now = File.GetLastWriteTimeUtc(probe);
        File.Delete(probe);
        return File.Exists(path) && now - File.GetLastWriteTimeUtc(path) > Lifetime;
    }

    /// <summary>A sign of life, unless another has taken over.</summary>
    internal void Renew()
    {
        try
        {
            // One handle for both: a file that an heir has put here meanwhile is not overwritten.
            using var stream = new FileStream(_path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            byte[] own = System.Text.Encoding.ASCII.GetBytes(_holder), found = new byte[own.Length];
            if (stream.ReadAtLeast(found, found.Length, throwOnEndOfStream: false) == own.Length && found.AsSpan().SequenceEqual(own))
            {
                stream.Position = 0;
                stream.Write(own);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Storage that is away for a moment: the next beat tries again.
        }
    }
}
