using System.Security.Cryptography;

namespace Sluice.Gateway.Tests.Journals;

public sealed class CallerHashesTests : IDisposable
{
    private static readonly CallerIdentity Alice = new("https://issuer.test", "alice", "acme", "cli");
    private readonly JournalFolder _folder = new();

    [Fact]
    public void Of_SameSalt_IsTheSame()
    {
        byte[] salt = RandomNumberGenerator.GetBytes(32);

        new CallerHashes(salt).Of(Alice).Caller.ShouldBe(new CallerHashes(salt).Of(Alice).Caller);
    }

    [Fact]
    public void Of_OtherSalt_SharesNoHash()
    {
        HashedCaller one = new CallerHashes(RandomNumberGenerator.GetBytes(32)).Of(Alice);
        HashedCaller other = new CallerHashes(RandomNumberGenerator.GetBytes(32)).Of(Alice);

        string?[] all = [one.Caller, one.Issuer, one.User, one.Tenant, one.Client, other.Caller, other.Issuer, other.User, other.Tenant, other.Client];
        all.ShouldBeUnique();
        all.ShouldAllBe(hash => hash!.Length == 16);
    }

    [Fact]
    public void Of_CallersWhoDifferInOnePart_HaveOtherHashes()
    {
        CallerHashes hashes = new(RandomNumberGenerator.GetBytes(32));
        CallerIdentity[] callers =
        [
            Alice,
            new("https://other.test", "alice", "acme", "cli"),
            new("https://issuer.test", "alice", "other", "cli"),
            new("https://issuer.test", "bob", "acme", "cli"),
            new("https://issuer.test", "alic", "eacme", "cli"), // Parts must not run together.
            new("https://issuer.test", null, "acme", "alice"),
            new("https://issuer.test", null, "alice", null),
        ];

        callers.Select(caller => hashes.Of(caller).Caller).ShouldBeUnique();
    }

    [Fact]
    public void Of_CallersWhoAreOneUser_HaveOneHash()
    {
        CallerHashes hashes = new(RandomNumberGenerator.GetBytes(32));
        CallerIdentity spanning = new("i", "alice", "acme", null) { UserSpansTenants = true };

        hashes.Of(spanning).Caller.ShouldBe(hashes.Of(new CallerIdentity("i", "alice", "other", null) { UserSpansTenants = true }).Caller);
        hashes.Of(Alice).Caller.ShouldBe(hashes.Of(new CallerIdentity("https://issuer.test", "alice", "acme", "another client")).Caller);
        hashes.Of(CallerIdentity.None).Caller.ShouldBeNull();
    }

    [Fact]
    public void Of_MoreCallersThanAreKept_StaysTheSame()
    {
        CallerHashes hashes = new(RandomNumberGenerator.GetBytes(32));
        string? first = hashes.Of(Alice).Caller;
        for (int i = 0; i < 20_000; i++)
        {
            hashes.Of(new CallerIdentity("i", $"u{i}", null, null));
        }

        hashes.Of(Alice).Caller.ShouldBe(first);
    }

    [Fact]
    public void ToIdentity_OfDifferentCallers_IsEqualExactlyIfTheyAre()
    {
        CallerHashes hashes = new(RandomNumberGenerator.GetBytes(32));
        CallerIdentity[] callers =
        [
            CallerIdentity.None,
            Alice,
            Alice.WithClaim("team", "red"),
            Alice.WithClaim("team", "red", "blue"),
            Alice.WithClaim("role", "red"),
            new("https://issuer.test", "alice", "acme", "cli") { UserSpansTenants = true },
        ];

        foreach (CallerIdentity one in callers)
        {
            foreach (CallerIdentity other in callers)
            {
                hashes.Of(one).ToIdentity().Equals(hashes.Of(other).ToIdentity()).ShouldBe(one.Equals(other));
            }
        }
    }

    [Fact]
    public void Salt_OfAFolder_IsMadeOnceForItsOwnerAlone()
    {
        byte[] first = InstallationSalt.Find(_folder.FullName, out string? fault).ShouldNotBeNull(fault);

        InstallationSalt.Find(_folder.FullName, out _).ShouldBe(first);
        first.Length.ShouldBe(32);
        Directory.GetFiles(_folder.FullName).ShouldHaveSingleItem();
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(_folder[InstallationSalt.FileName]).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    [Fact]
    public void Salt_ManyStartsAtOnce_AllGetTheSame()
    {
        const int Rounds = 300; // Of a hundred, a few hit the moment between the check and the renaming of File.Move.
        const int Starts = 8;
        for (int round = 0; round < Rounds; round++)
        {
            string folder = Directory.CreateDirectory(_folder[$"{round}"]).FullName;
            string?[] salts = new string?[Starts];
            using Barrier barrier = new(Starts);
            Thread[] threads =
            [
                .. Enumerable.Range(0, Starts).Select(start => new Thread(() =>
                {
                    barrier.SignalAndWait();
                    salts[start] = InstallationSalt.Find(folder, out string? fault) is byte[] salt ? Convert.ToBase64String(salt) : fault;
                })),
            ];
            Array.ForEach(threads, thread => thread.Start());
            Array.ForEach(threads, thread => thread.Join());

            salts.Distinct().ShouldHaveSingleItem();
            Directory.GetFiles(folder).ShouldHaveSingleItem();
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("c2hvcnQ=")]
    [InlineData("not base64 at all, whatever it is")]
    public void Salt_BrokenFile_IsAFaultThatNamesItAndTheWayOut(string text)
    {
        File.WriteAllText(_folder[InstallationSalt.FileName], text);

        InstallationSalt.Find(_folder.FullName, out string? fault).ShouldBeNull();
        fault.ShouldNotBeNull().ShouldContain(InstallationSalt.FileName);
        fault.ShouldContain("Restore it");
    }

    public void Dispose() => _folder.Dispose();
}
