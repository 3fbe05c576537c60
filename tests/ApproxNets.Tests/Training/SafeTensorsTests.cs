using System.Buffers.Binary;
using System.Text;
using ApproxNets.Tests.Layers;
using ApproxNets.Training;
using Xunit;
using static TorchSharp.torch;

namespace ApproxNets.Tests.Training;

public sealed class SafeTensorsTests
{
    private static readonly Dictionary<string, string> NoMetadata = [];

    [Fact]
    public void TensorsOfEveryTypeGoThereAndBack()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder("safetensors");
        string path = folder["new/a.safetensors"];
        (string, Tensor)[] tensors =
        [
            ("f32", randn(2, 3, 4)),
            ("f64", randn(5, dtype: ScalarType.Float64)),
            ("i64", tensor(new[] { long.MinValue, -1, long.MaxValue })),
            ("i32", tensor(new[] { int.MinValue, 7 })),
            ("f16", tensor(new[] { 1.5f, -65504, 6e-8f }).to(ScalarType.Float16)),
            ("bf16", tensor(new[] { 1.5f, -3e38f, 1e-38f }).to(ScalarType.BFloat16)),
            ("u8", tensor(new byte[] { 0, 128, 255 })),
            ("scalar", tensor(2.5f)),
            ("empty", zeros(0, 3)),
            ("transposed", arange(6, ScalarType.Float32).reshape(2, 3).t()),
            ("grad", nn.Parameter(randn(3))),
            ("ünï\"code", tensor(1L)),
        ];
        var metadata = new Dictionary<string, string> { ["seed"] = "7", ["text"] = "with \"quotes\", ümläuts and\nlines" };

        SafeTensors.Write(path, tensors, metadata);
        var (read, readMetadata) = SafeTensors.Read(path);

        Assert.Equal(metadata, readMetadata);
        Assert.Equal(tensors.Select(t => t.Item1), read.Keys);
        foreach (var (name, value) in tensors)
        {
            Assert.Equal(value.dtype, read[name].dtype);
            Assert.Equal(value.shape, read[name].shape);
            Assert.Equal(TinyProblem.Bytes(value), TinyProblem.Bytes(read[name]));
        }

