using ApproxNets.Models;
using ApproxNets.Training;
using Google.Protobuf;
using Xunit;
using static TorchSharp.torch;

namespace ApproxNets.Tests.Training;

public sealed class OnnxFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void WeightsAreReadAsTheyWereWritten(bool raw)
    {
        using var scope = NewDisposeScope();
        var file = OnnxFile.Read(Write([("Conv", ["x", "W"]), ("Relu", ["y"])], [("W", [2, 1, 1, 2], [1, -2, 3, 0.5f])], raw));
        Assert.Equal(["Conv", "Relu"], file.Nodes.Select(n => n.Operator));
        Assert.Equal(["x", "W"], file.Nodes[0].Inputs);
        Assert.Equal([2, 1, 1, 2], file.Initialisers["W"].shape);
        Assert.Equal([1, -2, 3, 0.5f], file.Initialisers["W"].data<float>().ToArray());
    }

    [Fact]
    public void NumbersForNamesFindTheirPlaceByShapeAndOrder()
    {
        using var scope = NewDisposeScope();
        using var network = new ResNet(8, 10, 1);

        // As an exporter lists them: the shortcut of a block before its convolutions, each with its batch normalisation behind it.
        string[] convolutions =
        [
            "conv1", "layer1.0.conv1", "layer1.0.conv2", "layer2.0.downsample.0", "layer2.0.conv1", "layer2.0.conv2",
            "layer3.0.downsample.0", "layer3.0.conv1", "layer3.0.conv2",
        ];
        var state = network.state_dict();
        List<(string, string[])> nodes = [];
        List<(string, long[], float[])> weights = [];
        var expected = new Dictionary<string, float[]>();
        int number = 0;
        string Add(string name)
        {
            float[] values = [.. Enumerable.Range(0, (int)state[name].numel()).Select(i => (i % 7) + number)];
            expected[name] = values;
            weights.Add(($"Parameter{++number}", state[name].shape, values));
            return $"Parameter{number}";
        }

        foreach (string name in convolutions)
        {
            string norm = name.Contains("downsample", StringComparison.Ordinal) ? name[..^1] + "1" : name.Replace("conv", "bn", StringComparison.Ordinal);
            nodes.Add(("Conv", ["x", Add(name + ".weight")]));
            nodes.Add(("BatchNormalization", ["x", Add(norm + ".weight"), Add(norm + ".bias"), Add(norm + ".running_mean"), Add(norm + ".running_var")]));
        }

        nodes.Add(("Conv", ["x", "More"]));
        weights.Add(("More", [5, 5, 1, 1], new float[25]));
        List<string> leftOut = [];
        var found = OnnxFile.Read(Write(nodes, weights)).WeightsOf(network, leftOut);
        Assert.Equal(["More"], leftOut);
        Assert.Equal(expected.Keys.Order(), found.Keys.Order());
        Assert.All(expected, e => Assert.Equal(e.Value, found[e.Key].data<float>().ToArray()));
        Assert.Equal(
            network.named_parameters().Select(p => p.name).Where(n => !n.StartsWith("fc", StringComparison.Ordinal)).Except(found.Keys), []);
    }

    [Fact]
    public void OtherFilesAreErrors()
    {
        string path = _folder["x.onnx"];
        File.WriteAllText(path, "no ONNX");
        Assert.Contains("x.onnx", Assert.Throws<InvalidDataException>(() => OnnxFile.Read(path)).Message);
        File.WriteAllBytes(path, []);
        Assert.Contains("found no graph", Assert.Throws<InvalidDataException>(() => OnnxFile.Read(path)).Message);
        path = Write([("Conv", ["x", "W"])], [("W", [2, 2], [1, 2, 3])]);
        Assert.Contains("'W' of type 1, shape [2, 2] and 3 values", Assert.Throws<InvalidDataException>(() => OnnxFile.Read(path)).Message);
        byte[] bytes = File.ReadAllBytes(path);
        using var network = new ResNet(8, 10, 1);
        var computed = OnnxFile.Read(Write([("Conv", ["x", "computed"])], []));
        Assert.Contains("found computed as input 1 of node 0 (Conv)", Assert.Throws<InvalidDataException>(() => computed.WeightsOf(network, [])).Message);
        File.WriteAllBytes(path, bytes[..^3]);
        Assert.Contains("found no ONNX file", Assert.Throws<InvalidDataException>(() => OnnxFile.Read(path)).Message);
    }

    private string Write(IEnumerable<(string Operator, string[] Inputs)> nodes, IEnumerable<(string Name, long[] Shape, float[] Values)> weights, bool raw = true)
    {
        byte[] graph = Message(output =>
        {
            foreach (var (type, inputs) in nodes)
            {
                Embed(output, 1, Message(node =>
                {
                    Array.ForEach(inputs, input => Text(node, 1, input));
                    Text(node, 4, type);
                }));
            }

            foreach (var (name, shape, values) in weights)
            {
                Embed(output, 5, Message(tensor =>
                {
                    if (raw)
                    {
                        Embed(tensor, 1, Message(packed => Array.ForEach(shape, packed.WriteInt64)));
                    }
                    else
                    {
                        Array.ForEach(shape, size => Number(tensor, 1, size));
                    }

                    Number(tensor, 2, 1);
                    Text(tensor, 8, name);
                    Embed(tensor, raw ? 9 : 4, Message(packed => Array.ForEach(values, packed.WriteFloat)));
                }));
            }
        });
        string path = _folder["model.onnx"];
        File.WriteAllBytes(path, Message(model =>
        {
            Number(model, 1, 3);
            Embed(model, 7, graph);
        }));
        return path;
    }

    private static byte[] Message(Action<CodedOutputStream> write)
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true))
        {
            write(output);
        }

        return bytes.ToArray();
    }

    private static void Embed(CodedOutputStream output, int field, byte[] message)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(message));
    }

    private static void Text(CodedOutputStream output, int field, string text)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteString(text);
    }

    private static void Number(CodedOutputStream output, int field, long number)
    {
        output.WriteTag(field, WireFormat.WireType.Varint);
        output.WriteInt64(number);
    }
}
