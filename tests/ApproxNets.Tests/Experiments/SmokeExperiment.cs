using ApproxNets.Data;
using ApproxNets.Experiments;
using ApproxNets.Multipliers;
using ApproxNets.Training;

namespace ApproxNets.Tests.Experiments;

/// <summary>An experiment that runs in seconds and learns nothing.</summary>
internal static class SmokeExperiment
{
    public static Experiment Open(
        string folder, string network = "lenet5", bool clipped = false, string? teacher = null, double weight = 0.9, IProgress<TrainingProgress>? progress = null)
    {
        var recipe = Recipe.For("smoke", network) with { ClippedRanges = clipped, Teacher = teacher, Distillation = new(weight) };
        var data = Datasets.Load("shapes", 1, recipe.Images);
        return new Experiment(data, recipe, MultiplierLibrary.Open(MultiplierLibrary.BuiltIn, Signedness.Signed), new StageStore(folder)) { Progress = progress };
    }
}
