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
        var kept = new List<string>();
        int live = 0;
        var progress = new NotebookProgress();
        NotebookHost.Progress = (text, lasting) =>
        {
            live++;
            if (lasting)
            {
                kept.Add(text);
            }
        };
        for (int batch = 1; batch < 120; batch++)
        {
            progress.Report(Report(1, batch));
        }

        Assert.Empty(kept);
        progress.Report(Report(1, 120, 0.5));
        progress.Report(Report(2, 120));
        progress.Report(Report(3, 1));
        Assert.Equal(2, kept.Count);
        progress.Report(Report(10, 120));
        NotebookHost.Progress = null;

        Assert.Equal(3, kept.Count);
        Assert.Contains("validation 50.0 %", kept[0], StringComparison.Ordinal);
        Assert.StartsWith("QAT: epoch  2/10", kept[1], StringComparison.Ordinal);
        Assert.StartsWith("QAT: epoch 10/10", kept[2], StringComparison.Ordinal);
        Assert.InRange(live, 7, 60);
    }

    [Fact]
    public void A_bar_and_measurements_are_drawn_each_into_one_output()
    {
        var shown = new List<object>();
        var replaced = new List<object>();
        var progress = new NotebookProgress(value =>
        {
            shown.Add(value);
            return replaced.Add;
        });
        progress.Report(Report(1, 120, 0.5));
        Assert.IsType<ProgressBar>(Assert.Single(shown));
        for (int epoch = 1; epoch <= 3; epoch++)
        {
            progress.Report(Report(epoch, 120, 0.5) with { Stage = "AGN search", Measured = [0.125 * epoch, 0.25] });
        }

        Assert.Equal(3, shown.Count);
        var charts = replaced.OfType<Figure>().Select(FigureHtml.Html).ToList();
        Assert.Equal(2, charts.Count);
        Assert.Contains("0.375", charts[1], StringComparison.Ordinal);
        Assert.DoesNotContain("0.375", charts[0], StringComparison.Ordinal);
        Assert.Contains("tolerances 0.250 to 0.375", ProgressText.Epoch(Report(3, 120) with { Measured = [0.375, 0.25] }), StringComparison.Ordinal);
        Assert.Contains("value=\"3.00\"", Assert.IsType<ProgressBar>(replaced[^2]).ToHtml(), StringComparison.Ordinal);

        progress.Report(Report(1, 120, 0.5) with { Stage = "AGN search", Measured = [0.5, 0.5] });
        Assert.Equal(5, shown.Count);
    }

    [Fact]
    public void Reports_may_come_from_many_threads()
    {
        int shown = 0;
        var progress = new NotebookProgress(_ => _ => shown++);

        Parallel.For(1, 101, epoch => progress.Report(Report(epoch, 120, 0.5)));

        Assert.InRange(shown, 1, 100);
    }

    private static TrainingProgress Report(int epoch, int batch, double? validation = null)
        => new("QAT", epoch, 10, batch, 120, 0.8123, 0.7123, validation, 1450.4, TimeSpan.FromSeconds(31), TimeSpan.FromSeconds(72));
}
