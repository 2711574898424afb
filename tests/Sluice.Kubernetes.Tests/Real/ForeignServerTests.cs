using System.Net;
using System.Text.Json.Nodes;
using Sluice.Kubernetes.Tests.Running;

namespace Sluice.Kubernetes.Tests.Real;

/// <summary>The kinds of ToolHive and kmcp beside ours, on a real API server.</summary>
[Collection(ApiServerTests.Name)]
public sealed class ForeignServerTests(ApiServerFixture server) : IAsyncLifetime
{
    private const string ToolHive = "toolhive.stacklok.dev/v1beta1";
    private const string Kmcp = "kagent.dev/v1alpha1";
    private const string Own = "sluice.dev/v1alpha1";
    private readonly string _space = $"t{Guid.NewGuid():N}"[..12];
    private RunningGateway? _gateway;

    public async Task InitializeAsync()
    {
        if (ApiServerProgram.Find(out _) is null)
        {
            return; // The tests skip themselves.
        }

        foreach ((string path, JsonObject definition) in ForeignDefinitions.All)
        {
            (HttpStatusCode status, JsonObject answer) =
                await server.SendAsync(HttpMethod.Post, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition);
            (status is HttpStatusCode.Created or HttpStatusCode.Conflict).ShouldBeTrue(answer.ToJsonString());
            await server.Program.UntilAsync(() => server.IsServedAsync(path), $"ready to serve {path}");
        }
    }

    public async Task DisposeAsync()
    {
        if (_gateway is not null)
        {
            await _gateway.DisposeAsync();
        }
    }

    [SkippableTheory]
    [InlineData("mcpservers", "MCPServer")]
    [InlineData("virtualmcpservers", "VirtualMCPServer")]
    public async Task ServerWithLimits_IsServedOnceItHasAnAddress_AndItsStatusIsSharedWithItsOperator(string plural, string kind)
    {
        RunningGateway gateway = await StartAsync();
        JsonObject limits = new() { ["shared"] = new JsonObject { ["maxTokens"] = 2, ["refillPeriod"] = "24h0m0s" } };
        JsonObject spec = kind == "MCPServer"
            ? new() { ["image"] = "i:1", ["rateLimiting"] = limits }
            : new()
            {
                ["groupRef"] = new JsonObject { ["name"] = "group" },
                ["incomingAuth"] = new JsonObject { ["type"] = "anonymous" },
                ["config"] = new JsonObject { ["rateLimiting"] = limits },
            };
        spec["sessionStorage"] = new JsonObject { ["provider"] = "redis", ["address"] = "redis:6379" };
        await CreateAsync(ToolHive, plural, kind, spec);
        await ConditionAsync(ToolHive, plural, "SluiceRateLimitAccepted", "True");

        // As the operator does: it reads the object, and writes the whole status with the address and its own condition.
        await OperatorWritesAsync(plural, "Pending");
        await OperatorWritesAsync(plural, "Ready");

        string path = $"/{_space}.one/mcp";
        await gateway.UntilAsync(path, isAdmitted: true);
        (await gateway.CallAsync(path)).ShouldBe(RunningGateway.Admitted);
        (await gateway.CallAsync(path)).ShouldBe(RunningGateway.Rejected);
        JsonObject found = await FindAsync(ToolHive, plural);
        found["status"]!["conditions"]!.AsArray().Select(condition => (string)condition!["type"]!).Order().ShouldBe(["Ready", "SluiceRateLimitAccepted"]);
        ((string?)found["status"]!["phase"]).ShouldBe("Ready");
        JsonNode ours = found["metadata"]!["managedFields"]!.AsArray().Single(entry => (string?)entry!["manager"] == "sluice")!;
        ((string?)ours["operation"], (string?)ours["subresource"]).ShouldBe(("Apply", "status"));
        ours["fieldsV1"]!.AsObject().Select(field => field.Key).ShouldBe(["f:status"]);
        ours["fieldsV1"]!["f:status"]!.AsObject().Select(field => field.Key).ShouldBe(["f:conditions"]);
    }

    [SkippableFact]
    public async Task ServerWithLimitsThatSluiceRejects_SaysWhyInItsCondition()
    {
        await StartAsync();
        await CreateAsync(ToolHive, "mcpservers", "MCPServer", new JsonObject
        {
            ["image"] = "i:1",
            ["sessionStorage"] = new JsonObject { ["provider"] = "redis", ["address"] = "redis:6379" },
            ["rateLimiting"] = new JsonObject { ["shared"] = new JsonObject { ["maxTokens"] = 0, ["refillPeriod"] = "1m" } },
        });

        JsonNode condition = await ConditionAsync(ToolHive, "mcpservers", "SluiceRateLimitAccepted", "False");

        ((string)condition["message"]!).ShouldStartWith("spec.rateLimiting.shared.maxTokens: '0' is outside");
        ((int)condition["observedGeneration"]!).ShouldBe(1);
    }

