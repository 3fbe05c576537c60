using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace ApproxNets.Foundation;

/// <summary>Writes a file whole or not at all.</summary>
/// <remarks>
/// A process that is killed leaves its temporary file. Its name says whose it is: the process, and a hash of the machine that counts
/// processes, since it was started: two machines may have one name. The next process that writes to the folder removes those whose process is gone; those of other machines, on shared storage,
/// and of earlier versions once nothing was written to them for a day.
/// </remarks>
public static partial class AtomicFile
{
    private static readonly TimeSpan LongestWrite = TimeSpan.FromDays(1);
    private static readonly string Machine = Fingerprint.Sha256Of(Environment.MachineName + ProcessSpace())[..8];
    private static readonly ConcurrentDictionary<string, bool> Swept = new();

    /// <summary>Writes a file beside its place, flushes it to disk and renames it. The temporary file has a name of its own: two processes
    /// may write the same file, and each writes a whole one.</summary>
    /// <param name="path">The file to make or replace.</param>
    /// <param name="write">Writes the content.</param>
    /// <exception cref="IOException">Writing fails; what was at <paramref name="path"/> before is still there.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        string temporary = TemporaryName(path);
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
    public static void WriteText(string path, string text) => Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));

    /// <summary>A name beside a path for what is not whole yet, a file or a folder. The first call for a folder removes what others left.</summary>
    internal static string TemporaryName(string path)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (Swept.TryAdd(folder, true))
        {
            RemoveLeftOver(folder);
        }

        return $"{path}.{Owner()}.tmp";
    }

    /// <summary>A name of its own for what this process makes, by which <see cref="IsOfEndedProcess"/> knows it.</summary>
    internal static string Owner() => FormattableString.Invariant($"{Environment.ProcessId}-{Machine}-{Guid.NewGuid().ToString("N")[..8]}");

    /// <summary>Whether the process of an <see cref="Owner"/> was one of this machine and has ended.</summary>
    internal static bool IsOfEndedProcess(string owner) => owner.Split('-') is [var process, var machine, _]
        && machine == Machine && int.TryParse(process, NumberStyles.None, CultureInfo.InvariantCulture, out int id) && !IsRunning(id);

    /// <summary>Removes temporary files and folders whose process is gone.</summary>
    internal static void RemoveLeftOver(string folder)
    {
        foreach (string path in Directory.Exists(folder) ? Directory.GetFileSystemEntries(folder, "*.tmp") : [])
        {
            Match name = Temporary().Match(path);
            if (name.Success && IsLeftOver(path, name.Groups["process"].Value, name.Groups["machine"].Value))
            {
                try
                {
                    if (Directory.Exists(path))
                    {
                        Directory.Delete(path, recursive: true);
                    }
                    else
                    {
                        File.Delete(path);
                    }
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    // Another process removed it, or it belongs to another user: the file is no hindrance.
                }
            }
        }
    }

    private static bool IsLeftOver(string path, string process, string machine) => machine == Machine
        ? !IsRunning(int.Parse(process, CultureInfo.InvariantCulture))
        : DateTime.UtcNow - File.GetLastWriteTimeUtc(path) > LongestWrite;

    private static bool IsRunning(int process)
    {
        try
        {
            using var found = Process.GetProcessById(process);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>What tells apart machines of one name, and containers of one machine, each of which counts its own processes.</summary>
    private static string ProcessSpace()
    {
        try
        {
            return OperatingSystem.IsLinux() ? new FileInfo("/proc/self/ns/pid").LinkTarget + File.ReadAllText("/proc/sys/kernel/random/boot_id") : "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ""; // a sandbox without /proc: the machine's name has to do
        }
    }

    [GeneratedRegex(@"\.((?<process>[0-9]{1,9})-(?<machine>[0-9a-f]{8})-[0-9a-f]{8}|[0-9a-f]{32})\.tmp$")]
    private static partial Regex Temporary();
}
