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

    private readonly SGD? _sgd;
    private readonly Parameter[] _matrices;
    private readonly Tensor[] _momenta;
    private readonly TrainingOptions _options;

    /// <summary>Makes the state of a training that begins.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">Settings.</param>
    /// <param name="trains">Tells by name which parameters are trained.</param>
    public GradientDescent(Module<Tensor, Tensor> model, TrainingOptions options, Predicate<string> trains)
    {
        _options = options;
        var chosen = model.named_parameters().Where(p => trains(p.name)).Select(p => p.parameter).ToList();
        if (chosen.Count == 0)
        {
            throw new ArgumentException($"Training '{options.Stage}': found no parameter to train, expected at least one.");
        }

        _matrices = options.Optimizer == OptimizerKind.Muon ? [.. chosen.Where(p => p.dim() == 4 && p.shape[1] > 1)] : [];
        _momenta = [.. _matrices.Select(p => zeros_like(p, requires_grad: false).DetachFromDisposeScope())];
        _sgd = Sgd([.. chosen.Except(_matrices)], options);
    }

    /// <summary>Forgets the gradients of the step before.</summary>
    public void ZeroGradients()
    {
        _sgd?.zero_grad();
        foreach (var matrix in _matrices)
        {
            matrix.grad?.zero_();
        }
    }

    /// <summary>Takes one step.</summary>
    /// <param name="schedule">Share of the peak learning rates, 0..1.</param>
    public void Step(double schedule)
    {
        if (_sgd is not null)
        {
            foreach (var group in _sgd.ParamGroups)
            {
                group.LearningRate = _options.LearningRate * schedule;
            }

            _sgd.step();
        }

        using var gradients = no_grad();
        for (int i = 0; i < _matrices.Length; i++)
        {
            using var scope = NewDisposeScope();
            if (_matrices[i].grad is { } gradient)
            {
                StepMuon(_matrices[i], gradient, _momenta[i], _options.MuonLearningRate * schedule);
            }
        }
    }

    /// <summary>The state as tensors, for a file.</summary>
    public IEnumerable<(string Name, Tensor Value)> State()
    {
        if (_sgd is not null)
        {
            using var memory = new MemoryStream();
            using (var writer = new BinaryWriter(memory))
            {
                _sgd.save_state_dict(writer);
            }

            yield return ("optimizer", tensor(memory.ToArray()));
        }

        for (int i = 0; i < _momenta.Length; i++)
        {
            yield return ($"muon.{i}", _momenta[i]);
        }
    }

    /// <summary>Takes over a state that <see cref="State"/> gave. Call it outside of dispose scopes: the state lasts.</summary>
    /// <param name="state">Tensors by name; others are ignored.</param>
    /// <exception cref="InvalidDataException">A tensor is missing or of another shape.</exception>
    public void Restore(IReadOnlyDictionary<string, Tensor> state)
    {
        Tensor Find(string name) => state.TryGetValue(name, out var found)
            ? found
            : throw new InvalidDataException($"Training '{_options.Stage}': found no '{name}' of the optimiser in the file, expected one.");
        for (int i = 0; i < _momenta.Length; i++)
        {
            var kept = Find($"muon.{i}");
            if (!kept.shape.AsSpan().SequenceEqual(_momenta[i].shape))
            {
                throw new InvalidDataException(
                    $"Training '{_options.Stage}': found 'muon.{i}' of shape [{string.Join(", ", kept.shape)}], "
                    + $"expected [{string.Join(", ", _momenta[i].shape)}].");
            }

            using var scope = NewDisposeScope();
            _momenta[i].copy_(kept);
        }

        if (_sgd is not null)
        {
            using var reader = new BinaryReader(new MemoryStream(Find("optimizer").bytes.ToArray()));
            _sgd.load_state_dict(reader);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _sgd?.Dispose();
        foreach (var momentum in _momenta)
        {
            momentum.Dispose();
        }
    }

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

    private void StepMuon(Parameter weight, Tensor gradient, Tensor momentum, double learningRate)
    {
        momentum.TimesInPlace(MuonMomentum).PlusInPlace(gradient);
        var matrix = gradient.Plus(momentum, MuonMomentum).flatten(1);
        double size = Math.Sqrt(Math.Max(1, (double)matrix.shape[0] / matrix.shape[1]));
        weight.TimesInPlace(1 - (learningRate * _options.MuonWeightDecay));
        weight.sub_(Orthogonalize(matrix).view(weight.shape).Times(learningRate * size));
    }

    private static SGD? Sgd(IReadOnlyList<Parameter> parameters, TrainingOptions options)
    {
        // The L2 penalty is for the weights of convolutions and fully connected layers only: on the scales and shifts of
        // batch normalisation, on biases and on noise scales it would pull towards zero what has no reason to be small.
        SGD.ParamGroup Group(Func<Parameter, bool> belongs, double decay) => new(
            parameters.Where(belongs),
            new SGD.Options
            {
                LearningRate = options.LearningRate,
                InitialLearningRate = options.LearningRate,
                momentum = options.Momentum,
                nesterov = options.Momentum > 0,
                weight_decay = decay,
            });
        SGD.ParamGroup[] groups = [Group(p => p.dim() > 1, options.WeightDecay), Group(p => p.dim() <= 1, 0)];
        return parameters.Count == 0
            ? null
            : optim.SGD(groups.Where(g => g.Parameters.Any()), options.LearningRate, options.Momentum, nesterov: options.Momentum > 0);
    }
}
