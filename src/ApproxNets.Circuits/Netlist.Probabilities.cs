using System.Numerics;

namespace ApproxNets.Circuits;

/// <content>Signal probabilities and activity.</content>
public sealed partial class Netlist
{
    /// <summary>Computes for every net the share of all operand pairs for which it is 1; exact.</summary>
    /// <returns>One probability for each of the <see cref="NetCount"/> nets.</returns>
    public double[] SignalProbabilities()
    {
        var probabilities = new double[NetCount];
        ForEachBlock((_, net, words) =>
        {
            long ones = 0;
            foreach (ulong word in words)
            {
                ones += BitOperations.PopCount(word);
            }

            probabilities[net] += ones / (double)(1 << InputCount);
        });
        return probabilities;
    }

    /// <summary>
    /// Computes for every net the probability of a 1 when the operands are independent and distributed as given:
    /// <c>sum_a p_a sum_b p_b net(a, b)</c>.
    /// </summary>
    /// <param name="signedness">How the operands are read: the distributions are in numeric order.</param>
    /// <param name="operandA">Probability of each value of operand a, the activation, from the least value on: 2^n entries, sum 1.</param>
    /// <param name="operandB">The same of operand b, the weight.</param>
    /// <returns>One probability for each of the <see cref="NetCount"/> nets, correct to about 1e-14.</returns>
    /// <exception cref="ArgumentException">A distribution has not 2^n entries, has a negative or non-finite one, or its sum differs
    /// from 1 by more than 1e-6.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The signedness is unknown.</exception>
    public double[] SignalProbabilities(Signedness signedness, ReadOnlySpan<double> operandA, ReadOnlySpan<double> operandB)
    {
        double[] a = ByPattern(signedness, operandA, nameof(operandA)), b = ByPattern(signedness, operandB, nameof(operandB));

        // Eight values of b share a byte: one look-up gives the weight of any subset of them.
        var subsets = new double[b.Length / 8][];
        for (int group = 0; group < subsets.Length; group++)
        {
            subsets[group] = new double[256];
            for (int set = 1; set < 256; set++)
            {
                int lowest = BitOperations.TrailingZeroCount(set);
                subsets[group][set] = subsets[group][set & (set - 1)] + b[(8 * group) + lowest];
            }
        }

        var probabilities = new double[NetCount];
        ForEachBlock((firstWord, net, words) =>
        {
            for (int i = 0; i < words.Length; i++)
            {
                int pair = (firstWord + i) * 64;
                for (int shift = 0; shift < 64; shift += 8)
                {
                    int value = (pair + shift) & (b.Length - 1);
                    probabilities[net] += a[(pair + shift) >> OperandBits] * subsets[value / 8][(words[i] >> shift) & 255];
                }
            }
        });
        return probabilities;
    }

    /// <summary>Computes for every net the share of the <see cref="InputTransitions"/> in which it changes, without delays: from one settled
    /// state to the next.</summary>
    internal double[] Activities()
    {
        var activities = new double[NetCount];
        ulong[] first = new ulong[NetCount * BlockWords], next = new ulong[NetCount * BlockWords];
        for (int block = 0; block < InputTransitions.Blocks; block++)
        {
            InputTransitions.SetInputs(OperandBits, block, following: false, first);
            EvaluateGates(first);
            InputTransitions.SetInputs(OperandBits, block, following: true, next);
            EvaluateGates(next);
            for (int i = 0; i < first.Length; i++)
            {
                activities[i / BlockWords] += BitOperations.PopCount(first[i] ^ next[i]);
            }
        }

        for (int net = 0; net < NetCount; net++)
        {
            activities[net] /= InputTransitions.Blocks * InputTransitions.PerBlock;
        }

        return activities;
    }

    private void ForEachBlock(BlockAction action)
    {
        var nets = new ulong[NetCount * BlockWords];
        for (int first = 0; first < WordCount; first += BlockWords)
        {
            Evaluate(first, nets);
            for (int net = 0; net < NetCount; net++)
            {
                action(first, net, nets.AsSpan(net * BlockWords, WordsPerBlock));
            }
        }
    }

    private delegate void BlockAction(int firstWord, int net, ReadOnlySpan<ulong> words);

    private double[] ByPattern(Signedness signedness, ReadOnlySpan<double> distribution, string parameter)
    {
        int codes = 1 << OperandBits, half = signedness.Checked() == Signedness.Signed ? codes / 2 : 0;
        if (distribution.Length != codes)
        {
            throw new ArgumentException($"Found a distribution of {distribution.Length} entries, expected {codes}.", parameter);
        }

        var patterns = new double[codes];
        double sum = 0;
        for (int code = 0; code < codes; code++)
        {
            double p = distribution[code];
            sum += double.IsFinite(p) && p >= 0
                ? p
                : throw new ArgumentException($"Found the probability {p} at entry {code}, expected one in 0..1.", parameter);
            patterns[code ^ half] = p;
        }

        return Math.Abs(sum - 1) <= 1e-6
            ? patterns
            : throw new ArgumentException($"Found a distribution with the sum {sum}, expected 1.", parameter);
    }
}
