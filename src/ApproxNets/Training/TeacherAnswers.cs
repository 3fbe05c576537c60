using System.Runtime.InteropServices;
using ApproxNets.Data;
using ApproxNets.Foundation;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ApproxNets.Training;

/// <summary>
/// What a teacher answers to several views of every training image, so that students need not run it: a strong teacher costs more than its
/// students, and its answers to fixed views are the same for all of them. Each logit is kept as a byte: its distance to the greatest one of
/// the image, in tenths, 25.5 at most. Softened by a temperature of 4, the rounding changes a probability by at most 2.5 % of itself, and
/// the limit concerns those below 0.2 % of the greatest.
/// </summary>
public sealed class TeacherAnswers
{
    private const double Unit = 0.1;
    private const string Codes = "answers";

    private readonly byte[] _codes;
    private readonly int _images, _classes;

    private TeacherAnswers(ImageViews views, int images, int classes, byte[] codes, string sha256) =>
        (Views, _images, _classes, _codes, Sha256) = (views, images, classes, codes, sha256);

    /// <summary>The views that were answered.</summary>
    public ImageViews Views { get; }

    /// <summary>SHA-256 of the answers, lower-case hexadecimal.</summary>
    public string Sha256 { get; }

    /// <summary>
    /// Asks teachers and keeps the mean of their answers to a view and to its mirror image. Every pair of views is saved once it is answered; an
    /// interrupted call goes on from there.
    /// </summary>
    /// <param name="file">The file, in the format of safetensors: uint8 <c>[views, images, classes]</c>.</param>
    /// <param name="teachers">Models of images to logits; left in evaluation mode.</param>
    /// <param name="data">Data set whose training images are asked about.</param>
    /// <param name="views">The views.</param>
    /// <param name="about">Text on the teacher, kept in the file.</param>
    /// <param name="progress">Receives the share of the views done, 0..1.</param>
    /// <param name="cancellation">Stops between two batches.</param>
    /// <exception cref="InvalidDataException">The file there is of other views, images or another teacher.</exception>
    public static TeacherAnswers Ask(
        string file, IReadOnlyList<Module<Tensor, Tensor>> teachers, ImageDataset data, ImageViews views, IReadOnlyDictionary<string, string> about,
        IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        if (teachers.Count == 0 || views.Count < 2 || views.Count % 2 != 0)
        {
            throw new ArgumentException($"Teacher's answers: found {teachers.Count} teachers and {views.Count} views, expected a teacher and pairs of views.");
        }

        int classes = data.Classes.Count, length = data.Training.Count * classes;
        var codes = new byte[views.Count * length];
        var settings = new Dictionary<string, string>(about)
        {
            ["data"] = data.Sha256,
            ["teacher"] = string.Join(' ', teachers.Select(teacher => Checkpoint.Sha256(teacher.state_dict()))),
            ["seed"] = FormattableString.Invariant($"{views.Seed}"),
        };
        int done = 0;
        if (File.Exists(file))
        {
            using var scope = NewDisposeScope();
            var (tensors, metadata) = SafeTensors.Read(file);
            if (!tensors.TryGetValue(Codes, out var there) || there.dtype != ScalarType.Byte || there.dim() != 3 || there.shape[2] != classes)
            {
                throw new InvalidDataException($"'{file}': found no bytes '{Codes}' of {classes} classes, expected a teacher's answers. Delete the file to ask anew.");
            }

            string? other = settings.Keys.FirstOrDefault(key => metadata.GetValueOrDefault(key) != settings[key]);
            if (other is not null || there.shape[1] != data.Training.Count)
            {
                throw new InvalidDataException(
                    $"'{file}': found answers of {other ?? "images"} {(other is null ? there.shape[1] : metadata.GetValueOrDefault(other))}, "
                    + $"expected {(other is null ? data.Training.Count : settings[other])}. Delete the file to ask anew.");
            }

            done = (int)Math.Min(there.shape[0] / 2 * 2, views.Count);
            there.contiguous().bytes[..(done * length)].CopyTo(codes);
        }

        foreach (var teacher in teachers)
        {
            teacher.eval();
        }

        using var gradients = no_grad();
        using Scalar most = byte.MaxValue;
        var loader = new BatchLoader(data.Training, data.Statistics, 250, Augmentation.CropAndFlip, views: views);
        for (int view = done; view < views.Count; view += 2)
        {
            int place = view * length, batches = 0;
            foreach (var batch in loader.Epoch(view))
            {
                using var scope = NewDisposeScope();
                using (batch)
                {
                    cancellation.ThrowIfCancellationRequested();
                    var mirrored = batch.Images.flip(3);
                    var logits = stack(teachers.SelectMany(t => new[] { t.call(batch.Images), t.call(mirrored) }).Select(t => t.to(ScalarType.Float32)), 0)
                        .mean([0]);
                    var distances = logits.amax([1], keepdim: true).sub(logits).Over(Unit).round().clamp_max(most);
                    distances.to(ScalarType.Byte).contiguous().bytes.CopyTo(codes.AsSpan(place));
                    place += batch.Numbers.Count * classes;
                    progress?.Report((view + (2.0 * ++batches / loader.Batches)) / views.Count);
                }
            }

            codes.AsSpan(view * length, length).CopyTo(codes.AsSpan((view + 1) * length));
            using var written = tensor(codes[..((view + 2) * length)]).reshape(view + 2, data.Training.Count, classes);
            SafeTensors.Write(file, [(Codes, written)], settings);
        }

        return Read(file, data);
    }

