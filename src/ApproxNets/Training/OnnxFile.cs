using System.Runtime.InteropServices;
using Google.Protobuf;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ApproxNets.Training;

/// <summary>
/// Reads the weights of an ONNX file: the initialisers by name, and which of them each convolution, matrix product and batch normalisation
/// takes. Nothing is computed. https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3 has the fields.
/// </summary>
internal sealed class OnnxFile
{
    private const int Float = 1;

    private readonly Dictionary<string, Tensor> _initialisers = [];
    private readonly List<(string Operator, string[] Inputs)> _nodes = [];
    private readonly string _path;

    private OnnxFile(string path) => _path = path;

    /// <summary>The weights by the names they have in the file, float32.</summary>
    public IReadOnlyDictionary<string, Tensor> Initialisers => _initialisers;

    /// <summary>The nodes in the order of the graph, with the names of their inputs.</summary>
    public IReadOnlyList<(string Operator, string[] Inputs)> Nodes => _nodes;

    /// <summary>Reads a file. The tensors are the caller's.</summary>
    /// <exception cref="InvalidDataException">It is no ONNX file, or a weight is not of float32.</exception>
    public static OnnxFile Read(string path)
    {
        var file = new OnnxFile(path);
        try
        {
            using var stream = File.OpenRead(path);
            Fields(new CodedInputStream(stream), (tag, model) => WireFormat.GetTagFieldNumber(tag) == 7 && file.ReadGraph(model.ReadBytes()));
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new InvalidDataException($"'{path}': found no ONNX file ({e.Message}), expected one.", e);
        }

        return file._nodes.Count > 0 ? file : throw new InvalidDataException($"'{path}': found no graph, expected an ONNX file with one.");
    }

    /// <summary>
    /// The weights by the names of a network. Exporters such as CNTK's give numbers for names, so names do not count: every convolution of the
    /// graph goes, in order, to the first one of the network of its shape, and the batch normalisation behind it to that registered behind it.
    /// </summary>
    /// <param name="network">The network; it is not changed.</param>
    /// <param name="leftOut">Receives the names of kernels that have no place in the network.</param>
    /// <exception cref="InvalidDataException">A convolution or normalisation takes a weight that is no initialiser.</exception>
    public Dictionary<string, Tensor> WeightsOf(nn.Module network, ICollection<string> leftOut)
    {
        var modules = network.named_modules().Where(m => m.module is Conv2d or BatchNorm2d).ToList();
        var weights = new Dictionary<string, Tensor>();
        for (int i = 0; i < _nodes.Count; i++)
        {
            if (_nodes[i].Operator == "Conv")
            {
                var kernel = InputOf(i, 1);
                int place = modules.FindIndex(m => m.module is Conv2d conv && !weights.ContainsKey(m.name + ".weight")
                    && conv.weight.shape.SequenceEqual(kernel.shape));
                if (place < 0)
                {
                    leftOut.Add(_nodes[i].Inputs[1]);
                    continue;
                }

                weights[modules[place].name + ".weight"] = kernel;
                if (i + 1 < _nodes.Count && _nodes[i + 1].Operator == "BatchNormalization" && place + 1 < modules.Count)
                {
                    string[] parts = ["weight", "bias", "running_mean", "running_var"];
                    for (int part = 0; part < parts.Length; part++)
                    {
                        weights[$"{modules[place + 1].name}.{parts[part]}"] = InputOf(i + 1, part + 1);
                    }
                }
            }
        }

        return weights;
    }

    private Tensor InputOf(int node, int input)
    {
        var (type, inputs) = _nodes[node];
        string name = inputs.ElementAtOrDefault(input) ?? "nothing";
        return _initialisers.GetValueOrDefault(name)
            ?? throw new InvalidDataException($"'{_path}': found {name} as input {input} of node {node} ({type}), expected the name of an initialiser.");
    }

    /// <summary>Calls a reader for every field of a message; what it does not read is skipped.</summary>
    private static void Fields(CodedInputStream message, Func<uint, CodedInputStream, bool> read)
    {
        for (uint tag = message.ReadTag(); tag != 0; tag = message.ReadTag())
        {
            if (!read(tag, message))
            {
                message.SkipLastField();
            }
        }
    }

    private bool ReadGraph(ByteString bytes)
    {
        Fields(bytes.CreateCodedInput(), (tag, graph) => WireFormat.GetTagFieldNumber(tag) switch
        {
            1 => ReadNode(graph.ReadBytes()),
            5 => ReadTensor(graph.ReadBytes()),
            _ => false,
        });
        return true;
    }

    private bool ReadNode(ByteString bytes)
    {
        string type = "";
        List<string> inputs = [];
        Fields(bytes.CreateCodedInput(), (tag, node) =>
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case 1:
                    inputs.Add(node.ReadString());
                    return true;
                case 4:
                    type = node.ReadString();
                    return true;
                default:
                    return false;
            }
        });
        _nodes.Add((type, [.. inputs]));
        return true;
    }

    private bool ReadTensor(ByteString bytes)
    {
        string name = "";
        int type = 0;
        List<long> shape = [];
        List<float> values = [];
        Fields(bytes.CreateCodedInput(), (tag, tensor) =>
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case 1 when WireFormat.GetTagWireType(tag) == WireFormat.WireType.Varint:
                    shape.Add(tensor.ReadInt64());
                    return true;
                case 1:
                    Packed(tensor.ReadBytes(), packed => shape.Add(packed.ReadInt64()));
                    return true;
                case 2:
                    type = tensor.ReadInt32();
                    return true;
                case 4 when WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited:
                    Packed(tensor.ReadBytes(), packed => values.Add(packed.ReadFloat()));
                    return true;
                case 8:
                    name = tensor.ReadString();
                    return true;
                case 9:
                    values.AddRange(MemoryMarshal.Cast<byte, float>(tensor.ReadBytes().Span));
                    return true;
                default:
                    return false;
            }
        });
        if (type != Float || shape.Aggregate(1L, (a, b) => a * b) != values.Count)
        {
            throw new InvalidDataException(
                $"'{_path}': found initialiser '{name}' of type {type}, shape [{string.Join(", ", shape)}] and {values.Count} values, "
                + "expected float32 (type 1) and a value for each element.");
        }

        _initialisers[name] = tensor(values.ToArray()).reshape([.. shape]);
        return true;
    }

    private static void Packed(ByteString bytes, Action<CodedInputStream> read)
    {
        var packed = bytes.CreateCodedInput();
        while (!packed.IsAtEnd)
        {
            read(packed);
        }
    }
}
