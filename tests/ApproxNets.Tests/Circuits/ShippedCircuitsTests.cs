using System.Security.Cryptography;
using System.Text;
using ApproxNets.Circuits.Evolution;
using ApproxNets.Foundation;
using ApproxNets.Multipliers;
using Xunit;

namespace ApproxNets.Tests.Circuits;

public sealed class ShippedCircuitsTests : IDisposable
{
    private static readonly string FilePath = RepositoryFolder.FindFile(ShippedCircuits.FileName);
    private readonly TemporaryFolder _folder = new("shipped");

    public void Dispose() => _folder.Dispose();

    public static TheoryData<Signedness> BothSignednesses => [Signedness.Unsigned, Signedness.Signed];

    private static MultiplierLibrary Shipped(Signedness signedness) => OfFile(MultiplierLibrary.Shipped, signedness);

    /// <summary>A library without the multipliers of sign and magnitude, which are not in its file.</summary>
    private static MultiplierLibrary OfFile(string name, Signedness signedness) =>
        MultiplierLibrary.Open(name, signedness).Where(m => m.PowerWithoutSignLogic is null);

    [Theory]
    [MemberData(nameof(BothSignednesses))]
    public void There_are_more_than_150_distinct_multipliers_of_8_bits_and_narrower_ones(Signedness signedness)
    {
        var library = Shipped(signedness);

        Assert.Equal(library.Multipliers.Count, library.Multipliers.Select(m => m.TableHash).Distinct().Count());
        Assert.True(library.Multipliers.Count(m => m.Name.StartsWith("mul8", StringComparison.Ordinal)) > 150);
        Assert.All([4, 5, 6, 7], bits => Assert.True(
            library.Multipliers.Count(m => m.Name.StartsWith($"mul{bits}", StringComparison.Ordinal)) >= 4, $"{bits} bits"));
        Assert.Equal((1, $"mul8{(signedness == Signedness.Signed ? 's' : 'u')}_exact"), (library.Exact.RelativePower, library.Exact.Name));
        Assert.Single(library.Multipliers, m => m.IsExact);
        Assert.Equal(library.Multipliers.OrderByDescending(m => m.RelativePower).Select(m => m.Name), library.Multipliers.Select(m => m.Name));
    }

    /// <summary>Everything but the evolution, whose first run has a test of its own.</summary>
    [Theory]
    [MemberData(nameof(BothSignednesses))]
    public void The_file_of_circuits_has_what_the_families_give(Signedness signedness)
    {
        MultiplierCircuit[] read = [.. CircuitFile.Read(FilePath).Where(c => c.Signedness == signedness).Select(c => c.ToMultiplier())];
        MultiplierCircuit[] evolved = [.. read.Where(c => c.Multiplier.Name.Contains("_evo_", StringComparison.Ordinal))];
        MultiplierCircuit[] made = [.. ShippedCircuits.Distinct(ShippedCircuits.Families(signedness).Concat(evolved))];

        int magnitudes = signedness == Signedness.Unsigned ? ShippedCircuits.MagnitudeTargets.Count : 0;
        Assert.Equal(ShippedCircuits.EvolutionTargets.Count + magnitudes, evolved.Length);
        AssertSame(made.Select(c => c.Multiplier), read.Select(c => c.Multiplier));
        Assert.All(made.Zip(read), pair => Assert.True(
            pair.First.Netlist.Gates.SequenceEqual(pair.Second.Netlist.Gates), pair.First.Multiplier.Name));
    }

    [Fact]
    public void Circuits_for_magnitudes_keep_their_limits_and_are_cheaper_the_more_they_may_err()
    {
        var library = Shipped(Signedness.Unsigned);
        IReadOnlyList<double> x = OperandDistributions.Rectified, w = OperandDistributions.Symmetric;
        var signed = ShippedCircuits.MagnitudeTargets.OrderBy(target => target.MaxDeviation).Select(target =>
        {
            Multiplier multiplier = Multiplier.SignMagnitude(library[$"mul8u_evo_dev{target.MaxDeviation}"]);
            int[] errors = multiplier.ErrorMap();
            double deviation = Math.Sqrt(Enumerable.Range(0, errors.Length).Sum(i => x[i >> 8] * w[i & 255] * errors[i] * errors[i]));
            Assert.InRange(deviation, 0.7 * target.MaxDeviation, target.MaxDeviation + 0.6); // the table rounds quarters
            return multiplier;
        }).ToList();

        Assert.All(signed.Zip(signed.Skip(1)), pair => Assert.True(pair.Second.RelativePower < pair.First.RelativePower, pair.Second.Name));
    }

