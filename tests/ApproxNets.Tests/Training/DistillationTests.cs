using ApproxNets.Data;
using ApproxNets.Training;
using Xunit;
using static TorchSharp.torch;

#pragma warning disable xUnit1051 // the calls last milliseconds
namespace ApproxNets.Tests.Training;

public sealed class DistillationTests
{
    [Theory]
    [InlineData(0.9, 4)]
    [InlineData(0.25, 1.5)]
    [InlineData(0, 4)]
    [InlineData(1, 2)]
    public void LossAndGradientAreThoseComputedByHand(double weight, double temperature)
    {
        using var student = TinyProblem.Network(1);
        using var teacher = TinyProblem.Model(2);
        teacher.Network.eval();
        student.eval(); // fixed statistics: the gradient of the last bias is then the sum of those of the logits
        using var images = TinyProblem.Batch(4);
        using var labels = tensor(new long[] { 0, 1, 1, 0 });
        float[] y = [.. student.call(images).data<float>()], t = [.. teacher.Network.call(images).data<float>()];

        var (loss, correct) = new Distillation(weight, temperature).Step(student, teacher)(new Batch(images, labels), 0);

        double expected = 0;
        var gradient = new double[2];
        int expectedCorrect = 0;
        for (int i = 0; i < 4; i++)
        {
            int label = (int)labels[i].item<long>();
            double[] p = Softmax(y[2 * i], y[(2 * i) + 1], 1);
            double[] soft = Softmax(y[2 * i], y[(2 * i) + 1], temperature), target = Softmax(t[2 * i], t[(2 * i) + 1], temperature);
            double divergence = target.Zip(soft, (a, b) => a * Math.Log(a / b)).Sum();
            expected += ((1 - weight) * -Math.Log(p[label])) + (weight * temperature * temperature * divergence);
            for (int c = 0; c < 2; c++)
            {
                gradient[c] += ((1 - weight) * (p[c] - (c == label ? 1 : 0))) + (weight * temperature * (soft[c] - target[c]));
            }

            expectedCorrect += p[label] > 0.5 ? 1 : 0;
        }

        Assert.Equal(expected / 4, loss, 5);
        Assert.Equal(expectedCorrect, correct);
        float[] found = [.. student.get_parameter("fc.bias")!.grad!.data<float>()];
        Assert.Equal(gradient[0] / 4, found[0], 5);
        Assert.Equal(gradient[1] / 4, found[1], 5);
    }

    [Fact]
    public void TheStudentLearnsFromTheTeacherEvenWhereLabelsAreWrong()
    {
        using var teacher = TinyProblem.Model(1);
        var data = TinyProblem.Data();
        Trainer.Train(teacher.Network, data, TinyProblem.Options(12));
        string before = TinyProblem.Fingerprint(teacher.Network);
        var training = data.Training;
        var wrong = new ImageSet(
            training.Pixels.ToArray(), [.. training.Labels.ToArray().Select(label => (byte)(1 - label))], training.Channels, training.Height, training.Width);

        double Trained(double weight)
        {
            using var student = TinyProblem.Network(7);
            Trainer.Train(
                student, data with { Training = wrong }, TinyProblem.Options(12), new() { Step = new Distillation(weight).Step(student, teacher) });
            return Evaluation.Accuracy(student, data.Validation, data.Statistics);
        }

        Assert.InRange(Trained(1), 0.95, 1);
        Assert.InRange(Trained(0), 0, 0.05);
        Assert.Equal(before, TinyProblem.Fingerprint(teacher.Network));
    }

    [Theory]
    [InlineData(-0.1, 4)]
    [InlineData(1.1, 4)]
    [InlineData(double.NaN, 4)]
    [InlineData(0.5, 0)]
    [InlineData(0.5, double.PositiveInfinity)]
    public void SettingsOutOfRangeAreRefused(double weight, double temperature)
    {
        using var student = TinyProblem.Network(1);
        using var teacher = TinyProblem.Model(2);
        Assert.Contains(
            "expected a weight of 0..1",
            Assert.Throws<ArgumentException>(() => new Distillation(weight, temperature).Step(student, teacher)).Message,
            StringComparison.Ordinal);
    }

    private static double[] Softmax(double a, double b, double temperature)
    {
        double x = Math.Exp(a / temperature), y = Math.Exp(b / temperature);
        return [x / (x + y), y / (x + y)];
    }
}
