using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using ApproxNets.Layers;
using ApproxNets.Multipliers;
using Xunit;
using static TorchSharp.torch;

namespace ApproxNets.Tests.Foundation;

/// <summary>
/// A C# number becomes a TorchSharp Scalar, which owns native memory. TorchSharp passes only its address on, so a collection during the
/// native call may free it: "Unknown scalar type". Where the Scalar is a local with <c>using</c>, it lives until it is disposed.
/// </summary>
public sealed class ScalarLifetimeTests
{
    private const byte Call = 0x28, CallVirtual = 0x6F, StoreField = 0x7D, StoreStaticField = 0x80;

    // What makes a Scalar inside of TorchSharp, with the number of parameters. Operators: only some, but a name does not tell which.
    private static readonly string[] Careless =
    [
        "Tensor.add/1", "Tensor.add_/1", "Tensor.op_Addition", "Tensor.op_Subtraction", "Tensor.op_Multiply", "Tensor.op_Division",
        "Tensor.op_Modulus", "Tensor.addcdiv/2", "Tensor.addcdiv_/2", "Tensor.square", "Tensor.elu", "Tensor.celu", "Tensor.softplus",
        "torch.arange",
    ];

    [Theory]
    [InlineData(typeof(ApproxLayer))]
    [InlineData(typeof(ApproxNets.Benchmarks.TrainBenchmark))]
    public void EveryScalarIsHeldUntilTheCallReturns(Type ofAssembly)
    {
        using var file = new PEReader(File.OpenRead(ofAssembly.Assembly.Location));
        var metadata = file.GetMetadataReader();
        var members = metadata.MemberReferences.Where(h => metadata.GetMemberReference(h).Parent.Kind == HandleKind.TypeReference)
            .ToLookup(h => Name(metadata, metadata.GetMemberReference(h)), h => MetadataTokens.GetToken(h));
        int[] conversions = [.. members["Scalar.op_Implicit"]];
        int[] careless = [.. Careless.SelectMany(name => members[name])];
        Assert.NotEmpty(conversions);
        var found = new List<string>();
        foreach (var handle in metadata.MethodDefinitions)
        {
            var method = metadata.GetMethodDefinition(handle);
            byte[] code = method.RelativeVirtualAddress == 0 ? [] : file.GetMethodBody(method.RelativeVirtualAddress).GetILBytes()!;
            for (int i = 0; i + 5 < code.Length; i++)
            {
                int token = BitConverter.ToInt32(code, i + 1);
                if (code[i] is Call or CallVirtual
                    && (careless.Contains(token) || (conversions.Contains(token) && !Stores(code.AsSpan(i + 5)))))
                {
                    var type = metadata.GetTypeDefinition(method.GetDeclaringType());
                    found.Add($"{metadata.GetString(type.Name)}.{metadata.GetString(method.Name)}");
                }
            }
        }

        Assert.Empty(found);
    }

    // A channel's scales are numbers that become Scalars in every call.
    [Fact]
    public void CollectionsDoNotDisturbQuantisation()
    {
        using var layer = new ApproxLinear("l", nn.Linear(8, 8), new QuantizationOptions(Signedness.Signed) { PerChannelWeights = true });
        using var x = ones(1, 8);
        layer.Arithmetic = new QuantizedArithmetic();
        layer.call(x).Dispose();
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(3));
        var collector = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                GC.Collect(0);
                GC.WaitForPendingFinalizers();
            }
        });
        collector.IsBackground = true;
        collector.Start();
        while (!stop.IsCancellationRequested)
        {
            using var scope = NewDisposeScope();
            Assert.Equal([1, 8], layer.call(x).shape);
        }

        collector.Join();
    }

    private static string Name(MetadataReader metadata, MemberReference member)
    {
        string name = metadata.GetString(metadata.GetTypeReference((TypeReferenceHandle)member.Parent).Name)
            + "." + metadata.GetString(member.Name);
        var signature = metadata.GetBlobReader(member.Signature);
        signature.ReadSignatureHeader();
        return name.Contains(".add") ? $"{name}/{signature.ReadCompressedInteger()}" : name;
    }

    // stloc.0 .. stloc.3, stloc.s, stloc; fields are statics and locals of closures.
    private static bool Stores(ReadOnlySpan<byte> next) =>
        next[0] is (>= 0x0A and <= 0x0D) or 0x13 or StoreField or StoreStaticField || (next[0] == 0xFE && next[1] == 0x0E);
}
