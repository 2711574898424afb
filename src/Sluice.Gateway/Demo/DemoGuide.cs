namespace Sluice.Gateway;

/// <summary>What the demo prints at its start: what runs where, and what to try.</summary>
internal static class DemoGuide
{
    internal const string AliceKey = "demo-key-of-alice";
    internal const string BobKey = "demo-key-of-bob";

    /// <summary>The demo's configuration, as a person would write it.</summary>
    /// <param name="listen">Where the gateway is to listen.</param>
    /// <param name="upstream">Where the demo's server is.</param>
    internal static string Configuration(Uri listen, Uri upstream) =>
        $$"""
        listen: {{listen.GetLeftPart(UriPartial.Authority)}}
        admin: { listen: "http://127.0.0.1:0" }
        auth:
          apiKeys:
            - { user: alice, sha256: {{Sha256(AliceKey)}} }
            - { user: bob, sha256: {{Sha256(BobKey)}} }
        servers:
          - name: demo
            upstream: {{upstream}}
            rateLimiting:
              shared: 60/1m
              perUser: 20/1m
              tools:
                - { name: search, perUser: 3/1m }
                - { name: slow_count, perUser: 5/1m, cost: 2 }

        """;

    /// <summary>The text above the live lines.</summary>
    /// <param name="admin">The admin address.</param>
    /// <param name="gateway">The gateway's endpoint.</param>
    /// <param name="upstream">The endpoint of the server behind it.</param>
    internal static string Text(Uri admin, Uri gateway, Uri upstream) =>
        $$"""
        Dashboard: {{new Uri(admin, "/")}}

        Sluice demo: a real MCP server, and the gateway that limits it. Nothing leaves this machine.

          gateway      {{gateway}}      limits in memory, keys of alice and bob
          MCP server   {{upstream}}      tools: search, slow_count, echo
          limits       everybody 60/1m; each user 20/1m, search 3/1m, slow_count 5/1m at 2 tokens a call

        Copy these into another terminal.

        1. Alice searches four times; the fourth call is refused and says when to come back:

        for i in 1 2 3 4; do {{Curl(gateway, AliceKey, "$i", "search", "query", "sea")}}; echo; done

        2. Bob has a budget of his own, so his search is answered:

        {{Curl(gateway, BobKey, "1", "search", "query", "island")}}

        3. The MCP Inspector shows the refusal as an error and exits with 1 (its first run downloads it):

        npx -y @modelcontextprotocol/inspector@2.12.0 --cli {{gateway}} --transport http --header "X-API-Key: {{AliceKey}}" --method tools/call --tool-name search --tool-arg query=revenge

        Every metered call shows below, and on the dashboard. Ctrl-C stops.

        """;

    private static string Curl(Uri gateway, string key, string id, string tool, string argument, string value)
    {
        string shownId = id.StartsWith('$') ? $"'{id}'" : id; // The shell's variable stands outside the quotes.
        return $"curl -s {gateway} -H 'X-API-Key: {key}' -H 'Content-Type: application/json' "
            + "-H 'Accept: application/json, text/event-stream' "
            + $"-d '{{\"jsonrpc\":\"2.0\",\"id\":{shownId},\"method\":\"tools/call\","
            + $"\"params\":{{\"name\":\"{tool}\",\"arguments\":{{\"{argument}\":\"{value}\"}}}}}}'";
    }

    private static string Sha256(string key) => Convert.ToHexStringLower(
        System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(key)));
}