    [Theory]
    [MemberData(nameof(BothSignednesses))]
    public void The_files_of_tables_have_what_the_circuits_give(Signedness signedness)
    {
        AssertSame(
            CircuitFile.Read(FilePath).Where(c => c.Signedness == signedness).Select(c => c.ToMultiplier().Multiplier),
            Shipped(signedness).Multipliers);
        AssertSame(
            ShippedCircuits.BuiltIn(signedness).Select(c => c.Multiplier),
            MultiplierLibrary.Open(MultiplierLibrary.BuiltIn, signedness).Multipliers);
    }

    /// <summary>Bit for bit: names, tables, powers, areas, delays and sources, in order.</summary>
    private static void AssertSame(IEnumerable<Multiplier> expected, IEnumerable<Multiplier> found)
    {
        static object Figures(Multiplier m) => (
            m.Name, m.Signedness, BitConverter.DoubleToInt64Bits(m.RelativePower), m.PowerSource, m.AreaSquareMicrometres,
            m.DelayNanoseconds, m.AreaDelaySource, Convert.ToHexString(SHA256.HashData(
                System.Runtime.InteropServices.MemoryMarshal.AsBytes(m.Products.Span))));
        Assert.Equal(expected.Select(Figures), found.Select(Figures));
    }

    /// <summary>Keys of stored results depend on these.</summary>
    [Theory]
    [InlineData("built-in", Signedness.Unsigned, "77c8b79676fd7638275e4947f606c771a9455d65738fb052df1c814d70f2ed90")]
    [InlineData("built-in", Signedness.Signed, "c4411e5e3c09b8e8b48d6829f566da1fb4b8c3693f88cffcb60f46a15f522260")]
    [InlineData("shipped", Signedness.Unsigned, "de524bf8a7077eb17c04fefe8793311ff4819e62f152982831e3b797f2ad839d")]
    [InlineData("shipped", Signedness.Signed, "faab6023d6f388bdfbac5f46de53b3224cb3a1599d6e8615a04905a3851cff70")]
    public void The_libraries_keep_their_hashes(string name, Signedness signedness, string sha256) =>
        Assert.Equal(sha256, OfFile(name, signedness).Sha256);

    [Theory]
    [MemberData(nameof(BothSignednesses))]
    public void The_circuit_of_every_multiplier_is_found(Signedness signedness)
    {
        foreach (Multiplier multiplier in new[] { MultiplierLibrary.BuiltIn, MultiplierLibrary.Shipped }
            .SelectMany(name => OfFile(name, signedness).Multipliers))
        {
            MultiplierCircuit found = ShippedCircuits.Find(multiplier)!;
            Assert.Same(multiplier, found.Multiplier);
            Assert.True(found.Netlist.Widened().Products(signedness).AsSpan().SequenceEqual(multiplier.Products.Span), multiplier.Name);
        }

        Assert.Null(ShippedCircuits.Find(Multiplier.FromFunction(
            $"mul8{(signedness == Signedness.Signed ? 's' : 'u')}_exact", signedness, (x, w) => (x & ~1) * w, 1, "of a name that is shipped")));
    }

    [Theory]
    [MemberData(nameof(BothSignednesses))]
    public void The_evolved_circuits_are_what_evolution_gives(Signedness signedness)
    {
        var library = Shipped(signedness);
        (int maxError, _) = ShippedCircuits.EvolutionTargets[0];
        Netlist again = ShippedCircuits.Evolve(
            signedness, ShippedCircuits.EvolutionTargets[0], null, null, TestContext.Current.CancellationToken).Netlist;

        Assert.True(again.Gates.SequenceEqual(Find(maxError).Netlist.Gates));
        foreach ((int limit, _) in ShippedCircuits.EvolutionTargets)
        {
            MultiplierCircuit evolved = Find(limit);
            Assert.InRange(ErrorStatistics.Of(evolved).MeanAbsoluteError, limit / 2.0, limit);
            Assert.Equal(CircuitCost.RelativePower(evolved.Netlist, signedness), evolved.Multiplier.RelativePower, 1e-12);
        }

        MultiplierCircuit Find(int limit) => ShippedCircuits.Find(library[ShippedCircuits.EvolvedName(signedness, limit)])!;
    }

