using ApproxNets.Foundation;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ApproxNets.Models;

/// <summary>
/// Two 3x3 convolutions with a shortcut (He et al., CVPR 2016). A shortcut that changes the shape is a 1x1 convolution with batch
/// normalisation (option B of the paper). Names are torchvision's.
/// </summary>
internal sealed class BasicBlock : Module<Tensor, Tensor>
{
    private readonly Module<Tensor, Tensor> conv1;
    private readonly Module<Tensor, Tensor> bn1;
    private readonly Module<Tensor, Tensor> conv2;
    private readonly Module<Tensor, Tensor> bn2;
    private readonly Module<Tensor, Tensor>? downsample;

    private BasicBlock(int inChannels, int outChannels, int stride)
        : base(nameof(BasicBlock))
    {
        conv1 = Conv2d(inChannels, outChannels, 3, stride: stride, padding: 1, bias: false);
        bn1 = BatchNorm2d(outChannels);
        conv2 = Conv2d(outChannels, outChannels, 3, padding: 1, bias: false);
        bn2 = BatchNorm2d(outChannels);
        if (stride != 1 || inChannels != outChannels)
        {
            downsample = Sequential(
                ("0", Conv2d(inChannels, outChannels, 1, stride: stride, bias: false)), ("1", BatchNorm2d(outChannels)));
        }

        RegisterComponents();
    }

    /// <summary>Makes blocks in a row, of which the first has the stride.</summary>
    public static Sequential Stage(int inChannels, int outChannels, int blocks, int stride) =>
        Sequential(Enumerable.Range(0, blocks).Select(i =>
            (i.ToString(), (Module<Tensor, Tensor>)new BasicBlock(i == 0 ? inChannels : outChannels, outChannels, i == 0 ? stride : 1))));

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var x = functional.relu(bn1.call(conv1.call(input)));
        x = bn2.call(conv2.call(x));
        x = x.Plus(downsample is null ? input : downsample.call(input));
        return functional.relu(x).MoveToOuterDisposeScope();
    }
}
