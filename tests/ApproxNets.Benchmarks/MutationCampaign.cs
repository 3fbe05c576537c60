using System.Diagnostics;
using System.Text;
using ApproxNets.Foundation;

namespace ApproxNets.Benchmarks;

/// <summary>A reader of files, as the campaign tries it.</summary>
/// <param name="Name">What is read.</param>
/// <param name="Path">The file that is mutated; it is whole when the campaign begins and when it ends.</param>
/// <param name="Read">Reads it and tells what it read, in a text that is another one for another content.</param>
/// <param name="HasSum">Whether the file holds a sum of its content, so that no other content may be accepted.</param>
internal sealed record CampaignReader(string Name, string Path, Func<string> Read, bool HasSum)
{
    /// <summary>Whether an exception is the reader's way to refuse a file.</summary>
    public Predicate<Exception> Refuses { get; init; } = e => e is InvalidDataException;
}

/// <summary>What one reader did with its mutated inputs.</summary>
/// <param name="Reader">What was read.</param>
/// <param name="HasSum">As of <see cref="CampaignReader"/>.</param>
/// <param name="Inputs">Inputs tried.</param>
/// <param name="Refused">Those that were refused with one error.</param>
/// <param name="Accepted">Those that were read.</param>
/// <param name="AcceptedWrong">Of a file with a sum: those that were read as something else than the whole file is.</param>
/// <param name="Unexpected">Those that gave an exception of another kind.</param>
/// <param name="Slow">Those that took more processor time than <see cref="MutationCampaign.LongestSeconds"/>.</param>
/// <param name="Large">Those for which more than <see cref="MutationCampaign.MostBytes"/> were allocated.</param>
/// <param name="SlowestSeconds">Processor time of the slowest one.</param>
/// <param name="LargestBytes">Allocations of the largest one.</param>
/// <param name="Examples">The first faults, each with its input's number.</param>
internal sealed record CampaignResult(
    string Reader, bool HasSum, int Inputs, int Refused, int Accepted, int AcceptedWrong, int Unexpected, int Slow, int Large,
    double SlowestSeconds, long LargestBytes, IReadOnlyList<string> Examples)
{
    /// <summary>Whether nothing happened that should not.</summary>
    public bool IsSound => AcceptedWrong + Unexpected + Slow + Large == 0;
}

/// <summary>
/// Gives readers files with a few bytes flipped, set, left out, doubled, exchanged or put in, and counts what is no refusal with one error.
/// Input i of a reader depends on the seed, its name and i alone.
/// </summary>
internal static class MutationCampaign
{
    /// <summary>Processor time that reading a file may take.</summary>
    public const double LongestSeconds = 2;

    /// <summary>Bytes that reading a file may allocate in managed memory.</summary>
    public const long MostBytes = 1 << 30;

    private const int MaxExamples = 5;

    // What parsers trip over: ends of ranges, brackets, numbers too large, and words of the formats.
    private static readonly byte[][] Pieces =
        [.. new[]
        {
            "\0", "\u00ff", "\"", "'", "{", "}", "[", "]", "(", ")", ",", ":", ";", "\n", "\\", "-1", "0", "1e999", "NaN", "null", "true",
            "99999999999999999999", "2147483648", "-2147483649", "\u007f\u00ff\u00ff\u00ff", "\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007f",
        }.Select(Encoding.Latin1.GetBytes)];