    /// <summary>Reads answers.</summary>
    /// <param name="file">A file of <see cref="Ask"/>.</param>
    /// <param name="data">The data set they must be about.</param>
    /// <exception cref="InvalidDataException">The file is malformed, or about other images.</exception>
    public static TeacherAnswers Read(string file, ImageDataset data)
    {
        using var scope = NewDisposeScope();
        var (tensors, metadata) = SafeTensors.Read(file);
        if (!tensors.TryGetValue(Codes, out var codes) || codes.dtype != ScalarType.Byte || codes.dim() != 3
            || !int.TryParse(metadata.GetValueOrDefault("seed"), out int seed))
        {
            throw new InvalidDataException($"'{file}': found no bytes '{Codes}' of three dimensions with their seed, expected a teacher's answers.");
        }

        if (metadata.GetValueOrDefault("data") != data.Sha256 || codes.shape[1] < data.Training.Count || codes.shape[2] != data.Classes.Count)
        {
            throw new InvalidDataException(
                $"'{file}': found answers of shape [{string.Join(", ", codes.shape)}] about the data {metadata.GetValueOrDefault("data")}, "
                + $"expected {data.Training.Count} images and {data.Classes.Count} classes of {data.Sha256}.");
        }

        return new TeacherAnswers(
            new ImageViews((int)codes.shape[0], seed), (int)codes.shape[1], (int)codes.shape[2], codes.contiguous().bytes.ToArray(),
            Checkpoint.Sha256(tensors));
    }

    /// <summary>The teacher's logits for some images, less the greatest of each.</summary>
    /// <param name="view">The view, 0..n - 1.</param>
    /// <param name="numbers">Places of the images in the training set.</param>
    /// <returns>float32 <c>[B, classes]</c>, 0 and below.</returns>
    public Tensor Of(int view, IReadOnlyList<int> numbers)
    {
        var logits = empty([numbers.Count, _classes], ScalarType.Float32);
        var values = MemoryMarshal.Cast<byte, float>(logits.bytes);
        for (int b = 0; b < numbers.Count; b++)
        {
            var codes = _codes.AsSpan(((view * _images) + numbers[b]) * _classes, _classes);
            for (int c = 0; c < _classes; c++)
            {
                values[(b * _classes) + c] = (float)(-Unit * codes[c]);
            }
        }

        return logits;
    }
}
