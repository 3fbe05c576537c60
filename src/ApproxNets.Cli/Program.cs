using TorchSharp;
Console.WriteLine(torch.__version__);
using var t = torch.rand(3, 3);
Console.WriteLine(t.sum().item<float>());
