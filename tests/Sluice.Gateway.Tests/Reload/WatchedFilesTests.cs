using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;

namespace Sluice.Gateway.Tests.Reload;

/// <summary>Which changes of files are found, and that none is taken half.</summary>
public sealed class WatchedFilesTests : IAsyncLifetime
{
    private FakeUpstream _upstream = null!;

    public async Task InitializeAsync() => _upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("""{"jsonrpc":"2.0","id":1,"result":{}}"""));

    public async Task DisposeAsync() => await _upstream.DisposeAsync();

    [Fact]
    public async Task KubernetesVolume_LinkIsSwapped_IsReloaded()
    {
        await using ReloadFixture gateway = await ReloadFixture.StartAsync("", prepare: folder =>
        {
            WriteVolume(folder, "..2026_1", One("shared: 1/1d"));
            Directory.CreateSymbolicLink(Path.Combine(folder, "..data"), "..2026_1");
            File.CreateSymbolicLink(Path.Combine(folder, "sluice.yaml"), "..data/sluice.yaml");
        });
        (await gateway.AllowedAsync(2)).ShouldBe(1);

        WriteVolume(gateway.Folder, "..2026_2", One("shared: 3/1d"));
        Directory.CreateSymbolicLink(Path.Combine(gateway.Folder, "..data_tmp"), "..2026_2");
        using (Process rename = Process.Start("mv", ["-T", Path.Combine(gateway.Folder, "..data_tmp"), Path.Combine(gateway.Folder, "..data")]))
        {
            await rename.WaitForExitAsync(); // As the kubelet does it. .NET renames no link to a folder.
        }

        Directory.Delete(Path.Combine(gateway.Folder, "..2026_1"), recursive: true);
        await gateway.Reloader.LookAsync(CancellationToken.None);

        (await gateway.AllowedAsync(4)).ShouldBe(2);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Document_HalfWrittenAtFirst_IsTakenWhenItIsComplete(bool isAsked)
    {
        ManualTimeProvider time = new();
        await using ReloadFixture gateway = await ReloadFixture.StartAsync(One("shared: 1/1d"), reloadTime: time);
        string complete = ReloadFixture.Text(One("shared: 3/1d"));
        File.WriteAllText(gateway.File, complete[..^15]); // In the middle of a mapping.

        Task reload = isAsked ? gateway.Reloader.ReloadAsync(CancellationToken.None) : gateway.Reloader.LookAsync(CancellationToken.None);
        reload.IsCompleted.ShouldBeFalse();
        File.WriteAllText(gateway.File, complete);
        await EndedAsync(reload, time);

        gateway.Servers.LastReload!.IsLoaded.ShouldBeTrue();
        gateway.Log.Lines.ShouldNotContain(line => line.Contains("invalid", StringComparison.Ordinal));
        (await gateway.AllowedAsync(4)).ShouldBe(3);
    }

    [Fact]
    public async Task Document_HalfWrittenAndValid_IsNotTaken()
    {
        ManualTimeProvider time = new();
        await using ReloadFixture gateway = await ReloadFixture.StartAsync(One("shared: 1/1d"), reloadTime: time);
        string version = gateway.Servers.Current.Version;
        string half = ReloadFixture.Text(One("shared: 3/1d"));
        File.WriteAllText(gateway.File, half);

        Task reload = gateway.Reloader.LookAsync(CancellationToken.None);
        File.AppendAllText(gateway.File, "  - { name: two, upstream: \"http://127.0.0.1:1/mcp\" }\n");
        gateway.Servers.Current.Version.ShouldBe(version);
        await EndedAsync(reload, time);

        gateway.Servers.All.Length.ShouldBe(2);
        gateway.Log.Lines.Count(line => line.StartsWith("The configuration was reloaded", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public async Task Document_HalfWrittenForGood_IsRejectedAndLaterTaken()
    {
        await using ReloadFixture gateway = await ReloadFixture.StartAsync(One("shared: 1/1d"));
        string complete = ReloadFixture.Text(One("shared: 3/1d"));

        File.WriteAllText(gateway.File, complete[..^15]);
        await gateway.Reloader.LookAsync(CancellationToken.None);
        gateway.Servers.LastReload!.IsLoaded.ShouldBeFalse();
        File.WriteAllText(gateway.File, complete);
        await gateway.Reloader.LookAsync(CancellationToken.None);

        gateway.Servers.LastReload.IsLoaded.ShouldBeTrue();
    }

    [Fact]
    public async Task Document_DeletedOrALinkLoop_IsRejectedWithTheReasonAndLaterTaken()
    {
        await using ReloadFixture gateway = await ReloadFixture.StartAsync(One("shared: 1/1d"));

        File.Delete(gateway.File);
        await gateway.Reloader.LookAsync(CancellationToken.None);
        gateway.Servers.LastReload!.Faults.ShouldHaveSingleItem().ShouldBe("sluice.yaml: does not exist. Name a file that this program may read.");
        File.CreateSymbolicLink(gateway.File, "sluice.yaml");
        await gateway.Reloader.LookAsync(CancellationToken.None);
        gateway.Servers.LastReload.Faults.ShouldHaveSingleItem()
            .ShouldBe("sluice.yaml: is a symbolic link that leads back to itself. Name a file that this program may read.");
        (await gateway.AllowedAsync(2)).ShouldBe(1);
        File.Delete(gateway.File);
        gateway.Write(One("shared: 2/1d"));
        await gateway.Reloader.LookAsync(CancellationToken.None);

        (await gateway.AllowedAsync(2)).ShouldBe(1);
    }

    [Fact]
    public async Task KeyFile_Changed_ItsKeysCountAndTheVersionIsAnother()
    {
        await using ReloadFixture gateway = await ReloadFixture.StartAsync(
            "auth: { apiKeys: { file: keys.yaml } }\n" + One("perUser: 9/1d"),
            prepare: folder => File.WriteAllText(Path.Combine(folder, "keys.yaml"), KeyEntry("alice", "first")));
        string version = gateway.Servers.Current.Version;

        ReloadFixture.Replace(Path.Combine(gateway.Folder, "keys.yaml"), KeyEntry("alice", "second"));
        await gateway.Reloader.LookAsync(CancellationToken.None);

        (await gateway.CallAsync(key: "first")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await gateway.CallAsync(key: "second")).Status.ShouldBe(HttpStatusCode.OK);
        gateway.Servers.Current.Version.ShouldNotBe(version);
    }

    [Fact]
    public async Task KeyFolder_OneOfAThousandFilesIsInvalid_NoneOfTheOthersIsApplied()
    {
        const int Files = 1_000;
        await using ReloadFixture gateway = await ReloadFixture.StartAsync(
            "auth: { apiKeys: { file: keys } }\n" + One("perUser: 9/1d"),
            prepare: folder =>
            {
                Directory.CreateDirectory(Path.Combine(folder, "keys"));
                WriteKeys(Path.Combine(folder, "keys"), Files, "old");
            });
        string keys = Path.Combine(gateway.Folder, "keys");

        WriteKeys(keys, Files, "new");
        File.WriteAllText(Path.Combine(keys, "k0500.yaml"), "- { user: u500, sha256: none }\n");
        await gateway.Reloader.LookAsync(CancellationToken.None);

        gateway.Servers.LastReload!.Faults.ShouldHaveSingleItem().ShouldStartWith("k0500.yaml:1:");
        (await gateway.CallAsync(key: "old-7")).Status.ShouldBe(HttpStatusCode.OK);
        (await gateway.CallAsync(key: "new-7")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        File.Delete(Path.Combine(keys, "k0500.yaml"));
        await gateway.Reloader.LookAsync(CancellationToken.None);
        gateway.Servers.LastReload.IsLoaded.ShouldBeTrue();
        (await gateway.CallAsync(key: "new-7")).Status.ShouldBe(HttpStatusCode.OK);
        (await gateway.CallAsync(key: "old-7")).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Secret_Changed_IsSentAndTheVersionTellsNothingOfIt()
    {
        string secret = "";
        await using ReloadFixture gateway = await ReloadFixture.StartAsync("", prepare: folder =>
        {
            secret = Path.Combine(folder, "secret");
            File.WriteAllText(secret, "one");
            File.WriteAllText(
                Path.Combine(folder, "sluice.yaml"),
                ReloadFixture.Text($"servers:\n  - {{ name: one, upstream: \"{_upstream.Endpoint}\", headers: {{ X-Secret: \"${{file:{secret}}}\" }} }}\n"));
        });
        string version = gateway.Servers.Current.Version;

        File.WriteAllText(secret, "two");
        await gateway.Reloader.LookAsync(CancellationToken.None);
        await gateway.CallAsync();

        _upstream.Received.ShouldHaveSingleItem().Headers["X-Secret"].ToString().ShouldBe("two");
        gateway.Servers.Current.Version.ShouldBe(version + ".2");
        File.WriteAllText(secret, "three");
        await gateway.Reloader.LookAsync(CancellationToken.None);
        gateway.Servers.Current.Version.ShouldBe(version + ".3");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Watch_FileChanges_IsReloadedAndAskedReloadsTakePlace(bool isAsked)
    {
        await using ReloadFixture gateway = await ReloadFixture.StartAsync(One("shared: 1/1d"));
        string version = gateway.Servers.Current.Version;
        await using ConfigurationWatch watch =
            ConfigurationWatch.Begin(gateway.Reloader, TimeProvider.System, NullLogger<ConfigurationWatch>.Instance);

        if (isAsked)
        {
            ActiveConfiguration before = gateway.Servers.Current;
            watch.Reload();
            await Eventually.HoldsAsync(() => gateway.Servers.Current != before);
            gateway.Servers.Current.Version.ShouldBe(version);
        }

        gateway.Write(One("shared: 3/1d"));

        await Eventually.HoldsAsync(() => gateway.Servers.Current.Version != version);
        (await gateway.AllowedAsync(4)).ShouldBe(3);
    }

    [Fact]
    public async Task Watch_AskedWhileAChangedFileIsWaitedFor_ReloadsAtOnce()
    {
        ManualTimeProvider time = new();
        await using ReloadFixture gateway = await ReloadFixture.StartAsync(One("shared: 1/1d"), reloadTime: time);
        string version = gateway.Servers.Current.Version;
        await using ConfigurationWatch watch = ConfigurationWatch.Begin(gateway.Reloader, time, NullLogger<ConfigurationWatch>.Instance);

        for (int limit = 2; limit < 12; limit++)
        {
            gateway.Write(One($"shared: {limit}/1d")); // The clock stands still: a look at this change never ends by itself.
            watch.Reload();
            await Eventually.HoldsAsync(() => gateway.Servers.Current.Version != version);
            version = gateway.Servers.Current.Version;
        }

        (await gateway.AllowedAsync(12)).ShouldBe(11);
    }

    private static Task EndedAsync(Task reload, ManualTimeProvider time) => Eventually.HoldsAsync(() =>
    {
        time.Advance(ConfigurationReloader.Settling);
        return reload.IsCompletedSuccessfully;
    });

    private string One(string limits) =>
        $"servers:\n  - {{ name: one, upstream: \"{_upstream.Endpoint}\", rateLimiting: {{ {limits} }} }}\n";

    private static string KeyEntry(string user, string key) => $"- {{ user: {user}, sha256: {GatewayFixture.HashOf(key)} }}\n";

    private static void WriteKeys(string folder, int files, string prefix)
    {
        for (int i = 0; i < files; i++)
        {
            File.WriteAllText(Path.Combine(folder, $"k{i:0000}.yaml"), KeyEntry($"u{i}", $"{prefix}-{i}"));
        }
    }

    private static void WriteVolume(string folder, string version, string document)
    {
        Directory.CreateDirectory(Path.Combine(folder, version));
        File.WriteAllText(Path.Combine(folder, version, "sluice.yaml"), ReloadFixture.Text(document));
    }
}
