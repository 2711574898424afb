namespace Sluice.Gateway;

/// <summary>What the demo prints at its start: what runs where, and what to try.</summary>
internal static class DemoGuide
{
    private const string KeyPrefix = "demo-key-of-";

    /// <summary>The demo's configuration, as a person would write it.</summary>
    /// <param name="listen">Where the gateway is to listen.</param>
    /// <param name="upstream">Where the demo's server is.</param>
    internal static string Configuration(Uri listen, Uri upstream) =>
        $$"""
        listen: {{listen.GetLeftPart(UriPartial.Authority)}}
        admin: { listen: "http://127.0.0.1:0" }
        auth:
          apiKeys:
            - { user: alice, sha256: {{Sha256(KeyPrefix + "alice")}} }
            - { user: bob, sha256: {{Sha256(KeyPrefix + "bob")}} }
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

    /// <summary>The text above the live lines. It fits a terminal of 80 columns, so that lines are copied whole.</summary>
    /// <param name="admin">The admin address.</param>
    /// <param name="gateway">The gateway's endpoint.</param>
    /// <param name="upstream">The endpoint of the server behind it.</param>
    internal static string Text(Uri admin, Uri gateway, Uri upstream) =>
        $$$"""
        Dashboard: {{{new Uri(admin, "/")}}}

        Sluice demo: an MCP server, and the gateway that limits it.

          gateway     {{{gateway,-28}}} users alice and bob
          MCP server  {{{upstream,-28}}} tools search, slow_count, echo
          limits      60/1m for all callers, 20/1m for each user, 3/1m of search

        Copy these into another terminal. First, a command that searches as a user:

          search() {
            curl -s {{{gateway}}} -H "X-API-Key: {{{KeyPrefix}}}$1" \
              -H 'Content-Type: application/json' \
              -H 'Accept: application/json, text/event-stream' \
              -d '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":
                   {"name":"search","arguments":{"query":"'"$2"'"} }}'
            echo
          }

        Alice searches four times. The fourth call is rejected, and says when to retry:

          for i in 1 2 3 4; do search alice sea; done

        Bob has a budget of his own, so his search is answered:

          search bob island

        Calls show below, and on the dashboard. Ctrl-C stops.

        """;

    /// <summary>The configuration of the demo of virtual servers, as a person would write it.</summary>
    /// <param name="listen">Where the gateway is to listen.</param>
    /// <param name="books">Where the server with books is.</param>
    /// <param name="desk">Where the other server is.</param>
    internal static string VirtualConfiguration(Uri listen, Uri books, Uri desk) =>
        $$"""
        listen: {{listen.GetLeftPart(UriPartial.Authority)}}
        auth:
          apiKeys:
            - { user: alice, sha256: {{Sha256(KeyOf("alice"))}} }
            - { user: bob, sha256: {{Sha256(KeyOf("bob"))}} }
        {{VirtualStart}}
          - { name: books, upstream: "{{books}}", expose: false }
          - { name: desk, upstream: "{{desk}}", expose: false }
        virtualServers:
          - name: toolkit
            backends: [books, desk]
            usage: true
            rateLimiting:
              perUser: 10/1m                                # over both servers
              tools: [{ name: books_search, perUser: 2/1m }]

        """;

    /// <summary>The part of that configuration which is about servers.</summary>
    internal static string VirtualPart(string configuration) =>
        configuration[configuration.IndexOf(VirtualStart, StringComparison.Ordinal)..];

    /// <summary>The API key of a user of the demo.</summary>
    internal static string KeyOf(string user) => KeyPrefix + user;

    private const string VirtualStart = "servers:";

    private static string Sha256(string key) => Convert.ToHexStringLower(
        System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(key)));
}
