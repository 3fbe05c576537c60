using System.Text.Json;
using System.Text.Json.Serialization;
using ApproxNets.Data;
using ApproxNets.Layers;
using ApproxNets.Models;
using ApproxNets.Multipliers;
using ApproxNets.Quantization;
using ApproxNets.Training;
using static TorchSharp.torch;

namespace ApproxNets.Experiments;

/// <summary>A net that was read from a file, and what its images must look like.</summary>
/// <param name="Net">The net, at its first operating point, in evaluation.</param>
/// <param name="Network">Name of the network (<see cref="Networks.Create"/>).</param>
/// <param name="Classes">Names of the classes, in the order of the logits.</param>
/// <param name="Statistics">What its images are normalised by.</param>
public sealed record LoadedQosNet(QosNet Net, string Network, IReadOnlyList<string> Classes, ChannelStatistics Statistics);

/// <summary>
/// Saves a <see cref="QosNet"/> as one <c>.safetensors</c> file that needs nothing else: weights, batch normalisation or biases of every
/// point, ranges of activations, the multipliers' tables, and in the metadata a manifest of network, input, quantisation, multipliers with
/// the hashes of their tables, and assignments.
/// </summary>
/// <remarks>
/// <para>Tables are kept as columns, the 256 products of a weight code: <c>m_t(x, w) = columns[index[t, w], x]</c>. A multiplier with tuned weights
/// has columns of its circuit only, so tables for every layer of every point take little more than those of the circuits.</para>
/// <para>The file holds the SHA-256 of its content, as all of <see cref="SafeTensors.Write"/> do. It finds damage and careless changes; whoever means
/// to deceive can compute it anew.</para>
/// </remarks>
public static class QosNetFile
{
    private const string Kind = "approxnets qos-net", KindKey = "kind", VersionKey = "format_version", ManifestKey = "manifest";
    private const string Columns = "tables.columns", Index = "tables.index", Model = "model.";
    private const int Version = 1;

    /// <summary>Writes a net.</summary>
    /// <param name="path">The file.</param>
    /// <param name="net">The net.</param>
    /// <param name="network">Name of its network, as <see cref="Networks.Create"/> knows it.</param>
    /// <param name="data">The data set it was trained on: the shape of its images, its classes and statistics are kept.</param>
    public static void Save(string path, QosNet net, string network, ImageDataset data)
    {
        using var scope = NewDisposeScope();
        Multiplier[] multipliers = [.. net.Assignments.SelectMany(a => a.Multipliers).Distinct()];
        var (columns, index) = Split(multipliers);
        var options = net.Model.Layers[0].Options;
        string manifest = JsonSerializer.Serialize(new Manifest(
            network, data.Classes, [data.Training.Channels, data.Training.Height, data.Training.Width], data.Statistics.Mean, data.Statistics.StandardDeviation,
            options.Scheme.Word(), options.Observer == ObserverKind.Histogram ? options.Quantile : null, options.PerChannelWeights,
            net.HasNorms ? "batch normalisation" : "biases",
            [
                .. multipliers.Select(m => new Entry(
                    m.Name, m.RelativePower, m.PowerSource, m.TableHash, m.Scale, m.WeightCodes.IsEmpty ? null : m.WeightCodes.ToArray())),
            ],
            [.. net.Assignments.Select(a => a.Multipliers.Select(m => Array.IndexOf(multipliers, m)).ToArray())]));
        var tensors = net.Model.Network.state_dict().ToDictionary(e => Model + e.Key, e => e.Value);
        tensors.Add(Columns, tensor(columns).view(-1, Multiplier.Codes));
        tensors.Add(Index, tensor(index).view(-1, Multiplier.Codes));
        SafeTensors.Write(path, tensors.Select(e => (e.Key, e.Value)), new Dictionary<string, string>
        {
            [KindKey] = Kind,
            [VersionKey] = Version.ToString(System.Globalization.CultureInfo.InvariantCulture),
            [ManifestKey] = manifest,
        });
    }

    /// <summary>Reads a net. Its logits are those of the net that was saved, bit for bit where libtorch computes alike.</summary>
    /// <param name="path">A file of <see cref="Save"/>.</param>
    /// <exception cref="InvalidDataException">The file is truncated or malformed, is of another kind or a newer version, or its content was
    /// changed; the message says which.</exception>
    public static LoadedQosNet Load(string path)
    {
        using var scope = NewDisposeScope();
        var (tensors, metadata) = SafeTensors.Read(path, summed: true);
        if (metadata.GetValueOrDefault(KindKey) != Kind || !int.TryParse(metadata.GetValueOrDefault(VersionKey), out int version))
        {
            throw new InvalidDataException(
                $"'{path}': found the kind '{metadata.GetValueOrDefault(KindKey) ?? "(none)"}', expected '{Kind}' with a version.");
        }

        if (version != Version)
        {
            throw new InvalidDataException($"'{path}': found the format version {version}, expected {Version}: another ApproxNets wrote it.");
        }

        string manifest = metadata.GetValueOrDefault(ManifestKey) ?? "";
        try
        {
            return Make(path, JsonSerializer.Deserialize<Manifest>(manifest) ?? throw new JsonException("null"), tensors);
        }
        catch (Exception e) when (e is JsonException or ArgumentException or KeyNotFoundException or IndexOutOfRangeException or NullReferenceException)
        {
            throw new InvalidDataException($"'{path}': found a manifest that does not fit its tensors: {e.Message}", e);
        }
    }