        Assert.Equal(["a.safetensors"], Directory.GetFiles(Path.GetDirectoryName(path)!).Select(Path.GetFileName));
    }

    [Fact]
    public void FileIsAsTheFormatSays()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder("safetensors");
        string path = folder["a.safetensors"];
        SafeTensors.Write(path, [("a", tensor(new[] { 1, 2 })), ("b", tensor(new byte[] { 9 }))], NoMetadata);
        byte[] file = File.ReadAllBytes(path);
        int length = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        using var header = System.Text.Json.JsonDocument.Parse(file.AsMemory(8, length));
        Assert.Equal("""{"dtype":"I32","shape":[2],"data_offsets":[0,8]}""", header.RootElement.GetProperty("a").GetRawText());
        Assert.Equal("""{"dtype":"U8","shape":[1],"data_offsets":[8,9]}""", header.RootElement.GetProperty("b").GetRawText());
        Assert.Equal(new byte[] { 1, 0, 0, 0, 2, 0, 0, 0, 9 }, file[(8 + length)..]);
    }

    [Fact]
    public void UnsupportedTypeIsAnErrorAndLeavesTheOldFile()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder("safetensors");
        string path = folder["a.safetensors"];
        SafeTensors.Write(path, [("a", tensor(1))], NoMetadata);
        byte[] before = File.ReadAllBytes(path);
        Assert.Contains("'flag'", Assert.Throws<ArgumentException>(() => SafeTensors.Write(path, [("flag", tensor(true))], NoMetadata)).Message);
        Assert.Equal(before, File.ReadAllBytes(path));
        SafeTensors.Write(path, [("a", tensor(2))], NoMetadata);
        Assert.NotEqual(before, File.ReadAllBytes(path));
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Theory]
    [InlineData("not JSON")]
    [InlineData("[1, 2]")]
    [InlineData("null")]
    [InlineData("""{"a":{"dtype":"I32","shape":[1],"data_offsets":[0,4]}""")]
    [InlineData("""{"a":7}""")]
    [InlineData("""{"a":null}""")]
    [InlineData("""{"a":{"shape":[1],"data_offsets":[0,4]}}""")]
    [InlineData("""{"a":{"dtype":"I32","data_offsets":[0,4]}}""")]
    [InlineData("""{"a":{"dtype":"I32","shape":[1]}}""")]
    [InlineData("""{"a":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,4]}}""")]
    [InlineData("""{"a":{"dtype":32,"shape":[1],"data_offsets":[0,4]}}""")]
    [InlineData("""{"a":{"dtype":"I32","shape":["x"],"data_offsets":[0,4]}}""")]
    [InlineData("""{"a":{"dtype":"I32","shape":[1.5],"data_offsets":[0,6]}}""")]
    [InlineData("""{"a":{"dtype":"I32","shape":[-2],"data_offsets":[8,0]}}""")]
    [InlineData("""{"a":{"dtype":"I32","shape":[-1,-1],"data_offsets":[0,4]}}""")]
    [InlineData("""{"a":{"dtype":"I32","shape":[9223372036854775807,9],"data_offsets":[0,4]}}""")]
    [InlineData("""{"a":{"dtype":"I32","shape":[1],"data_offsets":[-4,0]}}""")]
    [InlineData("""{"a":{"dtype":"I32","shape":[1],"data_offsets":[0]}}""")]
    [InlineData("""{"a":{"dtype":"I32","shape":[1],"data_offsets":[0,4,8]}}""")]
    [InlineData("""{"a":{"dtype":"I32","shape":[2],"data_offsets":[0,4]}}""")]
    [InlineData("""{"a":{"dtype":"I32","shape":[2],"data_offsets":[4,12]}}""")]
    [InlineData("""{"a":{"dtype":"I32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"I32","shape":[1],"data_offsets":[4,8]}}""")]
    [InlineData("""{"a":{"dtype":"I32","shape":[1],"data_offsets":[0,4]}}""")]
    [InlineData("""{"a":{"dtype":"I32","shape":[1],"data_offsets":[4,8]}}""")]
    [InlineData("""{"a":{"dtype":"I32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"I32","shape":[2],"data_offsets":[0,8]}}""")]
    [InlineData("""{"a":{"dtype":"I32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"I32","shape":[1],"data_offsets":[4,8]}}""")]
    [InlineData("""{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"I32","shape":[1],"data_offsets":[4,8]}}""")]
    [InlineData("""{"a":{"dtype":"I32","shape":[0,4611686018427387904,8],"data_offsets":[0,0]},"b":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}""")]
    [InlineData("""{"a":{"dtype":"F64","dtype":"F64","shape":[1],"data_offsets":[0,8]}}""")]
    [InlineData("""{"a":{"dtype":"F64","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"data_offsets":[0,8]}}""")]
    [InlineData("""{"__metadata__":{"sha256":"0"}}""")]
    [InlineData("""{"__metadata__":{"sha257":"0","checked":"sha256"},"a":{"dtype":"I32","shape":[2],"data_offsets":[0,8]}}""")]
    [InlineData("""{"__metadata__":[]}""")]
    [InlineData("""{"__metadata__":null}""")]
    [InlineData("""{"__metadata__":{"a":null}}""")]
    [InlineData("""{"__metadata__":{"a":{}}}""")]
    public void MalformedHeaderIsAnErrorThatNamesTheFile(string header)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder("safetensors");
        byte[] text = Encoding.UTF8.GetBytes(header), length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, text.Length);
        string path = folder["bad.safetensors"];
        File.WriteAllBytes(path, [.. length, .. text, .. new byte[8]]);
        Assert.Contains("bad.safetensors", Assert.Throws<InvalidDataException>(() => SafeTensors.Read(path)).Message);
    }

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 2, 0, 0, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 2, 0, 0, 0, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 3, 0, 0, 0, 0, 0, 0, 0, 123, 125 })]
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 0, 0, 0, 123, 125 })]
    [InlineData(new byte[] { 255, 255, 255, 255, 255, 255, 255, 255, 123, 125 })]
    [InlineData(new byte[] { 255, 255, 255, 255, 255, 255, 255, 127, 123, 125 })]
    public void ShortFileIsAnError(byte[] file)
    {
        using var folder = new TemporaryFolder("safetensors");
        string path = folder["bad.safetensors"];
        File.WriteAllBytes(path, file);
        Assert.Contains($"{file.Length} bytes", Assert.Throws<InvalidDataException>(() => SafeTensors.Read(path)).Message);
    }

    [Fact]
    public void WritingLeavesNoTensorAndReadingOnlyItsResults()
    {
        using var folder = new TemporaryFolder("safetensors");
        string path = folder["a.safetensors"];
        using var plain = randn(3, 4);
        using var transposed = plain.t();
        long before = LiveTensors.Settled();
        SafeTensors.Write(path, [("a", plain), ("b", transposed)], NoMetadata);
        Assert.Equal(before, Tensor.TotalCount);
        var (read, _) = SafeTensors.Read(path);
        Assert.Equal(before + 2, Tensor.TotalCount);
        read.Values.ToList().ForEach(t => t.Dispose());
    }
}
