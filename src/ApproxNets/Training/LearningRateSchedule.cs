namespace ApproxNets.Training;

/// <summary>How the learning rate changes in training.</summary>
public enum LearningRateSchedule
{
    /// <summary>Rises linearly over the first 20 % of the steps, then falls linearly to zero (Smith, 2018, "super-convergence").</summary>
    OneCycle,

    /// <summary>Falls along half a cosine from the peak to zero (Loshchilov and Hutter, ICLR 2017).</summary>
    Cosine,

    /// <summary>Is multiplied by <see cref="TrainingOptions.StepFactor"/> every <see cref="TrainingOptions.StepEpochs"/> epochs.</summary>
    Step,
}
