using System.Net;
using System.Text.Json.Nodes;
using Sluice.Kubernetes.Tests.Running;
using Xunit.Abstractions;

namespace Sluice.Kubernetes.Tests.Real;

/// <summary>Gateways on a real API server.</summary>
[Collection(ApiServerTests.Name)]
public sealed class RealGatewayTests(ApiServerFixture server, ITestOutputHelper output) : IAsyncLifetime
{
    private const string Upstream = "http://127.0.0.1:3001/mcp";
    private readonly string _space = $"t{Guid.NewGuid():N}"[..12];
    private RunningGateway? _gateway;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_gateway is not null)
        {
            await _gateway.DisposeAsync();
        }
    }

    [SkippableFact]
    public async Task FirstExample_AppliedByKubectl_RejectsTheFourthCall_AndIsShownAsEnforced()
    {
        using Kubectl kubectl = new(server.Program);
        RunningGateway gateway = await StartAsync();

        await kubectl.ApplyAsync(File.ReadAllText(Path.Combine(Repository.Root, "docs", "kubernetes", "first.yaml"))
            .Replace(Upstream, gateway.Upstream, StringComparison.Ordinal)
            .Replace("namespace: default", $"namespace: {_space}", StringComparison.Ordinal)
            .Replace("path: /everything/mcp", $"path: /{_space}/mcp", StringComparison.Ordinal));

        await gateway.UntilAsync($"/{_space}/mcp", isAdmitted: true);
        (await gateway.CallAsync($"/{_space}/mcp")).ShouldBe(RunningGateway.Admitted);
        (await gateway.CallAsync($"/{_space}/mcp")).ShouldBe(RunningGateway.Admitted);
        (await gateway.CallAsync($"/{_space}/mcp")).ShouldBe(RunningGateway.Rejected);
        string shown = "";
        await server.Program.UntilAsync(
            async () => (shown = await kubectl.RunAsync("get", "ratelimitpolicies", "-n", _space)).Contains("True", StringComparison.Ordinal),
            "shown with a status");
        output.WriteLine(shown);
        Columns(shown, 0)[..4].ShouldBe(["NAME", "TARGET", "ACCEPTED", "ENFORCED"]);
        Columns(shown, 1)[..4].ShouldBe(["everything", "everything", "True", "True"]);
        Columns(await kubectl.RunAsync("get", "servers.sluice.dev", "-n", _space), 1)[..4].ShouldBe(["everything", $"/{_space}/mcp", "True", "True"]);

        static string[] Columns(string table, int line) => table.Split('\n')[line].Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }

    [SkippableFact]
    public async Task PolicyThatChangesUnderLoad_DecidesNoCallByHalfOfTwoConfigurations()
    {
        RunningGateway gateway = await StartAsync();
        await CreateAsync("servers", "weather", new JsonObject { ["upstream"] = new JsonObject { ["url"] = gateway.Upstream } });
        await CreateAsync("ratelimitpolicies", "weather", Limits(1));
        string path = $"/{_space}.weather/mcp";
        await gateway.UntilAsync(path, isAdmitted: true);
        using CancellationTokenSource ends = new();
        Task<HashSet<string>>[] callers = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() => CollectAsync(path, ends.Token)))];
        List<double> delays = [];

        for (int number = 2; number < 12; number++)
        {
            long began = TimeProvider.System.GetTimestamp();
            await ReplaceAsync("ratelimitpolicies", "weather", Limits(number));
            await gateway.UntilHeaderAsync(path, $"q={Quota(number)}");
            delays.Add(TimeProvider.System.GetElapsedTime(began).TotalMilliseconds);
        }

        await ends.CancelAsync();
        HashSet<string> headers = [.. (await Task.WhenAll(callers)).SelectMany(seen => seen)];
        output.WriteLine($"Milliseconds from the write of a change to its first decision: {string.Join(", ", delays.Select(delay => $"{delay:0}"))}");
        output.WriteLine(string.Join('\n', headers));
        headers.Count.ShouldBeGreaterThan(5);
        foreach (string header in headers)
        {
            // Both limits of a call are of one configuration.
            string[] quotas = [.. header.Split(',').Select(policy => policy.Split(';').Single(part => part.StartsWith("q=", StringComparison.Ordinal)))];
            quotas.Length.ShouldBe(2, header);
            quotas.Distinct().ShouldHaveSingleItem(header);
        }
    }

    private async Task<HashSet<string>> CollectAsync(string path, CancellationToken ends)
    {
        HashSet<string> seen = [];
        while (!ends.IsCancellationRequested)
        {
            seen.Add(await _gateway!.HeaderAsync(path));
        }

        return seen;
    }

    private static int Quota(int number) => 1_000_000 + number;

    private static JsonObject Policy(string server, JsonObject limits) => new()
    {
        ["targetRefs"] = new JsonArray(new JsonObject { ["group"] = "sluice.dev", ["kind"] = "Server", ["name"] = server }),
        ["rateLimiting"] = limits,
    };

    private static JsonObject Limits(int number) => Policy("weather", new JsonObject
    {
        ["shared"] = $"{Quota(number)}/1d",
        ["tools"] = new JsonArray(new JsonObject { ["name"] = "search", ["shared"] = $"{Quota(number)}/1d" }),
        ["headers"] = "always",
    });

    private async Task<RunningGateway> StartAsync()
    {
        string address = server.Program.Address.ToString();
        _gateway = await RunningGateway.CreateAsync();
        await _gateway.StartAsync(address, Kubectl.User, server.Program.Certificate);
        return _gateway;
    }

    private Task<JsonObject> CreateAsync(string plural, string name, JsonObject spec) => server.CreateAsync(
        $"/apis/sluice.dev/v1alpha1/namespaces/{_space}/{plural}", Object(plural, name, spec), HttpStatusCode.Created);

    private async Task ReplaceAsync(string plural, string name, JsonObject spec)
    {
        string path = $"/apis/sluice.dev/v1alpha1/namespaces/{_space}/{plural}/{name}";
        HttpStatusCode status;
        JsonObject answer;
        do
        {
            JsonObject changed = Object(plural, name, (JsonObject)spec.DeepClone());
            (_, JsonObject before) = await server.SendAsync(HttpMethod.Get, path, null);
            changed["metadata"]!["resourceVersion"] = (string?)before["metadata"]!["resourceVersion"];
            (status, answer) = await server.SendAsync(HttpMethod.Put, path, changed);
        }
        while (status == HttpStatusCode.Conflict); // The gateway wrote the status meanwhile.
        status.ShouldBe(HttpStatusCode.OK, answer.ToJsonString());
    }

    private JsonObject Object(string plural, string name, JsonObject spec) => new()
    {
        ["apiVersion"] = "sluice.dev/v1alpha1",
        ["kind"] = CustomResource.All.Single(resource => resource.Plural == plural).Kind,
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = _space },
        ["spec"] = spec,
    };
}
