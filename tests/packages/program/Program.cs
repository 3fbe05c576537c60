using ApproxNets.Circuits;
using ApproxNets.Experiments;
using ApproxNets.Multipliers;
using TorchSharp;

// A tensor before anything of ApproxNets: the build has prepared TorchSharp's native library.
using (var tensor = torch.ones(3))
{
    Console.WriteLine(tensor.sum().item<float>());
}

MultiplierCircuit circuit = MultiplierFamilies.Truncated(Signedness.Signed, 6);
Console.WriteLine(ErrorStatistics.Of(circuit.Multiplier));

// The files of the package: libraries and circuits.
MultiplierLibrary library = MultiplierLibrary.Open(MultiplierLibrary.Shipped, Signedness.Signed);
Console.WriteLine($"{library.Multipliers.Count} multipliers, {library.Multipliers.Count(m => ShippedCircuits.Find(m) is not null)} with circuits");

Experiment experiment = Experiment.Open(network: "lenet5", profile: "smoke");
Console.WriteLine($"{experiment.TestAccuracy(experiment.Quantized().Model):P1} of the test images after a training that learns nothing");