    /// <summary>A truncated multiplier, with correction or without, is dominated when an evolved one has neither more error nor as much
    /// power.</summary>
    [Theory]
    [InlineData(Signedness.Unsigned, 12)]
    [InlineData(Signedness.Signed, 13)]
    public void The_evolved_front_dominates_truncation(Signedness signedness, int count)
    {
        var library = Shipped(signedness);
        (Multiplier Multiplier, double Error)[] all =
            [.. library.Multipliers.Select(m => (m, ErrorStatistics.Of(m).MeanAbsoluteError))];
        var evolved = all.Where(m => m.Multiplier.Name.Contains("_evo_", StringComparison.Ordinal)).ToList();
        var truncated = all.Where(m => m.Multiplier.Name.StartsWith("mul8", StringComparison.Ordinal)
            && m.Multiplier.Name.Contains("_trunc", StringComparison.Ordinal) && m.Error is > 75 and < 3000).ToList();

        Assert.Equal(count, truncated.Count);
        Assert.Empty(truncated
            .Where(t => !evolved.Exists(e => e.Error <= t.Error && e.Multiplier.RelativePower < t.Multiplier.RelativePower))
            .Select(t => t.Multiplier.Name));
    }

    [Fact]
    public void The_file_is_small_says_how_it_was_made_and_is_written_the_same()
    {
        byte[] file = File.ReadAllBytes(FilePath);
        string header = Encoding.ASCII.GetString(file, 0, Array.IndexOf(file, (byte)'\n'));

        Assert.InRange(file.Length, 10_000, 500_000);
        Assert.Matches("^ApproxNets multipliers 1, sha256 [0-9a-f]{64}, made by: approxnets multipliers generate$", header);
        Assert.Equal(file, CircuitFile.Bytes(CircuitFile.Read(FilePath)));
    }

    [Fact]
    public void All_files_are_written_and_read_again()
    {
        MultiplierCircuit[] circuits = [MultiplierFamilies.Exact(Signedness.Signed), MultiplierFamilies.Truncated(Signedness.Signed, 5)];
        IReadOnlyList<string> files = ShippedCircuits.Write(_folder.Path, circuits);

        Assert.Equal(
            ["data/multipliers.bin", "data/libraries/shipped.tables", "data/libraries/built-in.tables"],
            files.Select(file => Path.GetRelativePath(_folder.Path, file).Replace('\\', '/')));
        Assert.Equal(["mul8s_exact", "mul8s_trunc5"], CircuitFile.Read(files[0]).Select(c => c.Name));
        AssertSame(circuits.Select(c => c.Multiplier), LibraryFile.Read(files[1]));
        Assert.Equal(36 + 32, LibraryFile.Read(files[2]).Count);
    }

    [Fact]
    public void The_readme_has_its_checksum_and_counts()
    {
        string root = RepositoryFolder.Find(AppContext.BaseDirectory);
        string readme = Words("data", "README.md");
        string counts = $"{Shipped(Signedness.Unsigned).Multipliers.Count} unsigned and {Shipped(Signedness.Signed).Multipliers.Count} signed";

        Assert.Contains(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(FilePath))), readme, StringComparison.Ordinal);
        Assert.Contains(counts, readme, StringComparison.Ordinal);
        Assert.Contains(counts, Words("README.md"), StringComparison.Ordinal);

        string Words(params string[] path) => // lines are wrapped anywhere
            string.Join(' ', File.ReadAllText(Path.Combine([root, .. path]))
                .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void Damaged_files_are_refused()
    {
        byte[] good = CircuitFile.Bytes([ShippedCircuit.Of(MultiplierFamilies.Truncated(Signedness.Signed, 5))]);
        string path = _folder["multipliers.bin"];
        File.WriteAllBytes(path, good);
        Assert.Equal("mul8s_trunc5", Assert.Single(CircuitFile.Read(path)).Name);
        for (int at = 0; at < good.Length; at++)
        {
            byte[] bad = [.. good];
            bad[at] ^= 1;
            AssertRefused(bad);
            AssertRefused(good[..at]);
        }

        void AssertRefused(byte[] bytes)
        {
            File.WriteAllBytes(path, bytes);
            Assert.StartsWith(path, Assert.Throws<InvalidDataException>(() => CircuitFile.Read(path)).Message, StringComparison.Ordinal);
        }
    }
}
