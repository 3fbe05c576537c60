using System.Collections.Concurrent;
using static ApproxNets.Multipliers.MultiplierFamilies;

namespace ApproxNets.Multipliers;

/// <content>The built-in libraries.</content>
public sealed partial class MultiplierLibrary
{
    private static readonly ConcurrentDictionary<Signedness, MultiplierLibrary> BuiltInLibraries = new();

    /// <summary>
    /// Makes the built-in library: the exact multiplier and a choice of <see cref="MultiplierFamilies"/> with relative power from 1 down
    /// to about 0.05, by falling power. Designs that the estimate puts above the exact multiplier are left out. Made once.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The signedness is unknown.</exception>
    public static MultiplierLibrary BuiltIn(Signedness signedness) => BuiltInLibraries.GetOrAdd(signedness, MakeBuiltIn);

    private static MultiplierLibrary MakeBuiltIn(Signedness signedness)
    {
        IEnumerable<Multiplier> chosen = signedness switch
        {
            Signedness.Unsigned => UnsignedChoice(),
            Signedness.Signed => SignedChoice(),
            _ => throw new ArgumentOutOfRangeException(
                nameof(signedness), $"Found signedness {(int)signedness}, expected Unsigned or Signed."),
        };
        return new MultiplierLibrary($"built-in {signedness.Word()}", signedness, chosen
            .OrderByDescending(m => m.RelativePower)
            .ThenBy(m => m.Name, StringComparer.Ordinal));
    }

    private static IEnumerable<Multiplier> UnsignedChoice()
    {
        const Signedness S = Signedness.Unsigned;
        return
        [
            Exact(S),
            .. Each([2, 4, 6, 8, 12], k => Truncated(S, k)),
            .. Each([3, 5, 7, 9, 10, 11], k => TruncatedCompensated(S, k)),
            .. Each([3, 4, 5, 6, 8], k => LowerPartOr(S, k)),
            .. Each([4, 7], d => Underdesigned(S, d)),
            .. Each([3, 4], k => Drum(S, k)),
            .. Each([4, 5, 6], k => StaticSegment(S, k)),
            .. Each([2, 3, 5, 7], t => Mitchell(S, t)),
            .. Each([2, 3, 4, 5], a => OperandTruncated(S, a, a)),
            BrokenArray(S, 2, 7), BrokenArray(S, 3, 9), BrokenArray(S, 5, 10),
            Perforated(S, 1, 2),
        ];
    }

    private static IEnumerable<Multiplier> SignedChoice()
    {
        const Signedness S = Signedness.Signed;
        return
        [
            Exact(S),
            .. Each([2, 4, 6, 8], k => Truncated(S, k)),
            .. Each([3, 5, 7, 8, 9, 10, 11], k => TruncatedCompensated(S, k)),
            .. Each([3, 4, 5, 6], k => LowerPartOr(S, k)),
            .. Each([1, 2, 3, 4, 5], a => OperandTruncated(S, a, a)),
            OperandTruncated(S, 3, 4), OperandTruncated(S, 5, 6),
            BrokenArray(S, 1, 6), BrokenArray(S, 2, 7), BrokenArray(S, 3, 8), BrokenArray(S, 4, 9),
            BrokenArray(S, 5, 10), BrokenArray(S, 5, 11),
            Perforated(S, 1, 2),
            StaticSegment(S, 4),
            Mitchell(S, 2),
        ];
    }

    private static IEnumerable<Multiplier> Each(int[] parameters, Func<int, Multiplier> family) => parameters.Select(family);
}
