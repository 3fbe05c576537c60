using ApproxNets.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ApproxNets.Search;

/// <summary>
/// A network with the bias tolerances of its layers, for the time of a search: so they are trained and kept in the resume file, and the
/// network's own state, hence every checkpoint, stays without them.
/// </summary>
internal sealed class BiasedNetwork : Module<Tensor, Tensor>
{
    private readonly ApproxModel _model;
    private readonly Parameter[] _biases;

    public BiasedNetwork(ApproxModel model, AgnBias bias)
        : base(nameof(BiasedNetwork))
    {
        _model = model;
        register_module("network", model.Network);
        _biases = [.. model.Layers.Select(_ => new Parameter(tensor((float)bias.Initial)))];
        for (int l = 0; l < _biases.Length; l++)
        {
            register_parameter($"bias{l}", _biases[l]);
        }
    }

    /// <summary>beta_l of every layer.</summary>
    public IReadOnlyList<Tensor> Biases => _biases;

    public override Tensor forward(Tensor images) => _model.Network.call(images);

    /// <summary>Frees the tolerances, not the network.</summary>
    public void Release() => Array.ForEach(_biases, b => b.Dispose());
}
