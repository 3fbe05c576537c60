namespace ApproxNets.Studies;

/// <summary>Test accuracy of a network with one multiplier in all layers, in per cent, after several ways of retraining.</summary>
/// <param name="Multiplier">Name of the multiplier.</param>
/// <param name="Savings">One minus its relative power, 0..1.</param>
/// <param name="BeforeRetraining">Without retraining.</param>
/// <param name="Behavioural">Retrained with the multiplier's table in the forward pass.</param>
/// <param name="BehaviouralDifference">As <paramref name="Behavioural"/>, with difference-based gradients; null where not asked for.</param>
/// <param name="Gaussian">Retrained under Gaussian noise of the predicted standard deviation, then measured with the multiplier.</param>
/// <param name="AccurateOnly">Trained for as long with exact products, then measured with the multiplier.</param>
/// <param name="PredictedDeviation">Predicted standard deviation of the error, a share of std(y_l), mean over the layers.</param>
/// <param name="PredictedMean">Predicted magnitude of the mean error, a share of std(y_l), mean over the layers: what the noise
/// leaves out.</param>
public sealed record UniformRow(
    string Multiplier,
    double Savings,
    double BeforeRetraining,
    double Behavioural,
    double? BehaviouralDifference,
    double Gaussian,
    double AccurateOnly,
    double PredictedDeviation,
    double PredictedMean);
