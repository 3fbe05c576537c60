namespace ApproxNets.Training;

/// <summary>How gradients become steps.</summary>
public enum OptimizerKind
{
    /// <summary>Stochastic gradient descent with Nesterov momentum.</summary>
    Sgd,

    /// <summary>Orthogonalised momentum for the weights of convolutions (Jordan et al., "Muon", 2024), gradient descent for the rest.</summary>
    Muon,
}
