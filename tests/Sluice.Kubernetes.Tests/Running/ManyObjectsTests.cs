using System.Net;
using System.Text.Json.Nodes;
using Sluice.Kubernetes.Tests.Api;
using Xunit.Abstractions;

namespace Sluice.Kubernetes.Tests.Running;

/// <summary>Five thousand servers with a policy each, in a running gateway.</summary>
public sealed class ManyObjectsTests(ITestOutputHelper output)
{
    private const int Count = 5_000;
    private const int PageSize = 500;

    [Fact]
    public async Task FiveThousandPolicies_AreListedByPages_AndAChangeOfOneReadsNoListAgain()
    {
        await using ApiServerDouble server = await ApiServerDouble.StartAsync();
        server.PageSize = PageSize;
        server.Fail("mcpservers", HttpStatusCode.NotFound);
        server.Fail("virtualmcpservers", HttpStatusCode.NotFound);
        server.Fail("mcpservers.kagent.dev", HttpStatusCode.NotFound);
        server.FailStatus((HttpStatusCode.Forbidden, "{}")); // Ten thousand writes are another test's matter.
        await using RunningGateway gateway = await RunningGateway.CreateAsync();
        for (int number = 0; number < Count; number++)
        {
            server.Set("servers", "tools", $"s{number}", new JsonObject { ["upstream"] = new JsonObject { ["url"] = gateway.Upstream } });
            Limit(server, number, 1);
        }

        long before = GC.GetTotalMemory(forceFullCollection: true);
        long began = TimeProvider.System.GetTimestamp();
        await gateway.StartAsync(server.Address, "{ token: t }", authority: null);
        double started = TimeProvider.System.GetElapsedTime(began).TotalSeconds;

        foreach (int number in (int[])[0, Count / 2, Count - 1])
        {
            (await gateway.CallAsync(PathOf(number))).ShouldBe(RunningGateway.Admitted);
            (await gateway.CallAsync(PathOf(number))).ShouldBe(RunningGateway.Rejected);
        }

        long held = GC.GetTotalMemory(forceFullCollection: true) - before;
        began = TimeProvider.System.GetTimestamp();
        Limit(server, Count / 2, 2);
        await gateway.UntilAsync(PathOf(Count / 2), isAdmitted: true);
        double changed = TimeProvider.System.GetElapsedTime(began).TotalSeconds;

        output.WriteLine($"From the start to listening: {started:0.0} s; a change of one policy: {changed:0.0} s; memory of the gateway: {held / 1024 / 1024} MiB");
        (await gateway.CallAsync(PathOf(Count / 2))).ShouldBe(RunningGateway.Rejected); // Its used token was kept.
        (await gateway.CallAsync(PathOf(Count - 1))).ShouldBe(RunningGateway.Rejected);
        server.Count("list", "servers").ShouldBe(Count / PageSize);
        server.Count("list", "ratelimitpolicies").ShouldBe(Count / PageSize);
    }

    private static string PathOf(int number) => $"/tools.s{number}/mcp";

    private static void Limit(ApiServerDouble server, int number, int rate) => server.Set("ratelimitpolicies", "tools", $"p{number}", new JsonObject
    {
        ["targetRefs"] = new JsonArray(new JsonObject { ["group"] = "sluice.dev", ["kind"] = "Server", ["name"] = $"s{number}" }),
        ["rateLimiting"] = new JsonObject { ["shared"] = $"{rate}/1d", ["tools"] = new JsonArray(new JsonObject { ["name"] = "issue_*", ["shared"] = "20/1m" }) },
    });
}
