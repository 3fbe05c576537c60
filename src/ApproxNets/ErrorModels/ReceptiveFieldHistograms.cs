using ApproxNets.Multipliers;

namespace ApproxNets.ErrorModels;

/// <summary>
/// How often every activation code stands in every receptive field of a sample. Sparse: after a ReLU few of the 256 codes occur in a
/// field, the zero often.
/// </summary>
internal sealed class ReceptiveFieldHistograms
{
    private readonly (int Code, int Times)[] _entries;
    private readonly int[] _starts;

    public ReceptiveFieldHistograms(LayerSample sample)
    {
        FanIn = sample.FanIn;
        Codes = [.. sample.ActivationDistribution.Index().Where(p => p.Item > 0).Select(p => (byte)p.Index)];
        var entries = new List<(int, int)>();
        _starts = new int[sample.ReceptiveFieldCount + 1];
        Span<int> times = stackalloc int[Multiplier.Codes];
        for (int k = 0; k < Count; k++)
        {
            times.Clear();
            foreach (byte code in sample.ReceptiveFields.AsSpan(k * FanIn, FanIn))
            {
                times[code]++;
            }

            for (int i = 0; i < Codes.Length; i++)
            {
                if (times[Codes[i]] > 0)
                {
                    entries.Add((i, times[Codes[i]]));
                }
            }

            _starts[k + 1] = entries.Count;
        }

        _entries = [.. entries];
    }

    public int FanIn { get; }

    /// <summary>The codes that occur, rising.</summary>
    public byte[] Codes { get; }

    /// <summary>Number of fields.</summary>
    public int Count => _starts.Length - 1;

    /// <summary>The histogram of a field: indices into <see cref="Codes"/> and how often they occur.</summary>
    public ReadOnlySpan<(int Code, int Times)> this[int field] => _entries.AsSpan(_starts[field].._starts[field + 1]);
}
