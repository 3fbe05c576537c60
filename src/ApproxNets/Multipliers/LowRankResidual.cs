namespace ApproxNets.Multipliers;

/// <summary>
/// What a low-rank approximation of an error map leaves out, <c>D(x, w) = E(x, w) - sum_r u_r(x) v_r(w)</c>, in units of the integer
/// product; with the factors as they are kept, rounded to float.
/// </summary>
/// <param name="MaxAbsolute">The greatest <c>|D|</c> of all 65,536 operand pairs.</param>
/// <param name="Rms">Root of the mean of <c>D^2</c> under the operand distributions of the table.</param>
/// <param name="RelativeRms"><see cref="Rms"/> divided by that of E itself; 0 where E is zero.</param>
public readonly record struct LowRankResidual(double MaxAbsolute, double Rms, double RelativeRms);
