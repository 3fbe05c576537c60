// The flow of data, 8 of 8. A model (3) that switches between several assignments (7) while it runs. OperatingPointTraining fine-tunes it
// for all of them at once.
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ApproxNets.Layers;

/// <summary>
/// A model with several operating points: shared weights, one assignment and one set of batch normalisation each (Trommer, Waschneck,
/// Kumar, "QoS-Nets", 2024). In a network without batch normalisation, every layer has one bias per point instead.
/// </summary>
/// <remarks>
/// Switching exchanges references only; nothing is loaded, copied or allocated. The tables of all points are laid out for the kernels when
/// the net is made, so the first forward pass after a switch is as fast as the next.
/// </remarks>
public sealed class QosNet
{
    private readonly SwitchableBatchNorm2d[] _norms;
    private readonly Arithmetic[][] _arithmetics;
    private readonly string[] _pointParameters;
    private readonly Lock _batch = new();

    /// <summary>Gives every batch normalisation of a model one set per operating point, in place, and switches to the first.</summary>
    /// <param name="model">The model; a model can be given operating points once.</param>
    /// <param name="assignments">One assignment per operating point.</param>
    /// <exception cref="ArgumentException">There is no assignment, one does not fit the model, or the model has operating points.</exception>
    public QosNet(ApproxModel model, IReadOnlyList<Assignment> assignments)
    {
        if (assignments.Count == 0)
        {
            throw new ArgumentException("Operating points: found no assignment, expected at least one.", nameof(assignments));
        }

        if (model.Network.modules().Any(m => m is SwitchableBatchNorm2d || m is ApproxLayer { Biases: > 1 }))
        {
            throw new ArgumentException(
                $"Operating points: found some in '{model.Network.GetName()}' already, expected a model without.", nameof(model));
        }

        Model = model;
        Assignments = assignments;
        long trained = model.ParameterCount, stored = model.StoredCount;

        // Made once, so that switching prepares nothing; points share the arithmetic of a multiplier.
        var all = ApproxModel.ForEach(assignments.SelectMany(a => a.Multipliers), m => new ApproximateArithmetic(m));
        int made = 0;
        _arithmetics = [.. assignments.Select(a => all[made..(made += a.Multipliers.Count)])];

        // An assignment that does not fit fails here, before the model is changed.
        Array.ForEach(_arithmetics, model.Use);
        TableBytes = all.Distinct().Sum(a => a.Multiplier!.Table.Prepare());

        var norms = new List<SwitchableBatchNorm2d>();
        foreach (var (parent, name, path, norm) in ModuleTree.Find<BatchNorm2d>(model.Network, _ => true))
        {
            var switchable = new SwitchableBatchNorm2d(norm, assignments.Count);
            ModuleTree.Replace(parent, name, path, norm, switchable);
            norm.Dispose();
            norms.Add(switchable);
        }

        _norms = [.. norms];
        if (_norms.Length == 0)
        {
            foreach (var layer in model.Layers)
            {
                layer.GiveBiases(assignments.Count);
            }
        }

        _pointParameters = HasNorms
            ? [.. model.Network.named_modules().Where(m => m.module is SwitchableBatchNorm2d).Select(m => m.name + ".")]
            : [.. model.Layers.Select(l => l.Path + ".bias")];
        ParameterOverhead = (double)(model.ParameterCount - trained) / trained;
        StoredOverhead = (double)(model.StoredCount - stored) / stored;
        SwitchTo(0);
    }

    /// <summary>The model.</summary>
    public ApproxModel Model { get; }

    /// <summary>One assignment per operating point.</summary>
    public IReadOnlyList<Assignment> Assignments { get; }

    /// <summary>Index of the operating point in force.</summary>
    public int Active { get; private set; }

    /// <summary>Whether points have batch normalisation of their own; else they have biases of their own.</summary>
    public bool HasNorms => _norms.Length > 0;

    /// <summary>Extra trained parameters divided by those of the model with one point: what the paper counts, 2.75 % for MobileNetV2.</summary>
    public double ParameterOverhead { get; }

    /// <summary>Extra stored numbers, running statistics included, divided by those of the model with one point
    /// (<see cref="ApproxModel.StoredCount"/>).</summary>
    public double StoredOverhead { get; }

    /// <summary>Bytes of the tables that are kept ready for all points, product tables included. Those of one multiplier count once.</summary>
    public long TableBytes { get; }

    /// <summary>Puts an operating point in force: its multipliers and its batch normalisation. Waits for the end of a batch that
    /// <see cref="Forward"/> runs on another thread. Allocates nothing.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such operating point.</exception>
    public void SwitchTo(int point)
    {
        if (point < 0 || point >= Assignments.Count)
        {
            throw new ArgumentOutOfRangeException(nameof(point), $"Operating points: found {point}, expected 0..{Assignments.Count - 1}.");
        }

        lock (_batch)
        {
            Model.Use(_arithmetics[point]);
            foreach (var norm in _norms)
            {
                norm.Active = point;
            }

            if (!HasNorms)
            {
                for (int l = 0; l < Model.Layers.Count; l++)
                {
                    Model.Layers[l].ActiveBias = point;
                }
            }

            Active = point;
        }
    }

    /// <summary>Runs a batch at one operating point from its first layer to its last, whoever switches meanwhile.</summary>
    /// <param name="images">float32 <c>[B, C, H, W]</c>.</param>
    /// <returns>The logits, float32 <c>[B, classes]</c>.</returns>
    public Tensor Forward(Tensor images)
    {
        lock (_batch)
        {
            return Model.Network.call(images);
        }
    }

    /// <summary>Tells whether a parameter, by its name in the network, belongs to one operating point and not to all.</summary>
    public bool IsPointParameter(string name) => _pointParameters.Any(p => name.StartsWith(p, StringComparison.Ordinal));

    /// <summary>Lets the batch normalisation in force, in a network that is in evaluation otherwise, average the statistics of batches.</summary>
    /// <param name="batch">Number of the batch that comes next at this point, from 0; null to end.</param>
    internal void EstimateStatistics(int? batch) => Array.ForEach(_norms, n => n.Estimate(batch));
}
