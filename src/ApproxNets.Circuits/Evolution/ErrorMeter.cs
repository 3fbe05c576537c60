using System.Numerics;
using System.Runtime.InteropServices;

namespace ApproxNets.Circuits.Evolution;

/// <summary>
/// Adds up the error of a circuit block by block and says as soon as a limit is exceeded. Operand pairs are in the order of
/// <see cref="Netlist"/>'s evaluation. Errors are subtracted bit by bit: plane b holds bit b of <c>d = m - x w</c> for 64 pairs a word, and
/// with the sign s <c>|d| = sum_b 2^b (d_b - 2 d_b s) + 2^16 s</c>, so that the sum of <c>|d|</c> needs population counts only.
/// </summary>
internal sealed class ErrorMeter
{
    internal const int Words = Netlist.BlockWords, Planes = 16, Blocks = (1 << Planes) / 64 / Words;

    private readonly CircuitEvolutionOptions _options;
    private readonly ulong[] _exact = new ulong[Blocks * Planes * Words];
    private readonly ulong[] _difference = new ulong[(Planes + 1) * Words];
    private readonly List<(double[] Weights, ulong[] Lanes, double Limit, bool Squared)> _weighted = [];
    private readonly double[] _weightedSums = new double[3];
    private long _sum;

    internal ErrorMeter(CircuitEvolutionOptions options)
    {
        _options = options;
        bool signed = options.Signedness == Signedness.Signed;
        var relative = new double[1 << Planes];
        var byOperands = new double[1 << Planes];
        for (int pair = 0; pair < relative.Length; pair++)
        {
            int x = signed ? (sbyte)(pair >> 8) : pair >> 8, w = signed ? (sbyte)pair : pair & 255, half = signed ? 128 : 0;
            int product = x * w, word = pair / 64;
            for (int bit = 0; bit < Planes; bit++)
            {
                ulong value = (ulong)((product >> bit) & 1) << (pair % 64);
                _exact[(((word / Words * Planes) + bit) * Words) + (word % Words)] |= value;
            }

            relative[pair] = product == 0 ? 0 : 1.0 / Math.Abs(product) / (255 * 255);
            byOperands[pair] = options.Activations is null ? 0
                : !options.SignMagnitude ? options.Activations![x + half] * options.Weights![w + half]
                : x % 2 != 0 || w % 2 != 0 ? 0
                : OperandDistributions.OfMagnitude(options.Activations!, x / 2) * OperandDistributions.OfMagnitude(options.Weights!, w / 2) / 4;
        }

        if (options.MaxMeanRelativeError is { } mre)
        {
            Add(relative, mre, squared: false);
        }

        if (options.MaxWeightedError is { } weighted)
        {
            Add(byOperands, weighted, squared: false);
        }

        if (options.MaxWeightedDeviation is { } deviation)
        {
            // A product of magnitudes is a quarter of the circuit's: its square a sixteenth, of which byOperands has a quarter.
            Add(options.SignMagnitude ? Array.ConvertAll(byOperands, p => p / 4) : byOperands, deviation, squared: true);
        }
    }

    /// <summary>Adds a limit on a weighted sum, with the pairs of each word that have a weight: of magnitudes only every fourth has.</summary>
    private void Add(double[] weights, double limit, bool squared)
    {
        var lanes = new ulong[weights.Length / 64];
        for (int pair = 0; pair < weights.Length; pair++)
        {
            lanes[pair / 64] |= weights[pair] > 0 ? 1UL << (pair % 64) : 0;
        }

        _weighted.Add((weights, lanes, limit, squared));
    }

    /// <summary>The part of every limit that counts: 1 for the limits as they are.</summary>
    internal double Share { get; set; } = 1;

    internal void Start()
    {
        _sum = 0;
        Array.Clear(_weightedSums);
    }

    /// <summary>Adds the errors of one block.</summary>
    /// <returns>Whether all limits still hold.</returns>
    internal bool Add(int block, ReadOnlySpan<ulong> signals, ReadOnlySpan<int> outputs)
    {
        Subtract(block, signals, outputs);
        if (_options.MaxMeanAbsoluteError is { } mae)
        {
            _sum += AbsoluteSum();
            if (_sum > Share * mae * (1 << Planes))
            {
                return false;
            }
        }

        if (_options.MaxWorstCaseError is { } wce && Worst() > Share * wce)
        {
            return false;
        }

        for (int i = 0; i < _weighted.Count; i++)
        {
            var (weights, lanes, limit, squared) = _weighted[i];
            limit *= Share;
            _weightedSums[i] += WeightedSum(block, weights, lanes, squared);
            if (_weightedSums[i] > (squared ? limit * limit : limit))
            {
                return false;
            }
        }

        return true;
    }

