using System.Diagnostics;
using System.Numerics;

namespace ApproxNets.Circuits.Evolution;

/// <summary>Evaluates genomes: whether the limits on the error hold, and a fast estimate of power.</summary>
internal sealed class GenomeEvaluator
{
    private const int Words = Netlist.BlockWords, Pairs = 1 << 16, TransitionBlocks = 4;

    private readonly ErrorMeter _errors;
    private readonly ulong[] _signals;
    private readonly int[] _ones;
    private readonly ulong[] _following;
    private readonly int[] _toggles;
    private readonly int[] _readers;
    private readonly double[] _loads;
    private readonly bool _signMagnitude;

    internal GenomeEvaluator(CircuitEvolutionOptions options, int signalCount)
    {
        _errors = new ErrorMeter(options);
        _signMagnitude = options.SignMagnitude;
        (_signals, _following) = (new ulong[signalCount * Words], new ulong[signalCount * Words]);
        _signals.AsSpan(Words, Words).Fill(ulong.MaxValue);
        _following.AsSpan(Words, Words).Fill(ulong.MaxValue);
        (_ones, _toggles, _readers) = (new int[signalCount], new int[signalCount], new int[signalCount]);
        _loads = new double[signalCount];
    }

    /// <summary>Estimates the power of a genome whose active cells are known.</summary>
    /// <param name="genome">The genome.</param>
    /// <param name="share">The part of every limit on the error that may be used, 0 to 1.</param>
    /// <returns>Microwatts by the formula of <see cref="CircuitCost"/> over the cells as they are, without simplification and mapping, and
    /// over an eighth of the <see cref="InputTransitions"/>, which moves the power of the 743 circuits that <see cref="CircuitCost"/> was
    /// measured on by 0.3 % in the median, by 2.9 % at most, and keeps their order (Spearman correlation 0.9999); infinity when a limit on
    /// the error does not hold.</returns>
    internal double Power(CellGenome genome, double share = 1)
    {
        _errors.Share = share;
        _errors.Start();
        Array.Clear(_ones);
        _ones[1] = Pairs;
        _ones.AsSpan(2, 2 * CellGenome.Bits).Fill(Pairs / 2);
        for (int step = 0; step < ErrorMeter.Blocks; step++)
        {
            int block = ((13 * step) + 16) % ErrorMeter.Blocks; // great operands soon, for a wrong circuit to be seen early
            Netlist.SetInputs(CellGenome.Bits, block * Words, _signals.AsSpan(2 * Words));
            Evaluate(genome, _signals);
            CountOnes(genome);
            if (!_errors.Add(block, _signals, genome.Outputs))
            {
                return double.PositiveInfinity;
            }
        }

        CountToggles(genome);
        return PowerOfCells(genome);
    }

    private void CountToggles(CellGenome genome)
    {
        Array.Clear(_toggles);
        for (int block = 0; block < TransitionBlocks; block++)
        {
            InputTransitions.SetInputs(CellGenome.Bits, block, following: false, _signals.AsSpan(2 * Words));
            Evaluate(genome, _signals);
            InputTransitions.SetInputs(CellGenome.Bits, block, following: true, _following.AsSpan(2 * Words));
            Evaluate(genome, _following);
            for (int i = 0; i < genome.Cells.Length; i++)
            {
                int result = CellGenome.FirstCell + (2 * i);
                for (int word = result * Words; genome.Active[i] && word < (result + 1) * Words; word++)
                {
                    _toggles[result] += BitOperations.PopCount(_signals[word] ^ _following[word]);
                    _toggles[result + 1] += BitOperations.PopCount(_signals[word + Words] ^ _following[word + Words]);
                }
            }
        }
    }

    private double PowerOfCells(CellGenome genome)
    {
        Array.Clear(_loads);
        Array.Clear(_readers);
        foreach (int output in genome.Outputs)
        {
            _readers[output]++;
        }

        for (int i = genome.Cells.Length - 1; i >= 0; i--)
        {
            if (genome.Active[i] && CellOf(genome.Cells[i], i) is { InputCapacitance: > 0 } cell)
            {
                Load(genome.Cells[i].X, cell.InputCapacitance);
                Load(genome.Cells[i].Y, cell.InputCapacitance);
                if (genome.Cells[i].Kind == CellKind.FullAdder)
                {
                    Load(genome.Cells[i].Z, cell.InputCapacitance);
                }
            }
        }

        double power = 0;
        for (int i = 0; i < genome.Cells.Length; i++)
        {
            if (genome.Active[i])
            {
                StandardCell standard = CellOf(genome.Cells[i], i);
                int result = CellGenome.FirstCell + (2 * i);
                power += standard.Leakage / 1000;
                power += Switching(result, standard.Energy) + Switching(result + 1, standard.CarryEnergy);
            }
        }

        return power + (_signMagnitude ? SignLogic(genome) : 0);

        void Load(int signal, double capacitance)
        {
            _loads[signal] += capacitance;
            _readers[signal]++;
        }

        double Switching(int signal, double energy) => CircuitCost.SwitchingPower(
            _toggles[signal] / (double)(TransitionBlocks * InputTransitions.PerBlock), energy, _loads[signal]);
    }

