using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ApproxNets.Foundation;
using static TorchSharp.torch;

namespace ApproxNets.Training;

/// <summary>
/// Reads and writes <c>.safetensors</c> files: eight bytes of header length, a JSON header of names, dtypes, shapes and
/// offsets, then the raw little-endian data. https://github.com/huggingface/safetensors describes the format.
/// </summary>
/// <remarks>
/// The header of a file written here begins with the SHA-256 of the whole file, as a text <c>sha256</c>, and a file that begins so is
/// compared with it first. The last text says that there is a sum, should its own place be damaged. Files of other programs have neither.
/// </remarks>
public static class SafeTensors
{
    private const long MaxHeaderBytes = 16_000_000; // 100,000 tensors
    private const int MaxDimensions = 64;
    private const int HeaderStart = 8;
    private const string Checked = "checked";

    private static readonly Dictionary<string, (ScalarType Type, int Bytes)> Types = new()
    {
        ["F32"] = (ScalarType.Float32, 4),
        ["F64"] = (ScalarType.Float64, 8),
        ["F16"] = (ScalarType.Float16, 2),
        ["BF16"] = (ScalarType.BFloat16, 2),
        ["I64"] = (ScalarType.Int64, 8),
        ["I32"] = (ScalarType.Int32, 4),
        ["U8"] = (ScalarType.Byte, 1),
    };

    private static ReadOnlySpan<byte> SumStart => "{\"__metadata__\":{\"sha256\":\""u8;

    /// <summary>The dtypes that files may hold.</summary>
    internal static IEnumerable<ScalarType> DataTypes => Types.Values.Select(t => t.Type);

    /// <summary>Writes tensors and text to a file: to a temporary one first, which then takes the file's place.</summary>
    /// <param name="path">The file; its folder is made if missing.</param>
    /// <param name="tensors">Name and CPU tensor (float32, float64, float16, bfloat16, int64, int32 or uint8), in the order of
    /// the file.</param>
    /// <param name="metadata">Text by key, stored in the header. The keys <c>sha256</c> and <c>checked</c> are taken.</param>
    /// <exception cref="ArgumentException">A tensor is of another dtype.</exception>
    public static void Write(string path, IEnumerable<(string Name, Tensor Value)> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        var header = new JsonObject
        {
            ["__metadata__"] = new JsonObject(metadata.Prepend(new(ContentSum.Name, ContentSum.Unknown)).Append(new(Checked, ContentSum.Name))
                .Select(m => KeyValuePair.Create(m.Key, (JsonNode?)m.Value))),
        };
        var data = new List<byte[]>();
        long offset = 0;
        foreach (var (name, value) in tensors)
        {
            string type = NameOf(value.dtype) ?? throw new ArgumentException(
                $"'{path}': found tensor '{name}' of dtype {value.dtype}, "
                + $"expected one of {string.Join(", ", DataTypes)}.");
            using var scope = NewDisposeScope();
            byte[] bytes = value.detach().cpu().contiguous().bytes.ToArray();
            header[name] = new JsonObject
            {
                ["dtype"] = type,
                ["shape"] = new JsonArray([.. value.shape.Select(s => (JsonNode)s)]),
                ["data_offsets"] = new JsonArray(offset, offset + bytes.Length),
            };
            data.Add(bytes);
            offset += bytes.Length;
        }

        byte[] text = Encoding.UTF8.GetBytes(header.ToJsonString());
        byte[] beginning = new byte[HeaderStart + text.Length];
        BinaryPrimitives.WriteInt64LittleEndian(beginning, text.Length);
        text.CopyTo(beginning, HeaderStart);
        ContentSum.Set(beginning, HeaderStart + SumStart.Length, data);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        AtomicFile.Write(path, file =>
        {
            file.Write(beginning);
            data.ForEach(d => file.Write(d));
        });
    }

