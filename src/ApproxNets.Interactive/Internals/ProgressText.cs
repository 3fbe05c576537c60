using System.Globalization;
using ApproxNets.Training;

namespace ApproxNets.Interactive.Internals;

/// <summary>Progress in words.</summary>
internal static class ProgressText
{
    public static string Live(TrainingProgress p) => string.Create(CultureInfo.InvariantCulture,
        $"{p.Stage}: epoch {p.Epoch}/{p.Epochs}, batch {p.Batch}/{p.Batches}, loss {p.Loss:F3}, "
        + $"accuracy {Percent(p.Accuracy)}, {p.ImagesPerSecond:F0} images/s, {Time(p.Remaining)} left");

    public static string Epoch(TrainingProgress p)
    {
        string epoch = p.Epoch.ToString(CultureInfo.InvariantCulture).PadLeft(p.Epochs.ToString(CultureInfo.InvariantCulture).Length);
        string validation = p.ValidationAccuracy is { } accuracy ? $", validation {Percent(accuracy)}" : "";
        return string.Create(CultureInfo.InvariantCulture,
            $"{p.Stage}: epoch {epoch}/{p.Epochs}, loss {p.Loss:F3}, "
            + $"accuracy {Percent(p.Accuracy)}{validation}{Measured(p)}, {p.ImagesPerSecond:F0} images/s, {Time(p.Elapsed)}");
    }

    public static string Time(TimeSpan time) => time < TimeSpan.FromHours(1)
        ? time.ToString(@"mm\:ss", CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours}:{time:mm\\:ss}");

    private static string Measured(TrainingProgress p) => p.Measured.Count == 0 ? "" : string.Create(
        CultureInfo.InvariantCulture, $", tolerances {p.Measured.Min():F3} to {p.Measured.Max():F3}");

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:F1} %");
}