    private static LoadedQosNet Make(string path, Manifest manifest, Dictionary<string, Tensor> tensors)
    {
        var scheme = SignednessNames.Parse(manifest.Scheme);
        int[] columns = [.. tensors[Columns].data<int>()], index = [.. tensors[Index].data<int>()];
        Multiplier[] multipliers = [.. manifest.Multipliers.Select((entry, t) => Join(entry, t, scheme, columns, index))];
        var options = new QuantizationOptions(scheme)
        {
            Observer = manifest.Quantile is null ? ObserverKind.MovingAverage : ObserverKind.Histogram,
            Quantile = manifest.Quantile ?? 1,
            PerChannelWeights = manifest.PerChannelWeights,
        };
        long[] image = [.. manifest.Image];
        var network = Networks.Create(manifest.Network, manifest.Classes.Count, seed: 1, (int)image[0], (int)image[1]);
        try
        {
            var model = ApproxModel.Convert(network, options, image);
            var net = new QosNet(model, [.. manifest.Points.Select(p => new Assignment([.. p.Select(m => multipliers[m])], model.Opcounts))]);
            Checkpoint.Copy(path, tensors.Where(t => t.Key.StartsWith(Model, StringComparison.Ordinal)).ToDictionary(t => t.Key[Model.Length..], t => t.Value), network);
            network.eval();
            Keep(network);
            return new(net, manifest.Network, manifest.Classes, new(manifest.Mean, manifest.StandardDeviation));
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>Takes the network's tensors out of the scope of the reading.</summary>
    private static void Keep(nn.Module network)
    {
        foreach (var tensor in network.parameters().Concat(network.buffers()))
        {
            tensor.DetachFromDisposeScope();
        }
    }

    /// <summary>The distinct columns of all tables, and the column of every weight code of every table.</summary>
    private static (int[] Columns, int[] Index) Split(IReadOnlyList<Multiplier> multipliers)
    {
        var columns = new List<int>();
        var index = new int[multipliers.Count * Multiplier.Codes];
        var known = new Dictionary<string, int>();
        for (int i = 0; i < index.Length; i++)
        {
            var products = multipliers[i / Multiplier.Codes].Products.Span;
            var column = new int[Multiplier.Codes];
            for (int x = 0; x < column.Length; x++)
            {
                column[x] = products[(x * Multiplier.Codes) + (i % Multiplier.Codes)];
            }

            string key = string.Join(' ', column);
            if (!known.TryGetValue(key, out index[i]))
            {
                known.Add(key, index[i] = known.Count);
                columns.AddRange(column);
            }
        }

        return ([.. columns], index);
    }

    private static Multiplier Join(Entry entry, int table, Signedness scheme, int[] columns, int[] index)
    {
        var products = new int[Multiplier.Codes * Multiplier.Codes];
        for (int i = 0; i < products.Length; i++)
        {
            (int x, int w) = Math.DivRem(i, Multiplier.Codes);
            products[i] = columns[(index[(table * Multiplier.Codes) + w] * Multiplier.Codes) + x];
        }

        var multiplier = new Multiplier(entry.Name, scheme, products, entry.RelativePower, entry.PowerSource)
        {
            Scale = entry.Scale,
            WeightCodes = entry.WeightCodes,
        };
        return multiplier.TableHash == entry.TableHash ? multiplier : throw new ArgumentException(
            $"multiplier '{entry.Name}': found the table {multiplier.TableHash}, expected {entry.TableHash}.");
    }

    private sealed record Manifest(
        [property: JsonPropertyName("network")] string Network,
        [property: JsonPropertyName("classes")] IReadOnlyList<string> Classes,
        [property: JsonPropertyName("image")] IReadOnlyList<long> Image,
        [property: JsonPropertyName("mean")] IReadOnlyList<double> Mean,
        [property: JsonPropertyName("standard_deviation")] IReadOnlyList<double> StandardDeviation,
        [property: JsonPropertyName("scheme")] string Scheme,
        [property: JsonPropertyName("quantile")] double? Quantile,
        [property: JsonPropertyName("per_channel_weights")] bool PerChannelWeights,
        [property: JsonPropertyName("per_point")] string PerPoint,
        [property: JsonPropertyName("multipliers")] IReadOnlyList<Entry> Multipliers,
        [property: JsonPropertyName("points")] IReadOnlyList<int[]> Points);

    private sealed record Entry(
        [property: JsonPropertyName("name")] string Name,
        [property: JsonPropertyName("relative_power")] double RelativePower,
        [property: JsonPropertyName("power_source")] string PowerSource,
        [property: JsonPropertyName("table_hash")] string TableHash,
        [property: JsonPropertyName("scale")] double Scale,
        [property: JsonPropertyName("weight_codes")] byte[]? WeightCodes);
}
