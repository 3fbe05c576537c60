// The flow of data, 4 of 8. The search trains the model (3) under noise and learns how much each layer tolerates: |sigma_l|, a share of
// the output's standard deviation. Matching (6) holds the error of a multiplier (5) against it.
using System.Text.Json.Serialization;
using ApproxNets.Data;
using ApproxNets.Foundation;
using ApproxNets.Layers;
using ApproxNets.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ApproxNets.Search;

/// <summary>
/// Learns per layer how much Gaussian noise the network tolerates (Trommer, Waschneck, Kumar, ICCAD 2022, section 3):
/// the output of layer l becomes <c>y + eps |sigma_l| std(y)</c>, and weights and noise scales are trained together on
/// <c>CE - lambda sum_l (c_l / sum c) min(|sigma_l|, sigma_max)</c>. With <see cref="AgnOptions.Bias"/> it also learns a
/// tolerance for the mean of the error.
/// </summary>
public static class AgnSearch
{
    /// <summary>Trains a quantised model under noise, in place. Ends with quantised layers.</summary>
    /// <param name="model">The model after quantisation-aware training.</param>
    /// <param name="data">Training and validation images.</param>
    /// <param name="agn">Reward and bounds of the noise.</param>
    /// <param name="training">Epochs, learning rate, seed.</param>
    /// <param name="run">As for <see cref="Trainer.Train"/>. <see cref="TrainingProgress.Measured"/> has |sigma_l| of each layer, then
    /// |beta_l| with <see cref="AgnOptions.Bias"/>.</param>
    /// <exception cref="ArgumentException">The settings are out of range.</exception>
    public static AgnResult Run(ApproxModel model, ImageDataset data, AgnOptions agn, TrainingOptions training, TrainingRun? run = null)
    {
        agn.Validate();
        model.UseNoise(0, [.. model.Layers.Select(_ => agn.InitialSigma)]);
        int layers = model.Layers.Count;
        double[] start = Tolerances([.. model.Layers.Select(l => l.Sigma)]);
        var biased = agn.Bias is null ? null : new BiasedNetwork(model, agn.Bias);
        try
        {
            Tensor[] scales = [.. model.Layers.Select(l => l.Sigma), .. biased?.Biases ?? []];
            var task = new TrainingTask
            {
                Step = Step(model, agn, training, biased),
                Settings = new Fingerprint("agn", 1).Add(agn.AddTo).Text,
                Measure = () => Tolerances(scales),
                Stops = agn.Stopping is null ? null : epochs => agn.Stopping.Stops(epochs, Rewards(model, agn, epochs)),
            };
            var record = Trainer.Train(biased ?? model.Network, data, training, task, run);
            double[] found = Tolerances(scales);
            return new AgnResult(found[..layers], [start, .. record.Epochs.Select(e => e.Measured.Take(layers).ToArray())], record)
            {
                Biases = found[layers..],
            };
        }
        finally
        {
            model.UseQuantized();
            biased?.Release();
        }
    }

    /// <summary>Computes the reward for noise <c>sum_l (c_l / sum c) min(|sigma_l|, sigma_max)</c>: a differentiable scalar.</summary>
    /// <param name="model">The model.</param>
    /// <param name="maxSigma">Bound above which a layer earns nothing more.</param>
    public static Tensor NoiseReward(ApproxModel model, double maxSigma) =>
        Reward(model, [.. model.Layers.Select(l => l.Sigma)], maxSigma);

