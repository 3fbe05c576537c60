namespace ApproxNets.Circuits;

/// <content>Blocks of words. A word is a list of nets, least significant first; a one-hot word has at most one 1.</content>
public sealed partial class NetlistBuilder
{
    internal int[] OperandA() => [.. Enumerable.Range(0, OperandBits).Select(A)];

    internal int[] OperandB() => [.. Enumerable.Range(0, OperandBits).Select(B)];

    /// <summary>A tree of ORs; 0 of nothing.</summary>
    internal int AnyOf(params ReadOnlySpan<int> nets) => nets.Length switch
    {
        0 => Zero,
        1 => nets[0],
        _ => Or(AnyOf(nets[..(nets.Length / 2)]), AnyOf(nets[(nets.Length / 2)..])),
    };

    /// <summary><c>x + y + carry</c> by a ripple-carry adder: one bit more than the wider word.</summary>
    internal int[] Sum(int[] x, int[] y, int carry)
    {
        int width = Math.Max(x.Length, y.Length);
        var sum = new int[width + 1];
        for (int i = 0; i < width; i++)
        {
            (sum[i], carry) = FullAdder(i < x.Length ? x[i] : Zero, i < y.Length ? y[i] : Zero, carry);
        }

        sum[width] = carry;
        return sum;
    }

    /// <summary><c>negate ? -x : x</c> in two's complement, of the width of x: XORs and a chain of half adders.</summary>
    internal int[] Negated(int[] x, int negate)
    {
        int carry = negate;
        var result = new int[x.Length];
        for (int i = 0; i < x.Length; i++)
        {
            (result[i], carry) = HalfAdder(Xor(x[i], negate), carry);
        }

        return result;
    }

    /// <summary>One-hot: the position of the greatest 1.</summary>
    internal int[] LeadingOne(int[] x)
    {
        var oneHot = new int[x.Length];
        int above = Zero; // any 1 above
        for (int i = x.Length - 1; i >= 0; i--)
        {
            oneHot[i] = And(x[i], Not(above));
            above = Or(above, x[i]);
        }

        return oneHot;
    }

    /// <summary>The number of the position that is 1.</summary>
    internal int[] Encoded(int[] oneHot) =>
        [.. Enumerable.Range(0, BitsFor(oneHot.Length - 1)).Select(bit =>
            AnyOf([.. oneHot.Where((_, position) => ((position >> bit) & 1) != 0)]))];

    /// <summary>The bit <c>x_(position + offset)</c> of the position that is 1, 0 outside x: ANDs and an OR.</summary>
    internal int Selected(int[] x, int[] oneHot, int offset) =>
        AnyOf([.. from position in Enumerable.Range(0, oneHot.Length)
                  let index = position + offset
                  where index >= 0 && index < x.Length
                  select And(oneHot[position], x[index])]);

    /// <summary><c>x 2^amount</c> without bits beyond the width: a stage of multiplexers for each bit of the amount.</summary>
    internal int[] ShiftedLeft(int[] x, int[] amount, int width)
    {
        int[] word = [.. Enumerable.Range(0, width).Select(i => i < x.Length ? x[i] : Zero)];
        for (int stage = 0; stage < amount.Length; stage++)
        {
            int shift = 1 << stage, select = amount[stage];
            int[] before = word;
            word = [.. before.Select((net, i) => Mux(select, net, i >= shift ? before[i - shift] : Zero))];
        }

        return word;
    }

    /// <summary>Makes the circuit of a core for natural numbers, which gives 0 for an operand 0; signed ones around it as sign and
    /// magnitude: <c>sign(x) sign(w) core(|x|, |w|)</c>.</summary>
    internal static Netlist AroundCore(Signedness signedness, Func<NetlistBuilder, int[], int[], int[]> core)
    {
        var circuit = new NetlistBuilder(8);
        int[] x = circuit.OperandA(), w = circuit.OperandB();
        if (signedness == Signedness.Unsigned)
        {
            return circuit.Build(core(circuit, x, w)).Simplified();
        }

        int[] product = core(circuit, circuit.Negated(x, x[7]), circuit.Negated(w, w[7]));
        return circuit.Build(circuit.Negated(product, circuit.Xor(x[7], w[7]))).Simplified();
    }

    /// <summary>Bits that hold 0..greatest.</summary>
    internal static int BitsFor(int greatest) => 32 - int.LeadingZeroCount(greatest);
}
