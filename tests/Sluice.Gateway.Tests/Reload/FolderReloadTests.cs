using System.Diagnostics;

namespace Sluice.Gateway.Tests.Reload;

/// <summary>A gateway that runs a folder follows its files.</summary>
public sealed class FolderReloadTests : IAsyncLifetime
{
    private FakeUpstream _upstream = null!;

    public async Task InitializeAsync() => _upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("""{"jsonrpc":"2.0","id":1,"result":{}}"""));

    public async Task DisposeAsync() => await _upstream.DisposeAsync();

    [Fact]
    public async Task Folder_FilesComeAndGo_ServersFollowAndKeepUsedTokens()
    {
        await using ReloadFixture gateway = await StartAsync(folder => Write(folder, "a", "shared: 3/1d"));
        (await gateway.AllowedAsync(2, "/a/mcp")).ShouldBe(2);

        Write(gateway.Folder, "b", "shared: 1/1d");
        await gateway.Reloader.LookAsync(CancellationToken.None);
        gateway.Servers.All.Select(server => server.Name).ShouldBe(["a", "b"]);
        (await gateway.AllowedAsync(2, "/b/mcp")).ShouldBe(1);
        File.Delete(Path.Combine(gateway.Folder, "b.yaml"));
        await gateway.Reloader.LookAsync(CancellationToken.None);

        gateway.Servers.All.Select(server => server.Name).ShouldBe(["a"]);
        (await gateway.AllowedAsync(2, "/a/mcp")).ShouldBe(1);
    }

    [Fact]
    public async Task Folder_OneOfAThousandFilesIsInvalid_NoneOfTheOthersIsApplied()
    {
        const int Files = 1_000;
        await using ReloadFixture gateway = await StartAsync(folder => WriteAll(folder, Files, "shared: 1/1d"));
        string version = gateway.Servers.Current.Version;

        WriteAll(gateway.Folder, Files, "shared: 3/1d");
        Write(gateway.Folder, "s0500", "shared: 10/fortnite");
        await gateway.Reloader.LookAsync(CancellationToken.None);

        gateway.Servers.Current.Version.ShouldBe(version);
        gateway.Servers.LastReload!.Faults.ShouldHaveSingleItem().ShouldStartWith("s0500.yaml:1:");
        (await gateway.AllowedAsync(2, "/s0001/mcp")).ShouldBe(1);
        Write(gateway.Folder, "s0500", "shared: 3/1d");
        await gateway.Reloader.LookAsync(CancellationToken.None);
        gateway.Servers.LastReload.IsLoaded.ShouldBeTrue();
        (await gateway.AllowedAsync(4, "/s0001/mcp")).ShouldBe(2);
    }

    [Fact]
    public async Task Folder_OneFileHalfWrittenAtFirst_IsTakenWhenItIsComplete()
    {
        ManualTimeProvider time = new();
        await using ReloadFixture gateway = await StartAsync(folder => Write(folder, "a", "shared: 1/1d"), time);
        string complete = Text("b", "shared: 2/1d");
        string file = Path.Combine(gateway.Folder, "b.yaml");
        File.WriteAllText(file, complete[..^9]);

        Task reload = gateway.Reloader.LookAsync(CancellationToken.None);
        File.WriteAllText(file, complete);
        await Eventually.HoldsAsync(() =>
        {
            time.Advance(ConfigurationReloader.Settling);
            return reload.IsCompletedSuccessfully;
        });

        gateway.Servers.LastReload!.IsLoaded.ShouldBeTrue();
        (await gateway.AllowedAsync(3, "/b/mcp")).ShouldBe(2);
    }

    [Fact]
    public async Task Folder_KubernetesSwapsTheVolume_AllFilesAreReloadedTogether()
    {
        await using ReloadFixture gateway = await StartAsync(folder =>
        {
            WriteVolume(folder, "..2026_1", "shared: 1/1d");
            Directory.CreateSymbolicLink(Path.Combine(folder, "..data"), "..2026_1");
            foreach (string name in (string[])["a.yaml", "b.yaml"])
            {
                File.CreateSymbolicLink(Path.Combine(folder, name), $"..data/{name}");
            }
        });

        WriteVolume(gateway.Folder, "..2026_2", "shared: 3/1d");
        Directory.CreateSymbolicLink(Path.Combine(gateway.Folder, "..data_tmp"), "..2026_2");
        using (Process rename = Process.Start("mv", ["-T", Path.Combine(gateway.Folder, "..data_tmp"), Path.Combine(gateway.Folder, "..data")]))
        {
            await rename.WaitForExitAsync(); // As the kubelet does it. .NET renames no link to a folder.
        }

        Directory.Delete(Path.Combine(gateway.Folder, "..2026_1"), recursive: true);
        await gateway.Reloader.LookAsync(CancellationToken.None);

        (await gateway.AllowedAsync(4, "/a/mcp")).ShouldBe(3);
        (await gateway.AllowedAsync(4, "/b/mcp")).ShouldBe(3);
    }

    [Fact]
    public async Task Folder_Emptied_IsRejectedAndThePreviousServersStay()
    {
        await using ReloadFixture gateway = await StartAsync(folder => Write(folder, "a", "shared: 1/1d"));

        File.Delete(Path.Combine(gateway.Folder, "a.yaml"));
        File.Delete(Path.Combine(gateway.Folder, "gateway.yaml"));
        await gateway.Reloader.LookAsync(CancellationToken.None);

        gateway.Servers.LastReload!.Faults.ShouldHaveSingleItem().ShouldContain("is a folder without documents");
        (await gateway.AllowedAsync(2, "/a/mcp")).ShouldBe(1);
    }

    [Fact]
    public async Task Manifest_LimitChangesAndBecomesInvalid_FollowsAndKeepsThePreviousOne()
    {
        await using ReloadFixture gateway = await StartAsync(folder => WriteManifest(folder, "maxTokens: 2, refillPeriod: 24h"));
        (await gateway.AllowedAsync(3, "/tools.srv/mcp")).ShouldBe(2);

        WriteManifest(gateway.Folder, "maxTokens: 5, refillPeriod: 24h");
        await gateway.Reloader.LookAsync(CancellationToken.None);
        (await gateway.AllowedAsync(4, "/tools.srv/mcp")).ShouldBe(3);
        WriteManifest(gateway.Folder, "maxTokens: 50, refillPeriod: 1d");
        await gateway.Reloader.LookAsync(CancellationToken.None);

        gateway.Servers.LastReload!.Faults.ShouldHaveSingleItem().ShouldContain("spec.rateLimiting.shared.refillPeriod: '1d' is not a duration of Go");
        (await gateway.AllowedAsync(1, "/tools.srv/mcp")).ShouldBe(0);
    }

    private static Task<ReloadFixture> StartAsync(Action<string> prepare, TimeProvider? reloadTime = null) => ReloadFixture.StartAsync(
        "",
        prepare: folder =>
        {
            File.WriteAllText(Path.Combine(folder, "gateway.yaml"), ReloadFixture.Text(""));
            prepare(folder);
        },
        reloadTime: reloadTime,
        isFolder: true);

    private string Text(string name, string limits) =>
        $"servers: [ {{ name: {name}, upstream: \"{_upstream.Endpoint}\", rateLimiting: {{ {limits} }} }} ]\n";

    private void Write(string folder, string name, string limits) => File.WriteAllText(Path.Combine(folder, $"{name}.yaml"), Text(name, limits));

    private void WriteAll(string folder, int files, string limits)
    {
        for (int i = 0; i < files; i++)
        {
            Write(folder, $"s{i:0000}", limits);
        }
    }

    private void WriteManifest(string folder, string bucket) => File.WriteAllText(
        Path.Combine(folder, "manifest.yaml"),
        $$"""
        apiVersion: toolhive.stacklok.dev/v1beta1
        kind: MCPServer
        metadata: { name: srv, namespace: tools }
        spec:
          image: example
          sessionStorage: { provider: redis, address: "127.0.0.1:6379" }
          rateLimiting: { shared: { {{bucket}} } }
        status: { url: "{{_upstream.Endpoint}}" }
        """);

    private void WriteVolume(string folder, string version, string limits)
    {
        Directory.CreateDirectory(Path.Combine(folder, version));
        Write(Path.Combine(folder, version), "a", limits);
        Write(Path.Combine(folder, version), "b", limits);
    }
}
