using System.Diagnostics;

namespace ApproxNets.Circuits;

/// <summary>Bits by column that a tree of adders sums up: stage by stage until no column has more than two, then a ripple-carry adder.
/// Carries beyond the last column are lost.</summary>
internal sealed class ColumnTree
{
    private readonly NetlistBuilder _circuit;
    private List<int>[] _columns;

    internal ColumnTree(NetlistBuilder circuit, int width)
    {
        _circuit = circuit;
        _columns = Empty(width);
    }

    /// <summary>The bit products of both operands, signed by Baugh and Wooley as in <see cref="CarrySaveArray"/>.</summary>
    internal static ColumnTree OfProducts(NetlistBuilder circuit, Signedness signedness)
    {
        int n = circuit.OperandBits, constant = 0;
        var tree = new ColumnTree(circuit, 2 * n);
        for (int cell = 0; cell < n * n; cell++)
        {
            (int i, int j) = (cell % n, cell / n);
            bool negative = signedness == Signedness.Signed && (i == n - 1) != (j == n - 1);
            constant -= negative ? 1 << (i + j) : 0;
            tree.Add(i + j, negative ? circuit.Nand(circuit.A(i), circuit.B(j)) : circuit.And(circuit.A(i), circuit.B(j)));
        }

        tree.AddConstant(constant);
        return tree;
    }

    internal void Add(int column, int net)
    {
        if (column < _columns.Length)
        {
            _columns[column].Add(net);
        }
    }

    internal void AddConstant(int constant)
    {
        for (int column = 0; column < _columns.Length; column++)
        {
            if (((constant >> column) & 1) != 0)
            {
                Add(column, _circuit.One);
            }
        }
    }

    /// <summary>Wallace (IEEE Trans. Electronic Computers 1964): in every stage each three bits of a column go through a full adder, and
    /// two that are left through a half adder.</summary>
    internal int[] Wallace()
    {
        while (Height > 2)
        {
            NextStage((_, bits, next, column) =>
            {
                while (bits.Count >= 3)
                {
                    FullAdder(bits, next, column);
                }

                if (bits.Count == 2)
                {
                    HalfAdder(bits, next, column);
                }
            });
        }

        return Ripple();
    }

    /// <summary>Dadda (Alta Frequenza 1965): every stage reduces the columns just to the next of the heights 2, 3, 4, 6, 9, 13, each
    /// 3/2 of the one before.</summary>
    internal int[] Dadda()
    {
        while (Height > 2)
        {
            int target = 2;
            while (target * 3 / 2 < Height)
            {
                target = target * 3 / 2;
            }

            NextStage((_, bits, next, column) =>
            {
                while (bits.Count + next[column].Count > target)
                {
                    if (bits.Count + next[column].Count == target + 1)
                    {
                        HalfAdder(bits, next, column);
                    }
                    else
                    {
                        FullAdder(bits, next, column);
                    }
                }
            });
        }

        return Ripple();
    }

    /// <summary>In every stage each four bits of one of the first columns go through an approximate compressor; full adders take three bits
    /// elsewhere.</summary>
    internal int[] Compressed(ApproximateCompressor design, int columns)
    {
        while (Height > 2)
        {
            NextStage((circuit, bits, next, column) =>
            {
                while (column < columns && bits.Count >= 4)
                {
                    (int sum, int carry) = Compress(circuit, design, Take(bits), Take(bits), Take(bits), Take(bits));
                    Put(next, column, sum, carry);
                }

                while (bits.Count >= 3)
                {
                    FullAdder(bits, next, column);
                }
            });
        }

        return Ripple();
    }

    internal static (int Sum, int Carry) Compress(NetlistBuilder c, ApproximateCompressor design, int x1, int x2, int x3, int x4)
    {
        switch (design)
        {
            case ApproximateCompressor.Momeni:
                return (c.Or(c.Xnor(x1, x2), c.Xnor(x3, x4)), c.And(c.Or(x1, x2), c.Or(x3, x4)));
            case ApproximateCompressor.Yang:
                (int first, int firstBoth) = c.HalfAdder(x1, x2);
                (int second, int secondBoth) = c.HalfAdder(x3, x4);
                return (c.Or(c.Xor(first, second), c.And(firstBoth, secondBoth)),
                    c.Or(c.And(first, second), c.Or(firstBoth, secondBoth)));
            case ApproximateCompressor.Venkatachalam:
                int left = c.And(x1, x2), right = c.And(x3, x4);
                return (c.AnyOf(c.Xor(x1, x2), c.Xor(x3, x4), c.And(left, right)), c.Or(left, right));
            default:
                throw new UnreachableException($"Compressor {design}.");
        }
    }

    private delegate void ColumnReduction(NetlistBuilder circuit, List<int> bits, List<int>[] next, int column);

    private int Height => _columns.Max(bits => bits.Count);

    private static List<int>[] Empty(int width) => [.. Enumerable.Range(0, width).Select(_ => new List<int>())];

    /// <summary>Reduces every column from the least on; <c>next</c> then has the carries from the column below, and receives what is
    /// left.</summary>
    private void NextStage(ColumnReduction reduce)
    {
        List<int>[] next = Empty(_columns.Length);
        for (int column = 0; column < next.Length; column++)
        {
            reduce(_circuit, _columns[column], next, column);
            next[column].AddRange(_columns[column]);
        }

        _columns = next;
    }

    private void FullAdder(List<int> bits, List<int>[] next, int column)
    {
        (int sum, int carry) = _circuit.FullAdder(Take(bits), Take(bits), Take(bits));
        Put(next, column, sum, carry);
    }

    private void HalfAdder(List<int> bits, List<int>[] next, int column)
    {
        (int sum, int carry) = _circuit.HalfAdder(Take(bits), Take(bits));
        Put(next, column, sum, carry);
    }

    private static int Take(List<int> bits)
    {
        int bit = bits[0];
        bits.RemoveAt(0);
        return bit;
    }

    private static void Put(List<int>[] next, int column, int sum, int carry)
    {
        next[column].Add(sum);
        if (column + 1 < next.Length)
        {
            next[column + 1].Add(carry);
        }
    }

    private int[] Ripple()
    {
        var sum = new int[_columns.Length];
        int carry = _circuit.Zero;
        for (int column = 0; column < sum.Length; column++)
        {
            List<int> bits = _columns[column];
            (sum[column], carry) = _circuit.FullAdder(
                bits.Count > 0 ? bits[0] : _circuit.Zero, bits.Count > 1 ? bits[1] : _circuit.Zero, carry);
        }

        return sum;
    }
}
