// The flow of data, 8 of 8. A model (3) that switches between several assignments (7) while it runs. OperatingPointTraining fine-tunes it
// for all of them at once.
using TorchSharp.Modules;

namespace ApproxNets.Layers;

/// <summary>
/// A model with several operating points: shared weights, one assignment and one set of batch normalisation each
/// (Trommer, Waschneck, Kumar, "QoS-Nets", 2024). Switching exchanges references only; nothing is loaded or copied.
/// </summary>
public sealed class OperatingPoints
{
    private readonly SwitchableBatchNorm2d[] _norms;
    private readonly Arithmetic[][] _arithmetics;

    /// <summary>Gives every batch normalisation of a model one set per operating point, in place, and switches to the first.</summary>
    /// <param name="model">The model; a model can be given operating points once.</param>
    /// <param name="assignments">One assignment per operating point.</param>
    /// <exception cref="ArgumentException">There is no assignment, one does not fit the model, or the model has no BatchNorm2d to
    /// make switchable.</exception>
    public OperatingPoints(ApproxModel model, IReadOnlyList<Assignment> assignments)
    {
        if (assignments.Count == 0)
        {
            throw new ArgumentException("Operating points: found no assignment, expected at least one.", nameof(assignments));
        }

        Model = model;
        Assignments = assignments;
        long before = model.ParameterCount;

        // Made once, so that switching prepares nothing; points share the arithmetic of a multiplier.
        var all = ApproxModel.ForEach(assignments.SelectMany(a => a.Multipliers), m => new ApproximateArithmetic(m));
        int made = 0;
        _arithmetics = [.. assignments.Select(a => all[made..(made += a.Multipliers.Count)])];

        // An assignment that does not fit fails here, before the model is changed.
        Array.ForEach(_arithmetics, model.Use);

        var norms = new List<SwitchableBatchNorm2d>();
        foreach (var (parent, name, path, norm) in ModuleTree.Find<BatchNorm2d>(model.Network, _ => true))
        {
            var switchable = new SwitchableBatchNorm2d(norm, assignments.Count);
            ModuleTree.Replace(parent, name, path, norm, switchable);
            norm.Dispose();
            norms.Add(switchable);
        }

        if (norms.Count == 0)
        {
            throw new ArgumentException(
                $"Operating points: found no batch normalisation in '{model.Network.GetName()}', expected a network that has it, such as resnet8, "
                + "vgg11 or mobilenetv2.", nameof(model));
        }

        _norms = [.. norms];
        ParameterOverhead = (double)(model.ParameterCount - before) / before;
        Switch(0);
    }

    /// <summary>The model.</summary>
    public ApproxModel Model { get; }

    /// <summary>One assignment per operating point.</summary>
    public IReadOnlyList<Assignment> Assignments { get; }

    /// <summary>Index of the operating point in force.</summary>
    public int Active { get; private set; }

    /// <summary>Extra parameters divided by those of the model with one set of batch normalisation.</summary>
    public double ParameterOverhead { get; }

    /// <summary>Puts an operating point in force: its multipliers and its batch normalisation.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such operating point.</exception>
    public void Switch(int point)
    {
        if (point < 0 || point >= Assignments.Count)
        {
            throw new ArgumentOutOfRangeException(nameof(point), $"Operating points: found {point}, expected 0..{Assignments.Count - 1}.");
        }

        Model.Use(_arithmetics[point]);
        foreach (var norm in _norms)
        {
            norm.Active = point;
        }

        Active = point;
    }

    /// <summary>Tells whether a parameter, by its name in the network, belongs to batch normalisation.</summary>
    public bool IsNormParameter(string name) =>
        _norms.Length > 0 && Model.Network.named_modules().Any(
            m => m.module is SwitchableBatchNorm2d && name.StartsWith(m.name + ".", StringComparison.Ordinal));
}
