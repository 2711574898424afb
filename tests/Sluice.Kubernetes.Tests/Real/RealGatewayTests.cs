using System.Net;
using System.Text.Json.Nodes;
using Sluice.Kubernetes.Tests.Running;
using Xunit.Abstractions;

namespace Sluice.Kubernetes.Tests.Real;

/// <summary>Gateways on a real API server.</summary>
[Collection(ApiServerTests.Name)]
public sealed class RealGatewayTests(ApiServerFixture server, ITestOutputHelper output) : IAsyncLifetime
{
    private const string Unlimited = "200";
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

        string shown = "";
        await server.Program.UntilAsync(
            async () => (shown = await kubectl.RunAsync("get", "ratelimitpolicies", "-n", _space)).Split("True").Length == 3,
            "shown as enforced");
        output.WriteLine(shown);
        Columns(shown, 0)[..4].ShouldBe(["NAME", "TARGET", "ACCEPTED", "ENFORCED"]);
        Columns(shown, 1)[..4].ShouldBe(["everything", "everything", "True", "True"]);
        for (int i = 0; i < 3; i++)
        {
            (await gateway.CallAsync($"/{_space}/mcp")).ShouldBe(RunningGateway.Admitted);
        }

        (await gateway.CallAsync($"/{_space}/mcp")).ShouldBe(RunningGateway.Rejected);
        Columns(await kubectl.RunAsync("get", "servers.sluice.dev", "-n", _space), 1)[..4].ShouldBe(["everything", $"/{_space}/mcp", "True", "True"]);

