using ApproxNets.Data;
using ApproxNets.Training;
using Xunit;
using static TorchSharp.torch;

#pragma warning disable xUnit1051 // the calls last milliseconds
namespace ApproxNets.Tests.Training;

public sealed class TeacherAnswersTests : IDisposable
{
    private static readonly Dictionary<string, string> About = new() { ["stage"] = "test" };

    private readonly TemporaryFolder _folder = new();

    private string File => _folder["answers.safetensors"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AnswersAreTheMeanLogitsOfBothSidesRoundedToTenths()
    {
        using var teacher = TinyProblem.Network(3);
        using var second = TinyProblem.Network(4);
        teacher.eval();
        second.eval();
        var data = TinyProblem.Data();
        var views = new ImageViews(2, 7);
        var answers = TeacherAnswers.Ask(File, [teacher, second], data, views, About);
        Assert.Equal(views, answers.Views);
        bool differ = false;
        var loader = new BatchLoader(data.Training, data.Statistics, 16, Augmentation.CropAndFlip, shuffle: true, seed: 4, views: views);
        for (int epoch = 0; epoch < 4; epoch++)
        {
            foreach (var batch in loader.Epoch(epoch))
            {
                using var scope = NewDisposeScope();
                using (batch)
                {
                    var mirrored = batch.Images.flip(3);
                    var sum = teacher.call(batch.Images) + teacher.call(mirrored) + second.call(batch.Images) + second.call(mirrored);
                    float[] expected = [.. sum.detach().data<float>()];
                    float[] found = [.. answers.Of(batch.View, batch.Numbers).data<float>()];
                    for (int i = 0; i < found.Length; i += 2)
                    {
                        Assert.Equal((expected[i] - expected[i + 1]) / 4, found[i] - found[i + 1], 0.0501);
                        Assert.Equal(0, Math.Max(found[i], found[i + 1]));
                        differ |= found[i] - found[i + 1] != 0;
                    }
                }
            }
        }

        Assert.True(differ);
    }

    [Fact]
    public void AnInterruptedCallGoesOnAndGivesTheSameAnswers()
    {
        using var teacher = TinyProblem.Network(3);
        var data = TinyProblem.Data(520); // three batches a view
        var whole = TeacherAnswers.Ask(_folder["whole.safetensors"], [teacher], data, new ImageViews(4, 7), About);
        using var stop = new CancellationTokenSource();
        var progress = new StopAt(0.7, stop);
        Assert.Throws<OperationCanceledException>(() => TeacherAnswers.Ask(File, [teacher], data, new ImageViews(4, 7), About, progress, stop.Token));
        Assert.Equal(2, TeacherAnswers.Read(File, data).Views.Count);
        progress.First = null;
        var rest = TeacherAnswers.Ask(File, [teacher], data, new ImageViews(4, 7), About, progress);
        Assert.True(progress.First > 0.5, $"went on from {progress.First}");
        Assert.Equal(whole.Sha256, rest.Sha256);
    }

    [Fact]
    public void AnswersOfOthersAreRefused()
    {
        using var teacher = TinyProblem.Network(3);
        using var other = TinyProblem.Network(4);
        var data = TinyProblem.Data();
        TeacherAnswers.Ask(File, [teacher], data, new ImageViews(2, 7), About);
        Assert.Contains("teacher", Refused(() => TeacherAnswers.Ask(File, [other], data, new ImageViews(4, 7), About)));
        Assert.Throws<ArgumentException>(() => TeacherAnswers.Ask(File, [teacher], data, new ImageViews(3, 7), About));
        Assert.Throws<ArgumentException>(() => TeacherAnswers.Ask(File, [], data, new ImageViews(2, 7), About));
        Assert.Contains("seed", Refused(() => TeacherAnswers.Ask(File, [teacher], data, new ImageViews(4, 8), About)));
        Assert.Contains("images 64", Refused(() => TeacherAnswers.Ask(File, [teacher], TinyProblem.Data(32), new ImageViews(4, 7), About)));
        Assert.Contains("expected 80 images", Refused(() => TeacherAnswers.Read(File, TinyProblem.Data(80))));
        Assert.Contains("about the data 000", Refused(() => TeacherAnswers.Read(File, data with { Sha256 = new string('1', 64) })));
        Checkpoint.Save(File, teacher, About);
        Assert.Contains("expected a teacher's answers", Refused(() => TeacherAnswers.Read(File, data)));
    }

    [Fact]
    public void AStudentLearnsFromAnswersAsFromTheTeacher()
    {
        using var teacher = TinyProblem.Model(1);
        var data = TinyProblem.Data();
        Trainer.Train(teacher.Network, data, TinyProblem.Options(12));
        var answers = TeacherAnswers.Ask(File, [teacher.Network], data, new ImageViews(2, 7), About);

        // Wrong labels: whoever learns, learns from the answers.
        byte[] wrong = [.. data.Training.Labels.Select(l => (byte)(1 - l))];
        var images = new ImageSet(data.Training.Pixels.ToArray(), wrong, 3, 8, 8);
        using var student = TinyProblem.Network(2);
        Trainer.Train(student, data with { Training = images }, TinyProblem.Options(12), new()
        {
            Step = new Distillation(1).Step(student, answers),
            Views = answers.Views,
        });
        Assert.True(Evaluation.Accuracy(student, data.Validation, data.Statistics) > 0.9);
    }

    private static string Refused(Action action) => Assert.Throws<InvalidDataException>(action).Message;

    private sealed class StopAt(double share, CancellationTokenSource stop) : IProgress<double>
    {
        public double? First { get; set; }

        public void Report(double value)
        {
            First ??= value;
            if (value >= share)
            {
                stop.Cancel();
            }
        }
    }
}
