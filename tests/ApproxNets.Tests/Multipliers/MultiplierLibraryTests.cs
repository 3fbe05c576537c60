using System.Runtime.InteropServices;
using System.Security.Cryptography;
using ApproxNets.Multipliers;
using Xunit;

namespace ApproxNets.Tests.Multipliers;

public sealed class MultiplierLibraryTests : IDisposable
{
    internal const string Header = "name,signed,power_mw,area_um2";
    private readonly TemporaryFolder _folder = new("circuits");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Signedness.Unsigned)]
    [InlineData(Signedness.Signed)]
    public void BuiltInIsDistinctAndCoversThePowerRange(Signedness signedness)
    {
        var library = MultiplierLibrary.Open(MultiplierLibrary.BuiltIn, signedness);
        IReadOnlyList<Multiplier> multipliers = library.Multipliers;
        Assert.InRange(multipliers.Count, 30, 40);
        Assert.Equal(multipliers.Count, multipliers.Select(m => m.Name).Distinct().Count());
        Assert.Equal(multipliers.Count, multipliers.Select(TableHash).Distinct().Count());
        Assert.Equal(multipliers.OrderByDescending(m => m.RelativePower).Select(m => m.Name), multipliers.Select(m => m.Name));
        Assert.True(library.Exact.IsExact && library.Exact.RelativePower == 1 && multipliers[0] == library.Exact);
        Assert.InRange(multipliers[^1].RelativePower, 0.03, 0.07);
        for (double power = 0.05; power < 0.95; power += 0.1)
        {
            Assert.Contains(multipliers, m => m.RelativePower >= power && m.RelativePower < power + 0.1);
        }

        Assert.All(multipliers, m => Assert.Equal((CircuitCost.Source, true), (m.PowerSource, ShippedCircuits.Find(m) is not null)));
        Assert.Equal(library.Sha256, MultiplierLibrary.Open(MultiplierLibrary.BuiltIn, signedness).Sha256);
    }

    [Fact]
    public void HashDependsOnNamesTablesPowerAndOrder()
    {
        Multiplier exact = MultiplierFamilies.Exact(Signedness.Signed), other = MultiplierFamilies.Truncated(Signedness.Signed, 3);
        string[] hashes =
        [
            Of(exact, other).Sha256,
            Of(other, exact).Sha256,
            Of(exact).Sha256,
            Of(exact, Renamed(other, "renamed")).Sha256,
            Of(exact, new Multiplier(other.Name, Signedness.Signed, other.Products.Span, 0.5, "elsewhere")).Sha256,
            Of(exact, new Multiplier(other.Name, Signedness.Signed, exact.Products.Span, other.RelativePower, "elsewhere")).Sha256,
        ];
        Assert.Equal(hashes.Length, hashes.Distinct().Count());
        Assert.All(hashes, hash => Assert.Matches("^[0-9a-f]{64}$", hash));
        Assert.Equal(hashes[0], new MultiplierLibrary("another name", Signedness.Signed, [exact, other]).Sha256);
    }

    [Fact]
    public void UnknownNameIsAnsweredWithTheNearest()
    {
        var library = MultiplierLibrary.Open(MultiplierLibrary.BuiltIn, Signedness.Unsigned);
        Assert.Same(library.Multipliers[3], library[library.Multipliers[3].Name]);
        string message = Assert.Throws<KeyNotFoundException>(() => library["MUL8U_DRUM33"]).Message;
        Assert.Contains("the nearest names are mul8u_drum3", message, StringComparison.Ordinal);
    }

    [Fact]
    public void WithoutAndWhereKeepTheOrderAndNeedAnExactMember()
    {
        var library = MultiplierLibrary.Open(MultiplierLibrary.BuiltIn, Signedness.Signed);
        string[] removed = [library.Multipliers[1].Name, library.Multipliers[4].Name];
        Assert.Equal(library.Multipliers.Where(m => !removed.Contains(m.Name)), library.Without(removed).Multipliers);
        Assert.Equal([library.Exact], library.Where(m => m.IsExact).Multipliers);
        Assert.Throws<ArgumentException>(() => library.Without(library.Exact.Name));
        Assert.Throws<KeyNotFoundException>(() => library.Without("mul8s_nothing"));
    }

    [Fact]
    public void MixedDuplicateOrInexactMembersAreRefused()
    {
        Multiplier exact = MultiplierFamilies.Exact(Signedness.Signed);
        AssertRefused("expected Signed multipliers only", exact, MultiplierFamilies.Exact(Signedness.Unsigned));
        AssertRefused("two multipliers named 'mul8s_exact'", exact, exact);
        AssertRefused("no exact multiplier among 1", MultiplierFamilies.Truncated(Signedness.Signed, 3));

        static void AssertRefused(string found, params Multiplier[] multipliers) =>
            Assert.Contains(found, Assert.Throws<ArgumentException>(() => Of(multipliers)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadsAFolder()
    {
        Table("s_exact", MultiplierFamilies.Exact(Signedness.Signed));
        Table("s_trunc", MultiplierFamilies.Truncated(Signedness.Signed, 4));
        Table("u_exact", MultiplierFamilies.Exact(Signedness.Unsigned));
        Costs(Header, "s_trunc,1,0.3,7", "u_exact,0,0.2,7", "s_exact,1,0.4,7");
        var library = MultiplierLibrary.ReadFolder(_folder.Path + Path.DirectorySeparatorChar, Signedness.Signed);
        Assert.Equal("circuits", library.Name);
        Assert.Equal(["s_exact", "s_trunc"], library.Multipliers.Select(m => m.Name));
        Assert.Equal([1, 0.3 / 0.4], library.Multipliers.Select(m => m.RelativePower));
        Assert.Equal("circuits.csv: 0.3 mW of 0.4 mW exact", library["s_trunc"].PowerSource);
        Assert.True(MultiplierFamilies.Truncated(Signedness.Signed, 4).Multiplier.Products.Span.SequenceEqual(library["s_trunc"].Products.Span));
        Assert.Equal("u_exact", Assert.Single(MultiplierLibrary.ReadFolder(_folder.Path, Signedness.Unsigned).Multipliers).Name);

        string elsewhere = _folder["costs.csv"];
        File.Move(_folder["circuits.csv"], elsewhere);
        Assert.Equal(library.Sha256, MultiplierLibrary.ReadFolder(_folder.Path, Signedness.Signed, elsewhere).Sha256);
        Assert.Contains("circuits.csv: found no such file", MissingFile(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("circuits.csv: found no row for s_exact.npy", Header, "other,1,0.3,7")]
    [InlineData("line 3: found 's_exact' again (first in line 2)", Header, "s_exact,1,0.4,7", "s_exact,1,0.4,7")]
    [InlineData("line 2: found power_mw 'much'", Header, "s_exact,1,much,7")]
    [InlineData("line 2: found power_mw '-0.4'", Header, "s_exact,1,-0.4,7")]
    [InlineData("line 2: found power_mw 'NaN'", Header, "s_exact,1,NaN,7")]
    [InlineData("line 2: found power_mw '1e999'", Header, "s_exact,1,1e999,7")]
    [InlineData("line 2: found power_mw 0 of an exact multiplier", Header, "s_exact,1,0,7")]
    [InlineData("line 2: found exact_power_mw 0", "name,signed,power_mw,exact_power_mw", "s_exact,1,0.4,0")]
    [InlineData("line 2: found signed 'yes'", Header, "s_exact,yes,0.4,7")]
    [InlineData("line 2: found the name '../s_exact'", Header, "../s_exact,1,0.4,7")]
    [InlineData("line 2: found 3 fields, expected 4", Header, "s_exact,1,0.4")]
    [InlineData("line 2: found a quote", Header, "\"s_exact\",1,0.4,7")]
    [InlineData("line 1: found the columns name, signed", "name,signed")]
    [InlineData("line 1: found an empty file")]
    [InlineData("found no signed tables, expected at least that of the exact multiplier. Its tables are unsigned: notebooks take them with -p scheme=unsigned.", Header, "s_exact,0,0.4,7")]
    public void BadCostFileIsRefused(string found, params string[] lines)
    {
        Table("s_exact", MultiplierFamilies.Exact(Signedness.Signed));
        Costs(lines);
        string message = Assert.Throws<InvalidDataException>(() => MultiplierLibrary.ReadFolder(_folder.Path, Signedness.Signed)).Message;
        Assert.Contains(found, message, StringComparison.Ordinal);
        Assert.Contains("expected", message, StringComparison.Ordinal);
    }

    [Fact]
    public void RowWithoutTableAndMissingFolderAreRefused()
    {
        Costs(Header, "s_exact,1,0.4,7");
        Assert.Contains("line 2: found no table", MissingFile(), StringComparison.Ordinal);
        Assert.Throws<DirectoryNotFoundException>(() => MultiplierLibrary.ReadFolder(_folder["none"], Signedness.Signed));
    }

    private string MissingFile() =>
        Assert.Throws<FileNotFoundException>(() => MultiplierLibrary.ReadFolder(_folder.Path, Signedness.Signed)).Message;

    private static MultiplierLibrary Of(params Multiplier[] multipliers) => new("test", Signedness.Signed, multipliers);

    private static Multiplier Renamed(Multiplier multiplier, string name) =>
        new(name, multiplier.Signedness, multiplier.Products.Span, multiplier.RelativePower, multiplier.PowerSource);

    private static string TableHash(Multiplier multiplier) =>
        Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes(multiplier.Products.Span)));

    private void Table(string name, Multiplier multiplier) => NpyTable.Write(_folder[name + ".npy"], multiplier.Products.Span);

    private void Costs(params string[] lines) => File.WriteAllLines(_folder["circuits.csv"], lines);
}
