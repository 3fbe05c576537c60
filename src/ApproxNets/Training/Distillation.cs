using ApproxNets.Data;
using ApproxNets.Foundation;
using ApproxNets.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ApproxNets.Training;

/// <summary>
/// Trains on the answers of a teacher beside the labels (Hinton, Vinyals, Dean: "Distilling the knowledge in a neural network", arXiv
/// 1503.02531): <c>L = (1 - w) CE(y, label) + w T^2 KL(softmax(t / T) || softmax(y / T))</c> for the logits y of the student and t of the
/// teacher on the same augmented images. How a teacher divides its doubt among wrong classes is what a small network cannot find in labels.
/// </summary>
/// <param name="Weight">Share w of the teacher in the loss, 0..1.</param>
/// <param name="Temperature">Temperature T that softens both, &gt; 0.</param>
public sealed record Distillation(double Weight = 0.9, double Temperature = 4)
{
    /// <summary>Makes the step of a student.</summary>
    /// <param name="student">Model of images to logits.</param>
    /// <param name="teacher">The teacher. It computes in its layers' arithmetic, with the statistics of its batch normalisation; weights and statistics
    /// stay, but its float layers are left in training and in the precision below, so it should serve nothing else.</param>
    /// <param name="precision">Number format of the teacher's layers.</param>
    /// <param name="labelSmoothing">Share of the labels' probability spread over all classes.</param>
    /// <exception cref="ArgumentException">The weight or the temperature is out of range.</exception>
    public BatchStep Step(
        Module<Tensor, Tensor> student, ApproxModel teacher, Precision precision = Precision.Float32, double labelSmoothing = 0)
    {
        // Layers compute in reduced precision in training only. All else of the teacher is in evaluation: dropout, and quantised layers,
        // whose ranges would follow the student's images.
        teacher.Network.eval();
        foreach (var layer in teacher.Layers.Where(l => l.Arithmetic is FloatArithmetic))
        {
            layer.train();
            layer.Precision = precision;
        }

        return Step(student, labelSmoothing, batch => Answers(teacher, batch));
    }

    /// <summary>Makes the step of a student that learns from kept answers; the training must show their <see cref="TeacherAnswers.Views"/>.</summary>
    /// <param name="student">Model of images to logits.</param>
    /// <param name="answers">The answers.</param>
    /// <param name="labelSmoothing">Share of the labels' probability spread over all classes.</param>
    /// <exception cref="ArgumentException">The weight or the temperature is out of range.</exception>
    public BatchStep Step(Module<Tensor, Tensor> student, TeacherAnswers answers, double labelSmoothing = 0) =>
        Step(student, labelSmoothing, batch => answers.Of(batch.View, batch.Numbers));

    /// <summary>The logits of a teacher, float32, without a gradient.</summary>
    internal static Tensor Answers(ApproxModel teacher, Batch batch)
    {
        using (no_grad())
        {
            return teacher.Network.call(batch.Images).to(ScalarType.Float32);
        }
    }

    /// <summary>Computes the loss of a student's logits.</summary>
    /// <param name="logits">Logits y of the student, float32 <c>[B, classes]</c>.</param>
    /// <param name="labels">Class indices, int64 <c>[B]</c>.</param>
    /// <param name="answers">Logits t of the teacher, float32 <c>[B, classes]</c>.</param>
    /// <param name="labelSmoothing">Share of the labels' probability spread over all classes.</param>
    /// <exception cref="ArgumentException">The weight or the temperature is out of range.</exception>
    internal Tensor Loss(Tensor logits, Tensor labels, Tensor answers, double labelSmoothing)
    {
        Check();
        var softened = answers.Over(Temperature).log_softmax(1);
        var fromLabels = functional.cross_entropy(logits, labels, label_smoothing: labelSmoothing);
        var fromTeacher = softened.exp().mul(softened.sub(logits.Over(Temperature).log_softmax(1))).sum(1).mean();
        return fromLabels.Times(1 - Weight).Plus(fromTeacher.Times(Weight * Temperature * Temperature));
    }

    private BatchStep Step(Module<Tensor, Tensor> student, double labelSmoothing, Func<Batch, Tensor> answersTo)
    {
        Check();
        return (batch, _) =>
        {
            var answers = answersTo(batch);
            var logits = student.call(batch.Images).to(ScalarType.Float32);
            var loss = Loss(logits, batch.Labels, answers, labelSmoothing);
            loss.backward();
            return (loss.item<float>(), Evaluation.CorrectOf(logits.detach(), batch.Labels));
        };
    }

    private void Check()
    {
        if (!(Weight is >= 0 and <= 1) || !(Temperature > 0) || !double.IsFinite(Temperature))
        {
            throw new ArgumentException($"Distillation: found {this}, expected a weight of 0..1 and a temperature > 0.");
        }
    }
}
