using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ApproxNets.Layers;

/// <summary>
/// Batch normalisation with one set of scale, shift and running statistics per operating point. All sets are registered
/// children (<c>0</c>, <c>1</c>, ...), so optimiser and checkpoints see every one, not only the active one.
/// </summary>
internal sealed class SwitchableBatchNorm2d : Module<Tensor, Tensor>
{
    private readonly BatchNorm2d[] _sets;
    private readonly double _momentum;
    private int _active;

    /// <summary>Copies a batch normalisation once per operating point.</summary>
    /// <param name="source">What every set starts from.</param>
    /// <param name="points">Number of operating points, &gt;= 1.</param>
    public SwitchableBatchNorm2d(BatchNorm2d source, int points)
        : base(nameof(SwitchableBatchNorm2d))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(points, 1);
        _momentum = source.momentum ?? 0.1;
        _sets = [.. Enumerable.Range(0, points).Select(_ => Copy(source))];
        for (int i = 0; i < points; i++)
        {
            register_module(i.ToString(), _sets[i]);
        }
    }

    /// <summary>Index of the operating point whose set is used.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such operating point.</exception>
    public int Active
    {
        get => _active;
        set => _active = value >= 0 && value < _sets.Length
            ? value
            : throw new ArgumentOutOfRangeException(
                nameof(value), $"Batch normalisation: found operating point {value}, expected 0..{_sets.Length - 1}.");
    }

    /// <summary>Normalises with the active set.</summary>
    /// <param name="input">float32 <c>[B, C, H, W]</c>.</param>
    /// <returns>float32 <c>[B, C, H, W]</c>.</returns>
    public override Tensor forward(Tensor input) => _sets[_active].call(input);

    /// <summary>Lets the active set replace its running statistics by the mean of those of the batches from number 0 on; ends that with
    /// null.</summary>
    public void Estimate(int? batch)
    {
        var set = _sets[_active];
        set.train(batch is not null);
        set.momentum = batch is { } number ? 1.0 / (number + 1) : _momentum;
    }

    private static BatchNorm2d Copy(BatchNorm2d source)
    {
        using var gradients = no_grad();
        var copy = BatchNorm2d(source.num_features, source.eps, source.momentum ?? 0.1, source.affine, source.track_running_stats);
        var state = copy.state_dict();
        foreach (var (name, value) in source.state_dict())
        {
            state[name].copy_(value);
        }

        foreach (var (parameter, original) in copy.parameters().Zip(source.parameters()))
        {
            parameter.requires_grad = original.requires_grad;
        }

        copy.train(source.training);
        return copy;
    }
}