    /// <summary>The XOR behind every output that varies, as <see cref="Multiplier.SignMagnitude"/> counts them.</summary>
    private double SignLogic(CellGenome genome)
    {
        int[] varying = [.. genome.Outputs.Where(output => !IsConstant(output))];
        double bits = varying.Sum(output => output < CellGenome.FirstCell
            ? InputTransitions.ToggleProbability : _toggles[output] / (double)(TransitionBlocks * InputTransitions.PerBlock));
        return Multiplier.SignLogicPower(bits, varying.Length) * CircuitCost.OfExact(Signedness.Signed).PowerMicrowatts;
    }

    /// <summary>What is left of a cell when some of its inputs are constant and perhaps one of its outputs is not read; nothing of a wire or
    /// an inverter.</summary>
    private StandardCell CellOf(Cell cell, int index)
    {
        bool isAdder = cell.Kind == CellKind.FullAdder;
        int inputs = (IsConstant(cell.X) ? 0 : 1) + (IsConstant(cell.Y) ? 0 : 1) + (isAdder && !IsConstant(cell.Z) ? 1 : 0);
        if (inputs < 2)
        {
            return default;
        }

        int result = CellGenome.FirstCell + (2 * index);
        return !isAdder ? StandardCell.Of(NetlistKind(cell.Kind))
            : inputs == 3 ? StandardCell.FullAdder
            : _readers[result + 1] == 0 ? StandardCell.Of(GateKind.Xor)
            : _readers[result] > 0 ? StandardCell.HalfAdder
            : StandardCell.Of(GateKind.And) with { Energy = 0, CarryEnergy = StandardCell.Of(GateKind.And).Energy };
    }

    private bool IsConstant(int signal) => _ones[signal] is 0 or Pairs;

    private static GateKind NetlistKind(CellKind kind) => kind switch
    {
        CellKind.And => GateKind.And,
        CellKind.Or => GateKind.Or,
        CellKind.Xor => GateKind.Xor,
        CellKind.Nand => GateKind.Nand,
        CellKind.Nor => GateKind.Nor,
        CellKind.Xnor => GateKind.Xnor,
        _ => throw new UnreachableException($"Cell kind {kind}."),
    };

    private static void Evaluate(CellGenome genome, ulong[] signals)
    {
        for (int i = 0; i < genome.Cells.Length; i++)
        {
            if (genome.Active[i])
            {
                Cell cell = genome.Cells[i];
                int result = CellGenome.FirstCell + (2 * i);
                Evaluate(
                    cell.Kind, ref Signal(cell.X), ref Signal(cell.Y), ref Signal(cell.Z), ref Signal(result), ref Signal(result + 1));
            }
        }

        ref ulong Signal(int signal) => ref signals[signal * Words];
    }

    private void CountOnes(CellGenome genome)
    {
        for (int i = 0; i < genome.Cells.Length; i++)
        {
            if (genome.Active[i])
            {
                int result = CellGenome.FirstCell + (2 * i);
                _ones[result] += Count(result);
                _ones[result + 1] += genome.Cells[i].Kind == CellKind.FullAdder ? Count(result + 1) : 0;
            }
        }

        int Count(int signal)
        {
            int ones = 0;
            foreach (ulong word in _signals.AsSpan(signal * Words, Words))
            {
                ones += BitOperations.PopCount(word);
            }

            return ones;
        }
    }

    private static void Evaluate(CellKind kind, ref ulong x, ref ulong y, ref ulong z, ref ulong result, ref ulong carry)
    {
        for (nuint i = 0; i < Words; i += (nuint)Vector<ulong>.Count)
        {
            Vector<ulong> a = Vector.LoadUnsafe(ref x, i), b = Vector.LoadUnsafe(ref y, i), second = Vector<ulong>.Zero, first;
            switch (kind)
            {
                case CellKind.And:
                    first = a & b;
                    break;
                case CellKind.Or:
                    first = a | b;
                    break;
                case CellKind.Xor:
                    first = a ^ b;
                    break;
                case CellKind.Nand:
                    first = ~(a & b);
                    break;
                case CellKind.Nor:
                    first = ~(a | b);
                    break;
                case CellKind.Xnor:
                    first = ~(a ^ b);
                    break;
                case CellKind.FullAdder:
                    Vector<ulong> c = Vector.LoadUnsafe(ref z, i), partial = a ^ b;
                    first = partial ^ c;
                    second = (a & b) | (partial & c);
                    break;
                default:
                    throw new UnreachableException($"Cell kind {kind}.");
            }

            first.StoreUnsafe(ref result, i);
            second.StoreUnsafe(ref carry, i);
        }
    }
}
