namespace ApproxNets.Interactive;

/// <content>Lesson 03: learned robustness.</content>
public static partial class Exercises
{
    /// <summary>The gradient of the loss with respect to a layer's noise scale.</summary>
    public static Exercise<(double[] Gradient, double[] Noise, double Sigma, double Deviation), double> GradientOfSigma
    {
        get
        {
            var random = new Random(3);
            double[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextDouble() - 0.4)];
            return new(
                "03.2", 2,
                given => Math.Sign(given.Sigma) * given.Deviation * given.Gradient.Zip(given.Noise, (g, eps) => g * eps).Sum(),
                [(Numbers(1), Numbers(1), 0.1, 1), (Numbers(8), Numbers(8), 0.3, 2.5), (Numbers(50), Numbers(50), -0.2, 0.7)],
                given => FormattableString.Invariant($"{given.Noise.Length} outputs, sigma = {given.Sigma}, std(y) = {given.Deviation}"),
                (a, b) => Math.Abs(a - b) <= 1e-9);
        }
    }

    /// <summary>The reward for noise: the mean of the scales by multiplications, each up to a bound.</summary>
    public static Exercise<(double[] Sigmas, long[] Opcounts, double Max), double> Reward { get; } = new(
        "03.3", 2,
        given => given.Sigmas.Zip(given.Opcounts, (sigma, c) => c * Math.Min(Math.Abs(sigma), given.Max)).Sum() / given.Opcounts.Sum(),
        [
            ([0.2], [7], 0.5), ([0.1, 0.3], [1, 1], 0.5), ([0.1, 0.3], [30, 10], 0.5), ([0.6, 0.2, 0.05], [100, 50, 350], 0.5),
            ([-0.3, 0.1], [3, 1], 0.2),
        ],
        given => FormattableString.Invariant(
            $"sigma = [{string.Join("; ", given.Sigmas)}], opcounts [{string.Join("; ", given.Opcounts)}], sigma_max = {given.Max}"),
        (a, b) => Math.Abs(a - b) <= 1e-9);

    /// <summary>The noise scale at which reward and loss balance, where the loss rises with its square.</summary>
    public static Exercise<(double Curvature, double Lambda, double Share, double Max), double> Balance { get; } = new(
        "03.4", 3,
        given => Math.Min(given.Lambda * given.Share / (2 * given.Curvature), given.Max),
        [(1, 1, 0.2, 0.5), (0.1, 0.3, 0.19, 0.5), (0.1, 1, 0.19, 0.5), (6, 1, 0.003, 0.5), (0.02, 0.2, 0.1, 0.3)],
        given => FormattableString.Invariant(
            $"a = {given.Curvature}, lambda = {given.Lambda}, share = {given.Share}, sigma_max = {given.Max}"),
        (a, b) => Math.Abs(a - b) <= 1e-9);
}
