using System.Net;
using System.Text.Json.Nodes;
using Sluice.Kubernetes.Tests.Api;
using Sluice.Kubernetes.Tests.Running;

namespace Sluice.Kubernetes.Tests.Status;

/// <summary>What a running gateway writes into the status of objects.</summary>
public sealed class StatusTests : IAsyncLifetime
{
    private const string Policies = "ratelimitpolicies";
    private ApiServerDouble _server = null!;
    private RunningGateway _gateway = null!;

    public async Task InitializeAsync()
    {
        _server = await ApiServerDouble.StartAsync();
        _server.Fail("virtualmcpservers", HttpStatusCode.NotFound);
        _gateway = await RunningGateway.CreateAsync();
        _server.Set("servers", "tools", "weather", new JsonObject { ["upstream"] = new JsonObject { ["url"] = _gateway.Upstream } });
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task ServerAndPolicy_ThatAreInForce_SaySo()
    {
        Limit("a", "3/1m");
        await StartAsync();

        await ConditionAsync(Policies, "a", "Enforced", "True", "Enforced", "It limits tools.weather.");
        await ConditionAsync(Policies, "a", "Accepted", "True", "Accepted", "It is valid.");
        await ConditionAsync(Policies, "a", "ResolvedRefs", "True", "ResolvedRefs", "All references");
        await ConditionAsync(Policies, "a", "Programmed", "True", "Programmed", "Calls are decided by generation 1.");
        await ConditionAsync("servers", "weather", "Programmed", "True", "Programmed", "Calls are decided by generation 1.");
        ((string?)_server.StatusOf("servers", "tools", "weather")!["path"]).ShouldBe("/tools.weather/mcp");
        ((int?)_server.StatusOf("servers", "tools", "weather")!["observedGeneration"]).ShouldBe(1);
        _server.Requests.ShouldContain(request => request.Query == "?fieldManager=sluice&force=true");
    }

    [Fact]
    public async Task PolicyThatBecomesInvalid_NamesTheFaultAndTheGenerationThatIsUsed()
    {
        Limit("a", "3/1m");
        await StartAsync();
        await ConditionAsync(Policies, "a", "Accepted", "True", "Accepted", "");

        Limit("a", "3/fortnite");

        await ConditionAsync(Policies, "a", "Accepted", "False", "Invalid", "spec.rateLimiting.shared: '3/fortnite' is not a rate: unknown unit 'fortnite'.");
        await ConditionAsync(Policies, "a", "Programmed", "False", "EarlierGeneration", "Calls are decided by generation 1.");
        Condition(Policies, "a", "Accepted")!["observedGeneration"]!.GetValue<int>().ShouldBe(2);
    }

    [Fact]
    public async Task SecondPolicyOfAServer_IsConflicted()
    {
        Limit("a", "3/1m");
        Limit("b", "4/1m");
        await StartAsync();

        await ConditionAsync(Policies, "b", "Accepted", "False", "Conflicted", "spec.targetRefs[0]: 'tools/a' is older");
        await ConditionAsync(Policies, "b", "Enforced", "False", "NotProgrammed", "");
    }

    [Fact]
    public async Task PolicyWithoutItsServer_HasNoTarget()
    {
        Limit("a", "3/1m", "nowhere");
        await StartAsync();

        await ConditionAsync(Policies, "a", "ResolvedRefs", "False", "TargetNotFound", "spec.targetRefs[0]: there is no Server 'nowhere'");
    }

    [Fact]
    public async Task PolicyInPermissiveMode_IsNotEnforced()
    {
        Limit("a", "3/1m", mode: "permissive");
        await StartAsync();

        await ConditionAsync(Policies, "a", "Enforced", "False", "Permissive", "Its mode is 'permissive'");
    }

    [Fact]
    public async Task StatusThatIsRight_IsNotWrittenAgain()
    {
        Limit("a", "3/1m");
        await StartAsync();
        await ConditionAsync(Policies, "a", "Enforced", "True", "Enforced", "");
        await Until.TrueAsync(() => _server.Holders.Count > 2, "two more renewals of the lease");

        _server.Count("patch", $"{Policies}/status").ShouldBe(1);
        string since = (string)Condition(Policies, "a", "Accepted")!["lastTransitionTime"]!;
        Limit("a", "4/1m");
        await ConditionAsync(Policies, "a", "Programmed", "True", "Programmed", "Calls are decided by generation 2.");
        ((string)Condition(Policies, "a", "Accepted")!["lastTransitionTime"]!).ShouldBe(since);
    }

    [Fact]
    public async Task ApplyThatTheDefinitionDoesNotAllow_IsNotRepeated()
    {
        _server.FailStatus((HttpStatusCode.InternalServerError, """{"message":"failed to create typed patch object: field not declared in schema"}"""));
        Limit("a", "3/1m");
        await StartAsync();
        await Until.TrueAsync(() => _server.Count("patch", $"{Policies}/status") == 1, "the attempt");
        await Until.TrueAsync(() => _server.Holders.Count > 3, "three more renewals of the lease");

        _server.Count("patch", $"{Policies}/status").ShouldBe(1);
        _server.FailStatus(null);
        Limit("a", "4/1m");
        await ConditionAsync(Policies, "a", "Programmed", "True", "Programmed", "Calls are decided by generation 2.");
    }

    [Fact]
    public async Task StatusThatCannotBeWrittenNow_IsWrittenLater()
    {
        _server.FailStatus((HttpStatusCode.ServiceUnavailable, "{}"));
        Limit("a", "3/1m");
        await StartAsync();
        await Until.TrueAsync(() => _server.Requests.Count(request => request.Verb == "patch") > 1, "two attempts");

        _server.FailStatus(null);

        await ConditionAsync(Policies, "a", "Enforced", "True", "Enforced", "");
    }

    [Fact]
    public async Task StatusThatMayNotBeWritten_IsTriedOnceForAllOfAKind_AndWrittenOnceItMay()
    {
        _server.Allowed = [.. Rights.Where(right => right.Resource != $"{Policies}/status")];
        Limit("a", "3/1m");
        Limit("b", "4/1m", "other");
        await StartAsync();
        await ConditionAsync("servers", "weather", "Programmed", "True", "Programmed", "");
        int attempts = _server.Count("patch", $"{Policies}/status");
        await Until.TrueAsync(() => _server.Count("patch", $"{Policies}/status") > attempts, "another attempt");
        _server.StatusOf(Policies, "tools", "a").ShouldBeNull();

        _server.Allowed = Rights;

        await ConditionAsync(Policies, "a", "Enforced", "True", "Enforced", "");
        await ConditionAsync(Policies, "b", "ResolvedRefs", "False", "TargetNotFound", "");
    }

    [Fact]
    public async Task ObjectThatWasWrittenSinceItWasRead_IsWrittenOnceItIsKnown()
    {
        _server.FailStatus((HttpStatusCode.ServiceUnavailable, "{}")); // Nothing is written before the version changes.
        Limit("a", "3/1m");
        await StartAsync();
        await Until.TrueAsync(() => _server.Requests.Any(request => request.Verb == "patch"), "an attempt");
        Action tell = _server.Touch(Policies, "tools", "a");
        _server.FailStatus(null);
        await ConditionAsync("servers", "weather", "Programmed", "True", "Programmed", "");
        await Until.TrueAsync(() => _server.Holders.Count > 4, "more renewals of the lease");

        _server.StatusOf(Policies, "tools", "a").ShouldBeNull();
        tell();

        await ConditionAsync(Policies, "a", "Enforced", "True", "Enforced", "");
    }

    [Fact]
    public async Task ServerOfToolHiveWithLimits_HasOurConditionAndNothingElse()
    {
        _server.Set("mcpservers", "tools", "fetch", new JsonObject
        {
            ["image"] = "i:1",
            ["sessionStorage"] = new JsonObject { ["provider"] = "redis", ["address"] = "redis:6379" },
            ["rateLimiting"] = new JsonObject { ["shared"] = new JsonObject { ["maxTokens"] = 1, ["refillPeriod"] = "1m" } },
        });
        await StartAsync();

        await ConditionAsync("mcpservers", "fetch", "SluiceRateLimitAccepted", "True", "Accepted", "");
        _server.StatusOf("mcpservers", "tools", "fetch")!.Select(field => field.Key).ShouldBe(["conditions"]);
        _server.Requests.ShouldContain(request => request.Plural == "mcpservers/status" && request.Query == "?fieldManager=sluice");
    }

    private static HashSet<(string Group, string Resource, string Verb)> Rights =>
    [
        .. from resource in (string[])["servers", "virtualservers", Policies]
           from right in ((string, string, string)[])
               [("sluice.dev", resource, "list"), ("sluice.dev", resource, "watch"), ("sluice.dev", $"{resource}/status", "patch")]
           select right,
        ("coordination.k8s.io", "leases", "create"),
        ("coordination.k8s.io", "leases", "get"),
        ("coordination.k8s.io", "leases", "update"),
    ];

    private Task StartAsync() => _gateway.StartAsync(_server.Address, "{ token: t }", authority: null);

    private void Limit(string name, string rate, string server = "weather", string mode = "enforce") => _server.Set(Policies, "tools", name, new JsonObject
    {
        ["targetRefs"] = new JsonArray(new JsonObject { ["group"] = "sluice.dev", ["kind"] = "Server", ["name"] = server }),
        ["rateLimiting"] = new JsonObject { ["shared"] = rate, ["mode"] = mode },
    });

    private JsonNode? Condition(string plural, string name, string type) =>
        (_server.StatusOf(plural, "tools", name)?["conditions"] as JsonArray)?.SingleOrDefault(condition => (string?)condition!["type"] == type);

    private Task ConditionAsync(string plural, string name, string type, string status, string reason, string message) => Until.TrueAsync(
        () => Condition(plural, name, type) is JsonNode condition
            && (string?)condition["status"] == status
            && (string?)condition["reason"] == reason
            && ((string)condition["message"]!).StartsWith(message, StringComparison.Ordinal),
        $"{type} of {name} is {status}, {reason}, {message}");
}
