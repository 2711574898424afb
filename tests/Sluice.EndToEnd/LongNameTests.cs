using System.Text.Json;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Sluice.EndToEnd;

/// <summary>Which clients call tools whose prefixed names are longer than the 64 characters of some models, or the 128 of the protocol.</summary>
public sealed class LongNameTests(EverythingServer server) : IClassFixture<EverythingServer>
{
    [Theory]
    [InlineData(65)]
    [InlineData(129)]
    [InlineData(193)] // The longest that a configuration can make: 64 of the server, an underscore, and 128 of a new name.
    public async Task Clients_ToolOfALongName_CallIt(int length)
    {
        string prefix = new string('s', Math.Min(64, length - 2)) + "_";
        string name = prefix + new string('t', length - prefix.Length);
        await using SluiceProgram sluice = await SluiceProgram.StartAsync(
            $$"""
            listen: http://127.0.0.1:0
            servers: [{ name: {{prefix[..^1]}}, upstream: "{{server.Endpoint}}", expose: false }]
            virtualServers:
              - { name: toolkit, backends: [{ server: {{prefix[..^1]}}, rename: { echo: {{name[prefix.Length..]}} } }], rateLimiting: { shared: 1000/1m } }
            """);
        Uri endpoint = new(sluice.Endpoint, "/toolkit/mcp");

        foreach (string kind in (string[])["sdk", "client-legacy", "client-modern"])
        {
            JsonElement[] seen = await Callers.TypeScriptAsync(kind, endpoint, "", $$"""[{ "tool": "{{name}}", "arguments": { "message": "{{kind}}" } }]""");
            seen[^1].GetProperty("text").GetString().ShouldBe($"Echo: {kind}");
        }

        ProgramResult inspected = await Callers.InspectorAsync(
            endpoint, "nobody", "--protocol-era", "legacy", "--method", "tools/call", "--tool-name", name, "--tool-arg", "message=inspector");
        inspected.Output.ShouldContain("Echo: inspector", customMessage: inspected.ToString());

        await using McpClient client = await McpClient.CreateAsync(
            new HttpClientTransport(new HttpClientTransportOptions { Endpoint = endpoint, TransportMode = HttpTransportMode.StreamableHttp }));
        (await client.ListToolsAsync()).Select(tool => tool.Name).ShouldContain(name);
        CallToolResult result = await client.CallToolAsync(name, new Dictionary<string, object?> { ["message"] = "C#" });
        result.Content.OfType<TextContentBlock>().Single().Text.ShouldBe("Echo: C#");
    }
}
