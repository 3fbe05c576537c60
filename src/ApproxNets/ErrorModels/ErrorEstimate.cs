namespace ApproxNets.ErrorModels;

/// <summary>Predicted or measured error of a layer's output, in units of the integer sum (times <c>s_x s_w</c>: real units).</summary>
/// <param name="Mean">Mean error; a constant per layer, which batch normalisation behind the layer can absorb.</param>
/// <param name="StandardDeviation">Standard deviation of the error around its mean, &gt;= 0.</param>
public readonly record struct ErrorEstimate(double Mean, double StandardDeviation);
