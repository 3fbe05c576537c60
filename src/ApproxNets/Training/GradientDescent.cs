using ApproxNets.Foundation;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ApproxNets.Training;

/// <summary>
/// The updates of one training: stochastic gradient descent with Nesterov momentum for all parameters, or Muon for the weights of
/// convolutions and gradient descent for the others.
/// </summary>
/// <remarks>
/// Muon (Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024): the momentum of a weight, seen as a matrix
/// <c>[O, C kh kw]</c>, is replaced by the nearest orthogonal matrix, so that no few directions take the whole step. Five Newton-Schulz
/// steps <c>X = a X + (b A + c A A) X</c>, <c>A = X X^T</c>, come near enough to it. Depthwise convolutions, whose rows are filters of
/// separate channels, have no such matrix and stay with gradient descent.
/// </remarks>
internal sealed class GradientDescent : IDisposable
{
    private const double MuonMomentum = 0.95;

    private readonly TrainingOptions _options;
    private readonly (Parameter Parameter, Tensor Momentum, bool IsMatrix)[] _trained;

    /// <summary>Makes the state of a training that begins.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">Settings.</param>
    /// <param name="trains">Tells by name which parameters are trained.</param>
    public GradientDescent(Module<Tensor, Tensor> model, TrainingOptions options, Predicate<string> trains)
    {
        _options = options;
        _trained =
        [
            .. model.named_parameters().Where(p => trains(p.name)).Select(p => (
                p.parameter, zeros_like(p.parameter, requires_grad: false).DetachFromDisposeScope(),
                options.Optimizer == OptimizerKind.Muon && p.parameter.dim() == 4 && p.parameter.shape[1] > 1)),
        ];
        if (_trained.Length == 0)
        {
            throw new ArgumentException($"Training '{options.Stage}': found no parameter to train, expected at least one.");
        }
    }

    /// <summary>Forgets the gradients of the step before.</summary>
    public void ZeroGradients()
    {
        using var scope = NewDisposeScope();
        foreach (var (parameter, _, _) in _trained)
        {
            parameter.grad?.zero_();
        }
    }

    /// <summary>Takes one step.</summary>
    /// <param name="schedule">Share of the peak learning rates, 0..1.</param>
    public void Step(double schedule)
    {
        using var gradients = no_grad();
        foreach (var (parameter, momentum, isMatrix) in _trained)
        {
            using var scope = NewDisposeScope();
            if (parameter.grad is { } gradient)
            {
                Action<Parameter, Tensor, Tensor, double> step = isMatrix ? StepMuon : StepSgd;
                step(parameter, gradient, momentum, schedule);
            }
        }
    }

    /// <summary>The state as tensors by name, to write to a file and to read one into. They are those in use: the caller does not dispose of
    /// them.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> State() => _trained.Select((t, i) => KeyValuePair.Create($"momentum.{i}", t.Momentum));

    /// <inheritdoc/>
    public void Dispose() => Array.ForEach(_trained, t => t.Momentum.Dispose());

    /// <summary>Computes an approximately orthogonal matrix with the row and column space of a matrix, singular values 0.7..1.2.</summary>
    /// <param name="matrix">float32 <c>[M, N]</c>.</param>
    internal static Tensor Orthogonalize(Tensor matrix)
    {
        using var scope = NewDisposeScope();
        bool tall = matrix.shape[0] > matrix.shape[1];
        var x = tall ? matrix.t() : matrix;
        using Scalar tiny = 1e-7f, one = 1;
        x = x.div(x.norm().add(tiny, one));
        for (int step = 0; step < 5; step++)
        {
            var a = x.mm(x.t());
            x = x.Times(3.4445f).Plus(a.Times(-4.775f).Plus(a.mm(a), 2.0315f).mm(x));
        }

        return (tall ? x.t() : x).MoveToOuterDisposeScope();
    }

    /// <summary>The step of torch.optim.SGD, to the bit: <c>m = momentum m + g</c>, <c>w = w - rate (g + momentum m)</c>.</summary>
    private void StepSgd(Parameter weight, Tensor gradient, Tensor momentum, double schedule)
    {
        // The L2 penalty is for the weights of convolutions and fully connected layers only: on the scales and shifts of
        // batch normalisation, on biases and on noise scales it would pull towards zero what has no reason to be small.
        if (_options.WeightDecay > 0 && weight.dim() > 1)
        {
            gradient = gradient.Plus(weight, _options.WeightDecay);
        }

        if (_options.Momentum > 0)
        {
            momentum.TimesInPlace(_options.Momentum).PlusInPlace(gradient);
            gradient = gradient.Plus(momentum, _options.Momentum);
        }

        weight.PlusInPlace(gradient, -(_options.LearningRate * schedule));
    }

    private void StepMuon(Parameter weight, Tensor gradient, Tensor momentum, double schedule)
    {
        double rate = _options.MuonLearningRate * schedule;
        momentum.TimesInPlace(MuonMomentum).PlusInPlace(gradient);
        var matrix = gradient.Plus(momentum, MuonMomentum).flatten(1);
        double size = Math.Sqrt(Math.Max(1, (double)matrix.shape[0] / matrix.shape[1]));
        weight.TimesInPlace(1 - (rate * _options.MuonWeightDecay));
        weight.sub_(Orthogonalize(matrix).view(weight.shape).Times(rate * size));
    }
}