        static string[] Columns(string table, int line) => table.Split('\n')[line].Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }

    [SkippableFact]
    public async Task PolicyThatIsCreatedChangedAndDeletedUnderLoad_DecidesNoCallByHalfOfTwoConfigurations()
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
            if (number % 4 == 0)
            {
                await server.SendAsync(HttpMethod.Delete, $"/apis/sluice.dev/v1alpha1/namespaces/{_space}/ratelimitpolicies/weather", null);
                await gateway.UntilHeaderAsync(path, Unlimited);
                await CreateAsync("ratelimitpolicies", "weather", Limits(number));
                await gateway.UntilHeaderAsync(path, $"q={Quota(number)}");
            }
        }

        await ends.CancelAsync();
        HashSet<string> headers = [.. (await Task.WhenAll(callers)).SelectMany(seen => seen)];
        output.WriteLine($"Milliseconds from the write of a change to its first decision: {string.Join(", ", delays.Select(delay => $"{delay:0}"))}");
        output.WriteLine(string.Join('\n', headers));
        headers.Count.ShouldBeGreaterThan(5);
        headers.ShouldContain(Unlimited);
        foreach (string header in headers.Where(header => header != Unlimited))
        {
            // Both limits of a call are of one configuration.
            string[] quotas = [.. header.Split(',').Select(policy => policy.Split(';').Single(part => part.StartsWith("q=", StringComparison.Ordinal)))];
            quotas.Length.ShouldBe(2, header);
            quotas.Distinct().ShouldHaveSingleItem(header);
        }
    }

    [SkippableFact]
    public async Task ServerThatIsKilledAndItsHistoryCompacted_CallsContinue_AndTheNextChangeIsInForceOnceItIsBack()
    {
        RunningGateway gateway = await StartAsync();
        string path = await LimitAsync(gateway, "3/1d");

        await server.Program.KillServerAsync();
        string[] answers;
        try
        {
            await server.Program.CompactAsync();
            answers = [await gateway.CallAsync(path), await gateway.CallAsync(path), await gateway.CallAsync(path)];
        }
        finally
        {
            await server.Program.StartServerAsync();
        }

        answers.ShouldBe([RunningGateway.Admitted, RunningGateway.Admitted, RunningGateway.Rejected]);
        await server.Program.UntilAsync(() => server.IsServedAsync("sluice.dev/v1alpha1/ratelimitpolicies"), "ready to serve policies");
        await ReplaceAsync("ratelimitpolicies", "weather", Policy("weather", new JsonObject { ["shared"] = "4/1d" }));

        await gateway.UntilAsync(path, isAdmitted: true);
        (await gateway.CallAsync(path)).ShouldBe(RunningGateway.Rejected);
    }

    [SkippableFact]
    public async Task TwoGateways_TheWriterOfTheStatusStops_TheOtherOneWrites()
    {
        RunningGateway second = await StartAsync();
        await using (RunningGateway first = await RunAsync())
        {
            await LimitAsync(first, "3/1d");
            await EnforcedAsync(generation: 1);
        }

        await ReplaceAsync("ratelimitpolicies", "weather", Policy("weather", new JsonObject { ["shared"] = "4/1d" }));
        await EnforcedAsync(generation: 2);
        await second.DisposeAsync();
        _gateway = await RunAsync();
        await ReplaceAsync("ratelimitpolicies", "weather", Policy("weather", new JsonObject { ["shared"] = "5/1d" }));
        await EnforcedAsync(generation: 3);
    }

    [SkippableFact]
    public async Task TwoPrograms_TheLeaderIsKilled_TheOtherOneWrites()
    {
        await LimitAsync(await StartAsync(), "3/1d");
        await _gateway!.DisposeAsync();
        _gateway = null; // The two programs alone are left.
        await using GatewayProcess first = await StartProgramAsync();
        await ReplaceAsync("ratelimitpolicies", "weather", Policy("weather", new JsonObject { ["shared"] = "4/1d" }));
        await EnforcedAsync(generation: 2);
        string leader = await HolderAsync();
        await using GatewayProcess second = await StartProgramAsync();

        await first.KillAsync();
        await ReplaceAsync("ratelimitpolicies", "weather", Policy("weather", new JsonObject { ["shared"] = "5/1d" }));

        await EnforcedAsync(generation: 3);
        (await HolderAsync()).ShouldNotBe(leader);
    }

    private Task<GatewayProcess> StartProgramAsync() =>
        GatewayProcess.StartAsync(server.Program.Address.ToString(), Kubectl.User, server.Program.Certificate);

    private async Task<string> HolderAsync() =>
        (string)(await server.SendAsync(HttpMethod.Get, "/apis/coordination.k8s.io/v1/namespaces/default/leases/sluice", null)).Answer["spec"]!["holderIdentity"]!;

    private async Task<string> LimitAsync(RunningGateway gateway, string rate)
    {
        await CreateAsync("servers", "weather", new JsonObject { ["upstream"] = new JsonObject { ["url"] = gateway.Upstream } });
        await CreateAsync("ratelimitpolicies", "weather", Policy("weather", new JsonObject { ["shared"] = rate, ["headers"] = "always" }));
        string path = $"/{_space}.weather/mcp";
        await gateway.UntilHeaderAsync(path, "q="); // The first call that the policy counts.
        return path;
    }

    private Task EnforcedAsync(int generation) => server.Program.UntilAsync(
        async () =>
        {
            (_, JsonObject found) = await server.SendAsync(HttpMethod.Get, $"/apis/sluice.dev/v1alpha1/namespaces/{_space}/ratelimitpolicies/weather", null);
            return found["status"]?["conditions"] is JsonArray conditions
                && conditions.Any(condition => (string?)condition!["type"] == "Enforced" && (string?)condition["status"] == "True" && (int?)condition["observedGeneration"] == generation);
        },
        $"told that generation {generation} is enforced");

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

    private async Task<RunningGateway> StartAsync() => _gateway = await RunAsync();

    private async Task<RunningGateway> RunAsync()
    {
        string address = server.Program.Address.ToString();
        RunningGateway gateway = await RunningGateway.CreateAsync();
        await gateway.StartAsync(address, Kubectl.User, server.Program.Certificate);
        return gateway;
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
