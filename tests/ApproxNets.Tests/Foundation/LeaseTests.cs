using System.Diagnostics;
using ApproxNets.Foundation;
using Xunit;

namespace ApproxNets.Tests.Foundation;

public sealed class LeaseTests
{
    [Fact]
    public void One_holds_it_until_it_is_given_back()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "claims", "job.lease");
        using (var first = Lease.TryTake(path))
        {
            Assert.NotNull(first);
            Assert.Null(Lease.TryTake(path));
        }

        Assert.False(File.Exists(path));
        using var second = Lease.TryTake(path);
        Assert.NotNull(second);
    }

    [Fact]
    public void Of_many_that_ask_at_once_one_gets_it()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "job.lease");
        File.WriteAllText(path, OwnerOfEndedProcess());
        Assert.False(Lease.IsHeld(path));
        var leases = new Lease?[16];
        Parallel.For(0, leases.Length, i => leases[i] = Lease.TryTake(path));
        Assert.Single(leases, lease => lease is not null);
        Assert.Equal([path], Directory.GetFiles(folder.Path));
        Assert.True(Lease.IsHeld(path));
        leases.Single(lease => lease is not null)!.Dispose();
        Assert.False(Lease.IsHeld(path));
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void A_holder_on_another_machine_has_a_minute_between_two_signs_of_life()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "job.lease");
        File.WriteAllText(path, "12-0123abcd-0123abcd");
        Assert.Null(Lease.TryTake(path));
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow - Lease.Lifetime - TimeSpan.FromSeconds(5));
        using var heir = Lease.TryTake(path);
        Assert.NotNull(heir);
        Assert.NotEqual("12-0123abcd-0123abcd", File.ReadAllText(path));
    }

    [Fact]
    public void What_another_took_over_is_not_given_back()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "job.lease");
        var lease = Lease.TryTake(path)!;
        File.WriteAllText(path, "12-0123abcd-0123abcd");
        lease.Dispose();
        Assert.Equal("12-0123abcd-0123abcd", File.ReadAllText(path));
    }

    [Fact]
    public void A_sign_of_life_renews_the_own_lease_only()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "job.lease");
        var old = new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        using var lease = Lease.TryTake(path)!;
        string own = File.ReadAllText(path), heir = own[..^1] + (own[^1] == '0' ? '1' : '0');
        File.SetLastWriteTimeUtc(path, old);
        lease.Renew();
        Assert.NotEqual(old, File.GetLastWriteTimeUtc(path));
        Assert.Equal(own, File.ReadAllText(path));
        File.WriteAllText(path, heir);
        File.SetLastWriteTimeUtc(path, old);
        lease.Renew();
        Assert.Equal(old, File.GetLastWriteTimeUtc(path));
        Assert.Equal(heir, File.ReadAllText(path));
        File.Delete(path);
        lease.Renew();
        Assert.False(File.Exists(path));
    }

    internal static string OwnerOfEndedProcess()
    {
        using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, "--version") { RedirectStandardOutput = true })!;
        process.WaitForExit();
        string[] own = AtomicFile.Owner().Split('-');
        return $"{process.Id}-{own[1]}-{own[2]}";
    }
}