    private void Subtract(int block, ReadOnlySpan<ulong> signals, ReadOnlySpan<int> outputs)
    {
        ref ulong exact = ref _exact[block * Planes * Words];
        ref ulong difference = ref MemoryMarshal.GetArrayDataReference(_difference);
        ref ulong first = ref MemoryMarshal.GetReference(signals);
        bool signed = _options.Signedness == Signedness.Signed;
        for (int i = 0; i < Words; i += Vector<ulong>.Count)
        {
            Vector<ulong> borrow = Vector<ulong>.Zero, m = borrow, e = borrow;
            for (int bit = 0; bit < Planes; bit++)
            {
                m = Vector.LoadUnsafe(ref first, (nuint)((outputs[bit] * Words) + i));
                e = Vector.LoadUnsafe(ref exact, (nuint)((bit * Words) + i));
                Vector<ulong> differs = m ^ e;
                (differs ^ borrow).StoreUnsafe(ref difference, (nuint)((bit * Words) + i));
                borrow = Vector.AndNot(e, m) | Vector.AndNot(borrow, differs);
            }

            (signed ? m ^ e ^ borrow : borrow).StoreUnsafe(ref difference, (nuint)((Planes * Words) + i));
        }
    }

    private long AbsoluteSum()
    {
        ReadOnlySpan<ulong> sign = _difference.AsSpan(Planes * Words, Words);
        long sum = 0;
        for (int bit = 0; bit < Planes; bit++)
        {
            ReadOnlySpan<ulong> plane = _difference.AsSpan(bit * Words, Words);
            int count = 0;
            for (int i = 0; i < sign.Length && i < plane.Length; i++)
            {
                count += BitOperations.PopCount(plane[i]) - (2 * BitOperations.PopCount(plane[i] & sign[i]));
            }

            sum += (long)count << bit;
        }

        foreach (ulong word in sign)
        {
            sum += (long)BitOperations.PopCount(word) << Planes;
        }

        return sum;
    }

    /// <summary>The greatest |d|: of the differences that are not negative, and of the others, whose |d| is not(d) + 1, bit by bit from the
    /// most significant on.</summary>
    private int Worst()
    {
        int worst = 0;
        Span<ulong> candidates = stackalloc ulong[Words], better = stackalloc ulong[Words];
        for (ulong negative = 0; negative < 2; negative++)
        {
            ulong any = 0, inverted = 0 - negative;
            for (int i = 0; i < Words; i++)
            {
                candidates[i] = ~(_difference[(Planes * Words) + i] ^ inverted);
                any |= candidates[i];
            }

            if (any == 0)
            {
                continue;
            }

            int greatest = (int)negative;
            for (int bit = Planes - 1; bit >= 0; bit--)
            {
                any = 0;
                for (int i = 0; i < Words; i++)
                {
                    better[i] = candidates[i] & (_difference[(bit * Words) + i] ^ inverted);
                    any |= better[i];
                }

                if (any != 0)
                {
                    greatest += 1 << bit;
                    better.CopyTo(candidates);
                }
            }

            worst = Math.Max(worst, greatest);
        }

        return worst;
    }

    private double WeightedSum(int block, double[] weights, ulong[] lanes, bool squared)
    {
        double sum = 0;
        Span<int> errors = stackalloc int[64];
        for (int word = 0; word < Words; word++)
        {
            ulong counting = lanes[(block * Words) + word];
            if (counting == 0)
            {
                continue;
            }

            errors.Clear();
            for (int plane = 0; plane <= Planes; plane++)
            {
                int value = plane == Planes ? -1 << Planes : 1 << plane;
                for (ulong bits = _difference[(plane * Words) + word] & counting; bits != 0; bits &= bits - 1)
                {
                    errors[BitOperations.TrailingZeroCount(bits)] += value;
                }
            }

            ReadOnlySpan<double> own = weights.AsSpan(((block * Words) + word) * 64, 64);
            for (int lane = 0; lane < 64; lane++)
            {
                double error = Math.Abs(errors[lane]);
                sum += own[lane] * (squared ? error * error : error);
            }
        }

        return sum;
    }
}