    [SkippableFact]
    public async Task PolicyOfAServerWithoutLimits_IsEnforced_AndNothingIsWrittenToTheServer()
    {
        RunningGateway gateway = await StartAsync();
        await CreateAsync(ToolHive, "mcpservers", "MCPServer", new JsonObject { ["image"] = "i:1" });
        await OperatorWritesAsync("mcpservers", "Ready");
        await CreateAsync(Own, "ratelimitpolicies", "RateLimitPolicy", Policy("toolhive.stacklok.dev"));

        await ConditionAsync(Own, "ratelimitpolicies", "Enforced", "True");
        string path = $"/{_space}.one/mcp";
        await gateway.UntilAsync(path, isAdmitted: true);
        (await gateway.CallAsync(path)).ShouldBe(RunningGateway.Rejected);
        (await FindAsync(ToolHive, "mcpservers"))["metadata"]!["managedFields"]!.AsArray().ShouldNotContain(entry => (string?)entry!["manager"] == "sluice");
    }

    [SkippableFact]
    public async Task PolicyOfAServerOfKmcp_IsEnforced_AndTheServerOfToolHiveWithTheSameNameIsAnother()
    {
        await StartAsync();
        await CreateAsync(ToolHive, "mcpservers", "MCPServer", new JsonObject { ["image"] = "i:1" });
        await CreateAsync(Own, "ratelimitpolicies", "RateLimitPolicy", Policy("kagent.dev"));
        await ConditionAsync(Own, "ratelimitpolicies", "ResolvedRefs", "False");

        (await FindAsync(ToolHive, "mcpservers"))["status"].ShouldBeNull();
        await DeleteAsync(ToolHive, "mcpservers");
        await CreateAsync(Kmcp, "mcpservers", "MCPServer", new JsonObject { ["deployment"] = new JsonObject { ["image"] = "i:1", ["port"] = 8080 } });

        await ConditionAsync(Own, "ratelimitpolicies", "Enforced", "True");
    }

    private static JsonObject Policy(string group) => new()
    {
        ["targetRefs"] = new JsonArray(new JsonObject { ["group"] = group, ["kind"] = "MCPServer", ["name"] = "one" }),
        ["rateLimiting"] = new JsonObject { ["shared"] = "1/1d" },
    };

    private async Task<RunningGateway> StartAsync()
    {
        string address = server.Program.Address.ToString();
        _gateway = await RunningGateway.CreateAsync();
        await _gateway.StartAsync(address, Kubectl.User, server.Program.Certificate);
        return _gateway;
    }

    private Task<JsonObject> CreateAsync(string api, string plural, string kind, JsonObject spec) => server.CreateAsync(
        $"/apis/{api}/namespaces/{_space}/{plural}",
        new JsonObject
        {
            ["apiVersion"] = api,
            ["kind"] = kind,
            ["metadata"] = new JsonObject { ["name"] = "one", ["namespace"] = _space },
            ["spec"] = spec,
        },
        HttpStatusCode.Created);

    private async Task DeleteAsync(string api, string plural) =>
        (await server.SendAsync(HttpMethod.Delete, $"/apis/{api}/namespaces/{_space}/{plural}/one", null)).Status.ShouldBe(HttpStatusCode.OK);

    private async Task<JsonObject> FindAsync(string api, string plural)
    {
        (HttpStatusCode status, JsonObject found) = await server.SendAsync(HttpMethod.Get, $"/apis/{api}/namespaces/{_space}/{plural}/one", null);
        status.ShouldBe(HttpStatusCode.OK, found.ToJsonString());
        return found;
    }

    private async Task OperatorWritesAsync(string plural, string phase)
    {
        string path = $"/apis/{ToolHive}/namespaces/{_space}/{plural}/one/status?fieldManager=thv-operator";
        HttpStatusCode status;
        JsonObject answer;
        do
        {
            JsonObject found = await FindAsync(ToolHive, plural);
            JsonObject written = (JsonObject?)found["status"]?.DeepClone() ?? [];
            JsonArray conditions = (JsonArray?)written["conditions"]?.DeepClone() ?? [];
            foreach (JsonNode? ready in conditions.Where(condition => (string?)condition!["type"] == "Ready").ToArray())
            {
                conditions.Remove(ready);
            }

            conditions.Add((JsonNode)new JsonObject
            {
                ["type"] = "Ready",
                ["status"] = phase == "Ready" ? "True" : "False",
                ["reason"] = phase,
                ["message"] = "",
                ["lastTransitionTime"] = "2026-11-01T00:00:00Z",
            });
            (written["conditions"], written["phase"], written["url"]) = (conditions, phase, phase == "Ready" ? _gateway!.Upstream : "");
            found["status"] = written;
            (status, answer) = await server.SendAsync(HttpMethod.Put, path, found);
        }
        while (status == HttpStatusCode.Conflict); // The gateway has written since.
        status.ShouldBe(HttpStatusCode.OK, answer.ToJsonString());
    }

    private async Task<JsonNode> ConditionAsync(string api, string plural, string type, string status)
    {
        JsonNode? condition = null;
        string seen = "";
        await Eventually.HoldsAsync(
            async () =>
            {
                JsonNode? all = (await FindAsync(api, plural))["status"]?["conditions"];
                seen = all?.ToJsonString() ?? "no conditions";
                condition = (all as JsonArray)?.SingleOrDefault(condition => (string?)condition!["type"] == type);
                return (string?)condition?["status"] == status;
            },
            () => $"{type} is not {status}: {seen}");
        return condition!;
    }
}
