using ApproxNets.Multipliers.Shipped;

namespace ApproxNets.Multipliers;

/// <content>The shipped library.</content>
public sealed partial class MultiplierLibrary
{
    /// <summary>
    /// Reads the shipped library from <see cref="ShippedLibrary.FileName"/>: the exact multiplier, more than 150 others of distinct
    /// tables, families of the literature and evolved ones, operands of 4 to 8 bits, by falling power. Every one has its circuit, from
    /// which the tables are computed.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The signedness is unknown.</exception>
    /// <exception cref="FileNotFoundException">There is no such file in the repository or beside the program.</exception>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static MultiplierLibrary Shipped(Signedness signedness)
    {
        if (signedness is not (Signedness.Unsigned or Signedness.Signed))
        {
            throw new ArgumentOutOfRangeException(nameof(signedness), $"Found signedness {(int)signedness}, expected Unsigned or Signed.");
        }

        ShippedCircuit[] circuits = [.. ShippedFile.Read(ShippedLibrary.Path).Where(circuit => circuit.Signedness == signedness)];
        return new MultiplierLibrary(
            $"shipped {signedness.Word()}", signedness,
            circuits.AsParallel().AsOrdered().Select(circuit => circuit.ToMultiplier()));
    }
}
