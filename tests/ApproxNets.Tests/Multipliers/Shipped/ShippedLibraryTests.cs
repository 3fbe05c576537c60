using System.Security.Cryptography;
using System.Text;
using ApproxNets.Multipliers;
using ApproxNets.Multipliers.Circuits;
using ApproxNets.Multipliers.Shipped;
using ApproxNets.Studies;
using Xunit;

namespace ApproxNets.Tests.Multipliers.Shipped;

public sealed class ShippedLibraryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new("shipped");

    public void Dispose() => _folder.Dispose();

    public static TheoryData<Signedness> BothSignednesses => [Signedness.Unsigned, Signedness.Signed];

    [Theory]
    [MemberData(nameof(BothSignednesses))]
    public void There_are_more_than_150_distinct_multipliers_of_8_bits_and_narrower_ones(Signedness signedness)
    {
        var library = Libraries.Open("shipped", signedness);

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
    public void The_file_has_what_the_families_give(Signedness signedness)
    {
        var library = MultiplierLibrary.Shipped(signedness);
        Multiplier[] evolved = [.. library.Multipliers.Where(m => m.Name.Contains("_evo_", StringComparison.Ordinal))];
        Multiplier[] made = [.. ShippedLibrary.Distinct(ShippedLibrary.Families(signedness).Concat(evolved))];

        Assert.Equal(EvolvedFront.Targets.Count, evolved.Length);
        Assert.Equal(library.Sha256, new MultiplierLibrary("made", signedness, made).Sha256);
        foreach ((Multiplier read, Multiplier expected) in library.Multipliers.Zip(made))
        {
            Assert.Equal((expected.Figures, expected.PowerSource), (read.Figures, read.PowerSource));
            Assert.True(expected.Circuit!.Gates.SequenceEqual(read.Circuit!.Gates), read.Name);
        }
    }

    [Theory]
    [MemberData(nameof(BothSignednesses))]
    public void The_evolved_circuits_are_what_evolution_gives(Signedness signedness)
    {
        var library = MultiplierLibrary.Shipped(signedness);
        (int maxError, _) = EvolvedFront.Targets[0];
        Netlist again = EvolvedFront.Evolve(signedness, EvolvedFront.Targets[0], null, null, TestContext.Current.CancellationToken);

        Assert.True(again.Gates.SequenceEqual(library[EvolvedFront.NameOf(signedness, maxError)].Circuit!.Gates));
        foreach ((int limit, _) in EvolvedFront.Targets)
        {
            Multiplier evolved = library[EvolvedFront.NameOf(signedness, limit)];
            Assert.InRange(ErrorStatistics.Of(evolved).MeanAbsoluteError, limit / 2.0, limit);
            Assert.Equal(CircuitCost.RelativePower(evolved.Circuit!, signedness), evolved.RelativePower, 1e-12);
        }
    }

    /// <summary>A truncated multiplier, with correction or without, is dominated when an evolved one has neither more error nor as much
    /// power.</summary>
    [Theory]
    [InlineData(Signedness.Unsigned, 12)]
    [InlineData(Signedness.Signed, 13)]
    public void The_evolved_front_dominates_truncation(Signedness signedness, int count)
    {
        var library = MultiplierLibrary.Shipped(signedness);
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
        byte[] file = File.ReadAllBytes(ShippedLibrary.Path);
        string header = Encoding.ASCII.GetString(file, 0, Array.IndexOf(file, (byte)'\n'));

        Assert.InRange(file.Length, 10_000, 500_000);
        Assert.Matches("^ApproxNets multipliers 1, sha256 [0-9a-f]{64}, made by: approxnets multipliers generate$", header);
        Assert.Equal(file, ShippedFile.Write(ShippedFile.Read(ShippedLibrary.Path)));
    }

    [Fact]
    public void The_readme_has_its_checksum_and_counts()
    {
        string root = ApproxNets.Foundation.RepositoryFolder.Find(AppContext.BaseDirectory);
        string readme = Words("data", "README.md");
        int unsigned = MultiplierLibrary.Shipped(Signedness.Unsigned).Multipliers.Count;
        string counts = $"{unsigned} unsigned and {MultiplierLibrary.Shipped(Signedness.Signed).Multipliers.Count} signed";

        Assert.Contains(
            Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(ShippedLibrary.Path))), readme, StringComparison.Ordinal);
        Assert.Contains(counts, readme, StringComparison.Ordinal);
        Assert.Contains(counts, Words("README.md"), StringComparison.Ordinal);

        string Words(params string[] path) => // lines are wrapped anywhere
            string.Join(' ', File.ReadAllText(Path.Combine([root, .. path])).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void It_is_listed_with_its_size()
    {
        LibraryStatus status = Libraries.List().Single(s => s.Name == "shipped");
        int signed = MultiplierLibrary.Shipped(Signedness.Signed).Multipliers.Count;

        Assert.True(status.IsComplete);
        Assert.Contains($"{signed} signed", status.Description, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => MultiplierLibrary.Shipped((Signedness)2));
    }

    [Fact]
    public void Damaged_files_are_refused()
    {
        byte[] good = ShippedFile.Write([ShippedCircuit.Of(MultiplierFamilies.Truncated(Signedness.Signed, 5))]);
        string path = _folder["multipliers.bin"];
        File.WriteAllBytes(path, good);
        Assert.Equal("mul8s_trunc5", Assert.Single(ShippedFile.Read(path)).Name);
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
            Assert.StartsWith(path, Assert.Throws<InvalidDataException>(() => ShippedFile.Read(path)).Message, StringComparison.Ordinal);
        }
    }
}
