using ApproxNets.Multipliers;

namespace ApproxNets.ErrorModels;

/// <summary>The errors of all pairs of layer and multiplier by one error model. Matching, comparisons and searches read it. Immutable.</summary>
public sealed class ErrorTable
{
    private readonly ErrorEstimate[,] _estimates;

    /// <summary>Makes a table of given estimates.</summary>
    /// <param name="model">Name of the error model.</param>
    /// <param name="samples">One sample per layer.</param>
    /// <param name="multipliers">The multipliers.</param>
    /// <param name="estimates">The estimates <c>[layer, multiplier]</c>, shares of the layer's std(y_l) (copied).</param>
    /// <exception cref="ArgumentException">The sizes do not agree, or a deviation is negative or not a number.</exception>
    public ErrorTable(
        string model, IReadOnlyList<LayerSample> samples, IReadOnlyList<Multiplier> multipliers, ErrorEstimate[,] estimates)
    {
        if (estimates.GetLength(0) != samples.Count || estimates.GetLength(1) != multipliers.Count)
        {
            throw new ArgumentException(
                $"Error table '{model}': found {estimates.GetLength(0)} x {estimates.GetLength(1)} estimates, "
                + $"expected {samples.Count} layers x {multipliers.Count} multipliers.", nameof(estimates));
        }

        (Model, Samples, Multipliers) = (model, [.. samples], [.. multipliers]);
        _estimates = (ErrorEstimate[,])estimates.Clone();
        for (int l = 0; l < samples.Count; l++)
        {
            for (int m = 0; m < multipliers.Count; m++)
            {
                if (!(estimates[l, m].StandardDeviation >= 0) || double.IsNaN(estimates[l, m].Mean))
                {
                    throw new ArgumentException(
                        $"Error table '{model}': found {estimates[l, m]} for layer '{samples[l].Path}' and '{multipliers[m].Name}', "
                        + "expected numbers and a deviation >= 0.", nameof(estimates));
                }
            }
        }
    }

    /// <summary>Name of the error model.</summary>
    public string Model { get; }

    /// <summary>One sample per layer.</summary>
    public IReadOnlyList<LayerSample> Samples { get; }

    /// <summary>The multipliers, in the order of their index.</summary>
    public IReadOnlyList<Multiplier> Multipliers { get; }

    /// <summary>Opcount of every layer.</summary>
    public IReadOnlyList<long> Opcounts => [.. Samples.Select(s => s.Opcount)];

    /// <summary>The error of a layer under a multiplier, a share of the layer's std(y_l): a standard deviation compares with |sigma_l|.</summary>
    /// <param name="layer">Index of the layer.</param>
    /// <param name="multiplier">Index of the multiplier.</param>
    public ErrorEstimate this[int layer, int multiplier] => _estimates[layer, multiplier];

    /// <summary>Computes the table of a library on all processors. Exact multipliers have no error; they are not put to the model.</summary>
    /// <param name="samples">One sample per layer.</param>
    /// <param name="library">The multipliers; their order is kept.</param>
    /// <param name="errorModel">The model. <see cref="BehaviouralErrorModel"/> gives the truth.</param>
    /// <param name="cancellation">Stops between two pieces of work.</param>
    /// <param name="tuning">Tunes the weights of every layer; none if null. Columns stay the multipliers of the library: a tuned one is the
    /// same circuit.</param>
    /// <exception cref="ArgumentException">A layer has another signedness than the library.</exception>
    /// <exception cref="OperationCanceledException">The computation was cancelled.</exception>
    public static ErrorTable Of(
        IReadOnlyList<LayerSample> samples, MultiplierLibrary library, IErrorModel errorModel, CancellationToken cancellation = default,
        WeightTuning? tuning = null)
    {
        int[] inexact = [.. Enumerable.Range(0, library.Multipliers.Count).Where(m => !library.Multipliers[m].IsExact)];
        var estimates = new ErrorEstimate[samples.Count, library.Multipliers.Count];
        void Keep(ErrorEstimate[,] found, int first)
        {
            for (int i = 0; i < found.Length; i++)
            {
                (int l, int m) = Math.DivRem(i, inexact.Length);
                estimates[first + l, inexact[m]] = found[l, m];
            }
        }

        if (tuning is null)
        {
            Keep(errorModel.EstimateAll(samples, [.. inexact.Select(m => library.Multipliers[m])], cancellation), 0);
        }
        else
        {
            // Layer by layer: the tuned tables of all layers together would take gigabytes.
            for (int l = 0; l < samples.Count; l++)
            {
                int layer = l;
                Multiplier[] ofLayer = [.. inexact.AsParallel().AsOrdered().Select(m => tuning[layer, library.Multipliers[m]])];
                Keep(errorModel.EstimateAll([samples[l]], ofLayer, cancellation), l);
            }
        }

        return new ErrorTable(errorModel.Name, samples, library.Multipliers, estimates);
    }

    /// <summary>Checks that another table is of the same layers and multipliers.</summary>
    internal void CheckPairs(ErrorTable other)
    {
        if (!Samples.Select(s => s.Path).SequenceEqual(other.Samples.Select(s => s.Path)) || !Multipliers.SequenceEqual(other.Multipliers))
        {
            throw new ArgumentException(
                $"Error tables '{Model}' and '{other.Model}': found {Samples.Count} layers x {Multipliers.Count} multipliers and "
                + $"{other.Samples.Count} x {other.Multipliers.Count}, expected the same layers and multipliers in the same order.",
                nameof(other));
        }
    }
}
