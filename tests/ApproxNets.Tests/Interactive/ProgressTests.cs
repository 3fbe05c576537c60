using ApproxNets.Interactive;
using ApproxNets.Interactive.Internals;
using ApproxNets.Training;
using Xunit;

namespace ApproxNets.Tests.Interactive;

public sealed class ProgressTests
{
    [Fact]
    public void Texts_name_what_a_reader_asks_for()
    {
        var progress = Report(3, 120, 0.853);

        Assert.Equal("QAT: epoch 3/10, batch 120/120, loss 0.812, accuracy 71.2 %, 1450 images/s, 01:12 left", ProgressText.Live(progress));
        Assert.Equal("QAT: epoch  3/10, loss 0.812, accuracy 71.2 %, validation 85.3 %, 1450 images/s, 00:31",
            ProgressText.Epoch(progress));
        Assert.Equal("1:02:03", ProgressText.Time(new TimeSpan(1, 2, 3)));
    }

    [Fact]
    public void Every_epoch_leaves_one_line()
    {
        var host = new Host();
        var progress = new NotebookProgress(() => host);
        for (int batch = 1; batch < 120; batch++)
        {
            progress.Report(Report(1, batch));
        }

        Assert.Empty(host.Kept);
        progress.Report(Report(1, 120, 0.5));
        progress.Report(Report(2, 120));
        progress.Report(Report(3, 1));
        Assert.Equal(2, host.Kept.Count);
        progress.Report(Report(10, 120));

        Assert.Equal(3, host.Kept.Count);
        Assert.Contains("validation 50.0 %", host.Kept[0], StringComparison.Ordinal);
        Assert.StartsWith("QAT: epoch  2/10", host.Kept[1], StringComparison.Ordinal);
        Assert.StartsWith("QAT: epoch 10/10", host.Kept[2], StringComparison.Ordinal);
        Assert.InRange(host.Live, 4, 60);
    }

    [Fact]
    public void Measurements_are_drawn_into_one_output()
    {
        var shown = new List<string>();
        var replaced = new List<string>();
        var progress = new NotebookProgress(() => null, new LiveChart(html =>
        {
            shown.Add(html);
            return replaced.Add;
        }));
        progress.Report(Report(1, 120, 0.5));
        Assert.Empty(shown);
        for (int epoch = 1; epoch <= 3; epoch++)
        {
            progress.Report(Report(epoch, 120, 0.5) with { Stage = "AGN search", Measured = [0.125 * epoch, 0.25] });
        }

        Assert.Single(shown);
        Assert.Equal(2, replaced.Count);
        Assert.Contains("0.375", replaced[1], StringComparison.Ordinal);
        Assert.DoesNotContain("0.375", replaced[0], StringComparison.Ordinal);
        Assert.Contains("tolerances 0.250 to 0.375", ProgressText.Epoch(Report(3, 120) with { Measured = [0.375, 0.25] }), StringComparison.Ordinal);

        progress.Report(Report(1, 120, 0.5) with { Stage = "AGN search", Measured = [0.5, 0.5] });
        Assert.Equal(2, shown.Count);
    }

    [Fact]
    public void Reports_may_come_from_many_threads()
    {
        var host = new Host();
        var progress = new NotebookProgress(() => host);

        Parallel.For(1, 101, epoch => progress.Report(Report(epoch, 120, 0.5)));

        Assert.Equal(100, host.Kept.Count);
    }

    private static TrainingProgress Report(int epoch, int batch, double? validation = null)
        => new("QAT", epoch, 10, batch, 120, 0.8123, 0.7123, validation, 1450.4, TimeSpan.FromSeconds(31), TimeSpan.FromSeconds(72));

    private sealed class Host : INotebookHost
    {
        public List<string> Kept { get; } = [];

        public int Live { get; private set; }

        public CancellationToken Cancellation => CancellationToken.None;

        public void ShowLive(string line) => Live++;

        public void Keep(string line) => Kept.Add(line);
    }
}
