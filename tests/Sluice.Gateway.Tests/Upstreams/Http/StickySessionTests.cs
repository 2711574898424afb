using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Sluice.Gateway.Tests;

/// <summary>The lines of docs/stdio.md for several gateways in front of a stdio server, run with nginx.</summary>
public sealed class StickySessionTests
{
    private const int Callers = 24;

    [Fact]
    public async Task Calls_OfManyCallersThroughNginx_ReachTheGatewayWithTheirSession()
    {
        string keys = string.Join(", ", Enumerable.Range(0, Callers).Select(caller =>
            $"{{ user: u{caller}, sha256: {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(KeyOf(caller))))} }}"));
        string auth = $"auth: {{ anonymous: true, apiKeys: [ {keys} ] }}";
        await using StdioGateway one = await StdioGateway.StartAsync(upstream: ", instances: shared", server: auth);
        await using StdioGateway other = await StdioGateway.StartAsync(upstream: ", instances: shared", server: auth);
        string lines = Lines()
            .Replace("10.0.0.1:8080", one.Fixture.Address.Authority, StringComparison.Ordinal)
            .Replace("10.0.0.2:8080", other.Fixture.Address.Authority, StringComparison.Ordinal);
        (IAsyncDisposable nginx, Uri address) = await Nginx.StartAsync(
            lines, "location / { proxy_pass http://sluice; proxy_http_version 1.1; proxy_set_header Host $http_host; }");
        await using IAsyncDisposable running = nginx;

        HashSet<string> processes = [];
        for (int caller = 0; caller <= Callers; caller++)
        {
            using HttpClient client = new() { BaseAddress = address };
            string header = caller % 2 == 0 ? "X-API-Key" : "Authorization";
            if (caller < Callers) // The last one has no credentials.
            {
                client.DefaultRequestHeaders.TryAddWithoutValidation(header, (caller % 2 == 0 ? "" : "Bearer ") + KeyOf(caller));
            }

            using HttpResponseMessage begun = await client.SendAsync(GatewayFixture.Post(StdioGateway.Initialize));
            string session = begun.Headers.GetValues("Mcp-Session-Id").Single();
            for (int call = 0; call < 4; call++)
            {
                using HttpResponseMessage answer = await client.SendAsync(StdioGateway.Legacy(session, StdioGateway.Call("1", "pid")));
                string body = await answer.Content.ReadAsStringAsync();
                answer.StatusCode.ShouldBe(HttpStatusCode.OK, $"caller {caller}, call {call}: {body}");
                processes.Add(StdioGateway.TextOf(body));
            }
        }

        processes.Count.ShouldBe(2, "Each gateway has one process, and serves some of the callers.");
    }

    private static string KeyOf(int caller) => $"sk-test-{caller}";

    private static string Lines()
    {
        string page = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "stdio.md")).ReplaceLineEndings("\n");
        return page.Split("```nginx\n")[1].Split("```")[0];
    }
}
