using ApproxNets.Build;
using ApproxNets.Layers;
using TorchSharp;
using Xunit;

namespace ApproxNets.Tests.Layers;

public sealed class NativeTorchTests : IDisposable
{
    // What the library asks for on every system, so that the tests find work on a new one too.
    private static readonly string[] Asked = ["GLIBCXX_3.4.32", "GLIBCXX_3.4.21"];

    private readonly TemporaryFolder _folder = new();

    private static string Library => Path.Combine(Path.GetDirectoryName(typeof(torch).Assembly.Location)!, "runtimes", "linux-x64", "native", "libLibTorchSharp.so");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_library_that_the_system_accepts_is_left_where_it_is()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux only");
        Assert.Equal(Library, NativeTorch.Accepted(Library, [], _folder["cache"]));
        Assert.Equal(Library, NativeTorch.Accepted(Library, ["GLIBCXX_9.9.99"], _folder["cache"]));
        Assert.False(Directory.Exists(_folder["cache"]));
    }

    [Fact]
    public void Any_number_of_processes_make_one_copy_whose_requirement_is_optional()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux only");
        var copies = new string[8];
        Parallel.For(0, copies.Length, i => copies[i] = NativeTorch.Accepted(Library, Asked, _folder["cache"]));

        string copy = Assert.Single(copies.Distinct());
        Assert.StartsWith(_folder["cache"], copy);
        Assert.Equal([copy], Directory.GetFiles(_folder["cache"], "*", SearchOption.AllDirectories));
        byte[] before = File.ReadAllBytes(Library), after = File.ReadAllBytes(copy);
        Assert.Equal(before.Length, after.Length);
        Assert.InRange(before.Zip(after).Count(pair => pair.First != pair.Second), 1, Asked.Length);
        Assert.Equal(0, SymbolVersions.Weaken(after, Asked));
    }

    [Fact]
    public void A_copy_that_was_cut_off_is_made_anew()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux only");
        string copy = NativeTorch.Accepted(Library, Asked, _folder["cache"]);
        File.WriteAllText(copy, "half");
        Assert.Equal(copy, NativeTorch.Accepted(Library, Asked, _folder["cache"]));
        Assert.Equal(new FileInfo(Library).Length, new FileInfo(copy).Length);
    }

    [Fact]
    public void A_folder_that_cannot_be_written_and_a_damaged_library_are_errors_with_a_remedy()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux only");
        File.WriteAllText(_folder["file"], "");
        string message = Assert.Throws<DllNotFoundException>(() => NativeTorch.Accepted(Library, Asked, Path.Combine(_folder["file"], "cache"))).Message;
        Assert.Contains("GLIBCXX_3.4.32", message);
        Assert.Contains("XDG_CACHE_HOME", message);
        File.WriteAllText(_folder["libLibTorchSharp.so"], "no library");
        Assert.Contains("not an ELF64", Assert.Throws<DllNotFoundException>(
            () => NativeTorch.Accepted(_folder["libLibTorchSharp.so"], Asked, _folder["cache"])).Message);
    }
}