    /// <summary>Tries one reader.</summary>
    /// <param name="reader">The reader.</param>
    /// <param name="inputs">Number of inputs.</param>
    /// <param name="seed">Seed of the mutations.</param>
    /// <param name="cancellation">Stops between two inputs.</param>
    /// <param name="longest">Time after which a reader that is slow has had enough inputs; null for no limit.</param>
    /// <exception cref="OperationCanceledException">Cancelled; the file is whole again.</exception>
    public static CampaignResult Run(CampaignReader reader, int inputs, int seed, CancellationToken cancellation, TimeSpan? longest = null)
    {
        long start = Stopwatch.GetTimestamp();
        byte[] whole = File.ReadAllBytes(reader.Path);
        string expected = reader.Read();
        int tried = 0, refused = 0, accepted = 0, wrong = 0, unexpected = 0, slow = 0, large = 0;
        double slowest = 0;
        long largest = 0;
        var examples = new List<string>();
        try
        {
            for (; tried < inputs && !(Stopwatch.GetElapsedTime(start) > longest); tried++)
            {
                int i = tried;
                cancellation.ThrowIfCancellationRequested();
                File.WriteAllBytes(reader.Path, Mutated(whole, new SplitMix64(seed, Number(reader.Name), i)));
                TimeSpan begun = Environment.CpuUsage.TotalTime;
                long before = GC.GetTotalAllocatedBytes();
                string? fault = null;
                try
                {
                    string found = reader.Read();
                    accepted++;
                    if (reader.HasSum && found != expected)
                    {
                        wrong++;
                        fault = $"read as {found}";
                    }
                }
                catch (Exception e) when (reader.Refuses(e))
                {
                    refused++;
                }
                catch (Exception e)
                {
                    unexpected++;
                    fault = $"{e.GetType().Name}: {e.Message}";
                }

                double seconds = (Environment.CpuUsage.TotalTime - begun).TotalSeconds;
                long bytes = GC.GetTotalAllocatedBytes() - before;
                (slowest, largest) = (Math.Max(slowest, seconds), Math.Max(largest, bytes));
                if (seconds > LongestSeconds)
                {
                    slow++;
                    fault ??= FormattableString.Invariant($"{seconds:F1} s");
                }

                if (bytes > MostBytes)
                {
                    large++;
                    fault ??= $"{bytes} bytes";
                }

                if (fault is not null && examples.Count < MaxExamples)
                {
                    examples.Add($"input {i}: {fault}");
                }
            }
        }
        finally
        {
            File.WriteAllBytes(reader.Path, whole);
        }

        return new CampaignResult(reader.Name, reader.HasSum, tried, refused, accepted, wrong, unexpected, slow, large, slowest, largest, examples);
    }

    /// <summary>Changes a file in one to four places, such that it is another one.</summary>
    internal static byte[] Mutated(byte[] whole, SplitMix64 random)
    {
        var bytes = new List<byte>(whole);
        do
        {
            for (int change = 1 + random.Below(4); change > 0; change--)
            {
                // Half of the places in the first kilobyte: headers are there.
                int reach = random.Below(2) == 0 ? Math.Min(bytes.Count, 1024) : bytes.Count;
                int at = random.Below(Math.Max(1, reach)), length = Math.Min(1 << random.Below(10), bytes.Count - at);
                switch (random.Below(8))
                {
                    case 0 or 1 when at < bytes.Count:
                        bytes[at] ^= (byte)(1 << random.Below(8));
                        break;
                    case 2 when at < bytes.Count:
                        bytes[at] = (byte)random.Below(256);
                        break;
                    case 3:
                        bytes.RemoveRange(at, length);
                        break;
                    case 4:
                        bytes.InsertRange(random.Below(bytes.Count + 1), bytes.GetRange(at, length));
                        break;
                    case 5:
                        byte[] piece = Pieces[random.Below(Pieces.Length)];
                        bytes.RemoveRange(at, Math.Min(length, random.Below(2) * piece.Length));
                        bytes.InsertRange(at, piece);
                        break;
                    case 6:
                        bytes.RemoveRange(at, bytes.Count - at);
                        break;
                    case 7 when bytes.Count > 0:
                        int other = random.Below(bytes.Count);
                        (bytes[at], bytes[other]) = (bytes[other], bytes[at]);
                        break;
                }
            }
        }
        while (bytes.Count == whole.Length && bytes.SequenceEqual(whole));
        return [.. bytes];
    }

    private static int Number(string name) => name.Aggregate(17, (number, letter) => unchecked((number * 31) + letter));
}
