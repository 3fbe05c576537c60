using ApproxNets.Foundation;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ApproxNets.Layers;

/// <summary>
/// Dropout whose masks depend on arguments alone: in training <c>y = x m / (1 - p)</c>, where m is 0 with probability p and else 1
/// (N. Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", JMLR 15, 2014; scaled in training, so that
/// evaluation, <c>y = x</c>, needs no factor).
/// </summary>
/// <remarks>
/// TorchSharp's own dropout draws from the generator of the whole process, so what it does depends on everything run before, and a resumed
/// training would go on otherwise. Here the mask is a function of the seed, the number of the layer, the <see cref="Step"/> and how many
/// forward passes the step has had in training mode. The trainer sets the step of every batch; without that, every pass gets new masks as
/// well. It has no parameters and no buffers: state dictionaries are those of networks with the usual dropout.
/// </remarks>
public sealed class SeededDropout : Module<Tensor, Tensor>
{
    private readonly int _seed;
    private readonly int _number;
    private int _step;
    private int _passes;

    /// <summary>Makes a dropout layer.</summary>
    /// <param name="probability">Share p of inputs set to zero, 0 &lt;= p &lt; 1.</param>
    /// <param name="seed">Seed of the masks.</param>
    /// <param name="number">Tells the dropout layers of a network apart, so that they have masks of their own.</param>
    /// <exception cref="ArgumentOutOfRangeException">The probability is out of range.</exception>
    public SeededDropout(double probability, int seed, int number)
        : base(nameof(SeededDropout))
    {
        if (!(probability is >= 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(probability), $"Dropout: found probability {probability}, expected at least 0 and less than 1.");
        }

        (Probability, _seed, _number) = (probability, seed, number);
    }

    /// <summary>Share p of inputs set to zero in training.</summary>
    public double Probability { get; }

    /// <summary>Step of the training; setting it begins the step's masks anew.</summary>
    public int Step
    {
        get => _step;
        set => (_step, _passes) = (value, 0);
    }

    /// <summary>Drops inputs in training mode; passes them on in evaluation mode.</summary>
    /// <param name="input">float32, any shape.</param>
    /// <returns>float32, the shape of <paramref name="input"/>.</returns>
    public override Tensor forward(Tensor input)
    {
        if (!training || Probability == 0)
        {
            return input.alias();
        }

        using var scope = NewDisposeScope();
        var random = new SplitMix64(_seed, _number, _step, _passes++);
        using var generator = new Generator(random.Next());
        using Scalar dropped = Probability, share = 1 - Probability;
        var kept = rand(input.shape, generator: generator).ge(dropped).to(input.dtype, input.device).div_(share);
        return input.mul(kept).MoveToOuterDisposeScope();
    }
}
