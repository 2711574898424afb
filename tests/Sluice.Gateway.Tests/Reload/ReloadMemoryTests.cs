using System.Runtime.CompilerServices;
using Sluice.Documents;

namespace Sluice.Gateway.Tests.Reload;

/// <summary>Nothing of a configuration that was replaced stays in memory.</summary>
public sealed class ReloadMemoryTests
{
    private const int Reloads = 10_000;
    private const int Documents = 50;

    [Fact]
    public async Task TenThousandReloads_OnlyTheCurrentConfigurationIsInMemory()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("""{"jsonrpc":"2.0","id":1,"result":{}}"""));
        await using ReloadFixture gateway = await ReloadFixture.StartAsync(Document(upstream, 0));
        GatewayConfiguration[] documents =
        [
            .. Enumerable.Range(1, Documents).Select(
                number => GatewayFile.Parse(ReloadFixture.Text(Document(upstream, number)), "test.yaml").RequireConfiguration()),
        ];
        List<WeakReference> replaced = [];
        for (int reload = 0; reload < Reloads; reload++)
        {
            Apply(gateway, documents[reload % Documents], replaced);
            if (reload % 500 == 0)
            {
                await gateway.CallAsync("/one/mcp");
            }
        }

        await Eventually.HoldsAsync(() =>
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return replaced.Count(reference => reference.IsAlive) <= 6; // The last configuration's three objects, and those of a request.
        });
        gateway.Servers.Retained.ShouldBe(gateway.Servers.All.Length);
        (await gateway.AllowedAsync(1, "/one/mcp")).ShouldBe(1);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Apply(ReloadFixture gateway, GatewayConfiguration document, List<WeakReference> replaced)
    {
        gateway.Servers.Apply(document);
        ActiveConfiguration current = gateway.Servers.Current;
        replaced.Add(new WeakReference(current));
        replaced.Add(new WeakReference(current.Servers[0].Gate));
        replaced.Add(new WeakReference(current.Servers[^1].Link));
    }

    // The server 'one' stays, and another takes the place of the last.
    private static string Document(FakeUpstream upstream, int number) =>
        $$"""
        auth: { anonymous: true, apiKeys: [ { user: alice, sha256: {{GatewayFixture.HashOf($"key-{number}")}} } ] }
        servers:
          - { name: one, upstream: "{{upstream.Endpoint}}", rateLimiting: { shared: {{1_000 + number}}/1s, mode: permissive, concurrency: { shared: {{1 + number}} } } }
          - { name: two-{{number % 2}}, upstream: "{{upstream.Endpoint}}", rateLimiting: { perUser: {{1 + number}}/1m, wait: 1s } }

        """;
}
