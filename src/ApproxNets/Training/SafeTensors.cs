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
public static class SafeTensors
{
    private const long MaxHeaderBytes = 100_000_000;

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

    /// <summary>The dtypes that files may hold.</summary>
    internal static IEnumerable<ScalarType> DataTypes => Types.Values.Select(t => t.Type);

    /// <summary>Writes tensors and text to a file: to a temporary one first, which then takes the file's place.</summary>
    /// <param name="path">The file; its folder is made if missing.</param>
    /// <param name="tensors">Name and CPU tensor (float32, float64, float16, bfloat16, int64, int32 or uint8), in the order of
    /// the file.</param>
    /// <param name="metadata">Text by key, stored in the header.</param>
    /// <exception cref="ArgumentException">A tensor is of another dtype.</exception>
    public static void Write(string path, IEnumerable<(string Name, Tensor Value)> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        var header = new JsonObject
        {
            ["__metadata__"] = new JsonObject(metadata.Select(m => KeyValuePair.Create(m.Key, (JsonNode?)m.Value))),
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
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        AtomicFile.Write(path, file =>
        {
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(length, text.Length);
            file.Write(length);
            file.Write(text);
            data.ForEach(d => file.Write(d));
        });
    }

    /// <summary>Reads all tensors and the metadata of a file.</summary>
    /// <returns>New CPU tensors by name, owned by the caller (or the dispose scope), and the metadata.</returns>
    /// <exception cref="InvalidDataException">The file is truncated or malformed, or has a dtype that is not supported.</exception>
    public static (Dictionary<string, Tensor> Tensors, Dictionary<string, string> Metadata) Read(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        long length = file.Length < 8 ? -1 : BinaryPrimitives.ReadInt64LittleEndian(file);
        if (length < 2 || length > MaxHeaderBytes || length > file.Length - 8)
        {
            throw new InvalidDataException(
                $"'{path}': found {file.Length} bytes and a header length of {length}, expected a safetensors header inside the file.");
        }

        KeyValuePair<string, JsonNode?>[] header;
        var metadata = new Dictionary<string, string>();
        try
        {
            // A name that occurs twice is an error of the enumeration.
            header = [.. JsonNode.Parse(file.AsSpan(8, (int)length))!.AsObject()];
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

        var tensors = new Dictionary<string, Tensor>();
        int start = 8 + (int)length;
        foreach (var (name, entry) in header.Where(e => e.Key != "__metadata__"))
        {
            tensors[name] = ReadTensor(path, name, entry, file.AsSpan(start));
        }

        return (tensors, metadata);
    }

    /// <summary>The format's name of a dtype; null if it has none here.</summary>
    internal static string? NameOf(ScalarType type) => Types.FirstOrDefault(t => t.Value.Type == type).Key;

    /// <summary>Bytes of one value; null for a dtype that files do not hold.</summary>
    internal static int? BytesOf(ScalarType type) => NameOf(type) is { } name ? Types[name].Bytes : null;

    private static Tensor ReadTensor(string path, string name, JsonNode? entry, ReadOnlySpan<byte> data)
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

            long expected = shape.Aggregate((long)known.Bytes, (product, size) => checked(product * size));
            if (offsets is not [long from, long to] || shape.Any(s => s < 0)
                || from < 0 || to < from || to - from != expected || to > data.Length)
            {
                throw new InvalidDataException(
                    $"'{path}', tensor '{name}': found offsets [{string.Join(", ", offsets)}] in {data.Length} bytes of data, "
                    + $"expected those of shape [{string.Join(", ", shape)}] inside them.");
            }

            var result = empty(shape, dtype: known.Type);
            if (expected > 0)
            {
                data.Slice((int)from, (int)expected).CopyTo(result.bytes);
            }

            return result;
        }
        catch (Exception e) when (e is NullReferenceException or InvalidOperationException or FormatException or OverflowException)
        {
            throw new InvalidDataException(
                $"'{path}', tensor '{name}': found {entry?.ToJsonString() ?? "nothing"}, expected dtype, shape and data_offsets.");
        }
    }
}
