using static TorchSharp.torch;

namespace ApproxNets.Training;

/// <summary>
/// Reads what TorchSharp's <c>module.save</c> writes: the number of tensors, then of each its name, dtype, rank, sizes and
/// raw little-endian data; numbers are in LEB128, seven bits a byte. TorchSharp's own reader writes to the module while it
/// reads; this one gives the tensors, so that all of them can be checked before.
/// </summary>
internal static class TorchSharpFile
{
    private const int GreatestRank = 16;

    /// <summary>Reads all tensors of a file. Memory is bounded by the length of the file, whatever sizes it claims.</summary>
    /// <returns>New CPU tensors by name, owned by the caller (or the dispose scope).</returns>
    /// <exception cref="InvalidDataException">The file is truncated or malformed.</exception>
    public static Dictionary<string, Tensor> Read(string path)
    {
        using var file = File.OpenRead(path);
        using var reader = new BinaryReader(file);
        var tensors = new Dictionary<string, Tensor>();
        try
        {
            long count = reader.Read7BitEncodedInt64();
            if (count < 0 || count > file.Length)
            {
                throw new InvalidDataException($"'{path}': found a number of {count} tensors in {file.Length} bytes, expected less.");
            }

            for (long i = 0; i < count; i++)
            {
                string name = reader.ReadString();
                if (!tensors.TryAdd(name, ReadTensor(path, name, reader)))
                {
                    throw new InvalidDataException($"'{path}': found tensor '{name}' twice, expected each once.");
                }
            }
        }
        catch (Exception e) when (e is EndOfStreamException or FormatException or IOException)
        {
            throw new InvalidDataException(
                $"'{path}': found damaged data at byte offset {file.Position} of {file.Length} after {tensors.Count} tensors "
                + $"({e.Message}), "
                + "expected a file that module.save of TorchSharp wrote, or the extension .safetensors.", e);
        }

        return file.Position == file.Length
            ? tensors
            : throw new InvalidDataException(
                $"'{path}': found {file.Length - file.Position} bytes after the last of {tensors.Count} tensors, expected none; "
                + "a file of another format? Expected one that module.save of TorchSharp wrote, or the extension .safetensors.");
    }

    private static Tensor ReadTensor(string path, string name, BinaryReader reader)
    {
        long type = reader.Read7BitEncodedInt64(), rank = reader.Read7BitEncodedInt64();
        if (type is < 0 or > int.MaxValue || SafeTensors.BytesOf((ScalarType)type) is not { } size || rank is < 0 or > GreatestRank)
        {
            throw new InvalidDataException(
                $"'{path}', tensor '{name}': found dtype {type} and rank {rank}, "
                + $"expected one of {string.Join(", ", SafeTensors.DataTypes.Order().Select(t => $"{(int)t} ({t})"))} "
                + $"and at most {GreatestRank}.");
        }

        var shape = new long[rank];
        long left = reader.BaseStream.Length - reader.BaseStream.Position, length = size;
        for (int i = 0; i < rank; i++)
        {
            shape[i] = reader.Read7BitEncodedInt64();
            length = shape[i] >= 0 && (length == 0 || shape[i] <= left / length) ? length * shape[i] : -1;
            if (length < 0)
            {
                throw new InvalidDataException(
                    $"'{path}', tensor '{name}': found shape [{string.Join(", ", shape[..(i + 1)])}, ...] with {left} bytes left, "
                    + "expected its data inside the file.");
            }
        }

        // A scope of its own: after an error in the middle of the data the tensor is freed.
        using var scope = NewDisposeScope();
        var result = empty(shape, dtype: (ScalarType)type);
        reader.BaseStream.ReadExactly(length == 0 ? [] : result.bytes);
        return result.MoveToOuterDisposeScope();
    }
}