    /// <summary>Computes <c>sum_l (c_l / sum c) min(|t_l|, max)</c> of tolerances: a differentiable scalar.</summary>
    internal static Tensor Reward(ApproxModel model, IReadOnlyList<Tensor> tolerances, double max)
    {
        using var scope = NewDisposeScope();
        double total = model.Opcounts.Sum();
        using Scalar most = max;
        var terms = model.Layers.Zip(tolerances, (l, tolerance) => tolerance.abs().clamp(max: most).Times(l.Opcount / total)).ToList();
        return stack(terms).sum().MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Trains a quantised model under noise of given scales, in place: noise as a stand-in for a multiplier, where the search learns the
    /// scales. Ends with quantised layers.
    /// </summary>
    /// <param name="model">The model after quantisation-aware training.</param>
    /// <param name="data">Training and validation images.</param>
    /// <param name="sigmas">Noise scale of every layer, a share of std(y_l); such as the predicted error of a multiplier.</param>
    /// <param name="training">Epochs, learning rate, seed.</param>
    /// <param name="run">As for <see cref="Trainer.Train"/>.</param>
    /// <exception cref="ArgumentException">There is not one finite scale &gt;= 0 for every layer.</exception>
    public static TrainingRecord TrainUnderNoise(
        ApproxModel model, ImageDataset data, IReadOnlyList<double> sigmas, TrainingOptions training, TrainingRun? run = null)
    {
        model.UseNoise(0, sigmas);
        var crossEntropy = Trainer.CrossEntropyStep(model.Network, training.LabelSmoothing);
        var task = new TrainingTask
        {
            Step = (batch, step) =>
            {
                model.UseNoise(Seed(training, step));
                return crossEntropy(batch, step);
            },
            Trains = name => !name.EndsWith(".sigma", StringComparison.Ordinal),
            Settings = new Fingerprint("noise", 1).Add("sigmas", sigmas).Text,
        };
        var record = Trainer.Train(model.Network, data, training, task, run);
        model.UseQuantized();
        return record;
    }

    // Layers add their index, below 2^10.
    private static long Seed(TrainingOptions training, int step) => ((long)training.Seed << 40) ^ ((long)step << 10);

    private static BatchStep Step(ApproxModel model, AgnOptions agn, TrainingOptions training, BiasedNetwork? biased) =>
        (batch, step) =>
        {
            long seed = Seed(training, step);
            if (biased is null)
            {
                model.UseNoise(seed);
            }
            else
            {
                model.Use([.. biased.Biases.Select((bias, l) => new NoiseArithmetic(seed + l, bias, agn.Bias!.Draw))]);
            }

            var logits = model.Network.call(batch.Images);
            var reward = NoiseReward(model, agn.MaxSigma);
            if (biased is not null)
            {
                reward = reward.Plus(Reward(model, biased.Biases, agn.Bias!.Max));
            }

            var loss = functional.cross_entropy(logits, batch.Labels, label_smoothing: training.LabelSmoothing).sub(reward.Times(agn.Lambda));
            loss.backward();
            return (loss.item<float>(), Evaluation.CorrectOf(logits.detach(), batch.Labels));
        };

    /// <summary>The reward at the start and after every epoch.</summary>
    private static double[] Rewards(ApproxModel model, AgnOptions agn, IReadOnlyList<EpochRecord> epochs)
    {
        double total = model.Opcounts.Sum();
        double start = agn.InitialSigma + (agn.Bias?.Initial ?? 0);
        double Earned(double tolerance, int i) => model.Layers[i % model.Layers.Count].Opcount / total
            * Math.Min(tolerance, i < model.Layers.Count ? agn.MaxSigma : agn.Bias!.Max);
        return [start, .. epochs.Select(e => e.Measured.Select(Earned).Sum())];
    }

    private static double[] Tolerances(Tensor[] scales) => [.. scales.Select(s => (double)Math.Abs(s.item<float>()))];
}

/// <summary>What an AGN search found. It is stored with the weights, hence the names of its fields in files.</summary>
/// <param name="Sigmas">|sigma_l| of every layer: noise tolerated, as a share of std(y_l).</param>
/// <param name="History">|sigma_l| of every layer after every epoch; the first row is the start.</param>
/// <param name="Training">The epochs of the training.</param>
public sealed record AgnResult(
    [property: JsonPropertyName("sigmas")] IReadOnlyList<double> Sigmas,
    [property: JsonPropertyName("history")] IReadOnlyList<IReadOnlyList<double>> History,
    [property: JsonPropertyName("training")] TrainingRecord Training)
{
    /// <summary>|beta_l| of every layer with <see cref="AgnOptions.Bias"/>: mean error tolerated, as a share of std(y_l); else empty.
    /// </summary>
    [JsonPropertyName("biases")]
    public IReadOnlyList<double> Biases { get; init; } = [];
}

/// <summary>
/// A network with the bias tolerances of its layers, for the time of a search. They are trained and stand in the resume file, but not in
/// the network's own state, hence in no checkpoint.
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