    /// <summary>Reads all tensors and the metadata of a file. Everything is checked before memory is taken for a tensor.</summary>
    /// <param name="path">The file.</param>
    /// <param name="summed">Whether the file must hold the SHA-256 of its content, as those of <see cref="Write"/> do.</param>
    /// <returns>New CPU tensors by name, owned by the caller (or the dispose scope), and the metadata.</returns>
    /// <exception cref="InvalidDataException">The file is damaged, truncated or malformed, has a dtype that is not supported, or tensors
    /// that overlap or leave bytes between or behind them.</exception>
    public static (Dictionary<string, Tensor> Tensors, Dictionary<string, string> Metadata) Read(string path, bool summed = false)
    {
        byte[] file = File.ReadAllBytes(path);
        long length = file.Length < HeaderStart ? -1 : BinaryPrimitives.ReadInt64LittleEndian(file);
        bool hasSum = file.AsSpan(Math.Min(HeaderStart, file.Length)).StartsWith(SumStart);
        if (hasSum)
        {
            ContentSum.Check(path, file, HeaderStart + SumStart.Length);
        }
        else if (summed)
        {
            throw new InvalidDataException($"'{path}': found no SHA-256 of the content, expected a header that begins with it.");
        }

        if (length < 2 || length > MaxHeaderBytes || length > file.Length - HeaderStart)
        {
            throw new InvalidDataException(
                $"'{path}': found {file.Length} bytes and a header length of {length}, expected a safetensors header inside the file.");
        }

        KeyValuePair<string, JsonNode?>[] header;
        var metadata = new Dictionary<string, string>();
        try
        {
            // A name that occurs twice is an error of the enumeration.
            header = [.. JsonNode.Parse(file.AsSpan(HeaderStart, (int)length))!.AsObject()];
            foreach (var (key, value) in header.Where(e => e.Key == "__metadata__").SelectMany(e => e.Value!.AsObject()))
            {
                metadata[key] = value!.GetValue<string>();
            }
        }
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidOperationException or NullReferenceException)
        {
            throw new InvalidDataException(
                $"'{path}': found a header that is no JSON object of tensors and text, expected a safetensors header ({e.Message})");
        }

        if (metadata.Remove(Checked) && !hasSum)
        {
            throw new InvalidDataException($"'{path}': found no SHA-256 where the header begins, expected one: the file is damaged.");
        }

        if (hasSum)
        {
            metadata.Remove(ContentSum.Name);
        }

        int start = HeaderStart + (int)length;
        Entry[] entries = [.. header.Where(e => e.Key != "__metadata__").Select(e => ReadEntry(path, e.Key, e.Value))];
        long end = 0;
        foreach (var entry in entries.OrderBy(e => e.From).ThenBy(e => e.To))
        {
            end = entry.From == end ? entry.To : throw new InvalidDataException(
                $"'{path}', tensor '{entry.Name}': found offsets [{entry.From}, {entry.To}], "
                + $"expected it to begin at {end}, where the tensors before it end.");
        }

        if (end != file.Length - start)
        {
            throw new InvalidDataException($"'{path}': found {file.Length - start} bytes of data, expected the {end} of its tensors.");
        }

        return (entries.ToDictionary(e => e.Name, e => ReadTensor(e, file.AsSpan(start))), metadata);
    }

    /// <summary>The format's name of a dtype; null if it has none here.</summary>
    internal static string? NameOf(ScalarType type) => Types.FirstOrDefault(t => t.Value.Type == type).Key;

    /// <summary>Bytes of one value; null for a dtype that files do not hold.</summary>
    internal static int? BytesOf(ScalarType type) => NameOf(type) is { } name ? Types[name].Bytes : null;

    private static Entry ReadEntry(string path, string name, JsonNode? entry)
    {
        try
        {
            string type = entry!["dtype"]!.GetValue<string>();
            long[] shape = [.. entry["shape"]!.AsArray().Select(s => s!.GetValue<long>())];
            long[] offsets = [.. entry["data_offsets"]!.AsArray().Select(s => s!.GetValue<long>())];
            if (!Types.TryGetValue(type, out var known))
            {
                throw new InvalidDataException(
                    $"'{path}', tensor '{name}': found dtype {type}, expected one of {string.Join(", ", Types.Keys)}.");
            }

            // libtorch multiplies sizes as if none were 0.
            _ = shape.Aggregate((long)known.Bytes, (product, size) => checked(product * Math.Max(size, 1)));
            long expected = shape.Aggregate((long)known.Bytes, (product, size) => product * size);
            return offsets is [long from, long to] && shape.Length <= MaxDimensions && shape.All(s => s >= 0)
                && from >= 0 && to >= from && to - from == expected
                ? new Entry(name, known.Type, shape, from, to)
                : throw new InvalidDataException(
                    $"'{path}', tensor '{name}': found offsets [{string.Join(", ", offsets)}], "
                    + $"expected those of the {expected} bytes of shape [{string.Join(", ", shape.Take(MaxDimensions))}].");
        }
        catch (Exception e) when (e is NullReferenceException or InvalidOperationException or ArgumentException or FormatException or OverflowException)
        {
            throw new InvalidDataException($"'{path}', tensor '{name}': found a malformed entry, expected dtype, shape and data_offsets ({e.Message})");
        }
    }

    private static Tensor ReadTensor(Entry entry, ReadOnlySpan<byte> data)
    {
        var result = empty(entry.Shape, dtype: entry.Type);
        if (entry.To > entry.From)
        {
            data[(int)entry.From..(int)entry.To].CopyTo(result.bytes);
        }

        return result;
    }

    private sealed record Entry(string Name, ScalarType Type, long[] Shape, long From, long To);
}
