using System.Net;
using System.Text.Json;

namespace Sluice.Gateway.Tests;

/// <summary>A gateway in front of the odd server, and one client of it.</summary>
internal sealed class StdioGateway : IAsyncDisposable
{
    internal const string Initialize =
        """{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}""";

    private StdioGateway(GatewayFixture fixture) => Fixture = fixture;

    internal GatewayFixture Fixture { get; }

    /// <summary>Starts a gateway.</summary>
    /// <param name="manner">How the server misbehaves as a whole; or empty.</param>
    /// <param name="upstream">Further fields of the upstream, in YAML's flow style.</param>
    /// <param name="server">Further fields of the server.</param>
    /// <param name="time">The gateway's clock, or null for that of the system.</param>
    internal static async Task<StdioGateway> StartAsync(string manner = "", string upstream = "", string server = "", TimeProvider? time = null) =>
        new(await GatewayFixture.StartAsync(
            $$"""
            listen: http://127.0.0.1:0
            servers:
              - name: odd
                upstream: { command: dotnet, args: [ '{{typeof(OddServer).Assembly.Location}}', {{OddServer.Word}}, '{{manner}}' ] {{upstream}} }
            {{server}}
            """,
            time ?? TimeProvider.System));

    /// <summary>Begins a session, and gives its id.</summary>
    internal async Task<string> BeginAsync()
    {
        using HttpResponseMessage response = await Fixture.Client.SendAsync(GatewayFixture.Post(Initialize));
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        return response.Headers.GetValues("Mcp-Session-Id").Single();
    }

    internal Task<(HttpStatusCode Status, string Body)> InitializeAsync() => Fixture.SendAsync(GatewayFixture.Post(Initialize));

    internal static HttpRequestMessage Legacy(string session, string message)
    {
        HttpRequestMessage request = GatewayFixture.Post(message);
        request.Headers.Add("Mcp-Session-Id", session);
        return request;
    }

    internal static HttpRequestMessage Modern(string message)
    {
        HttpRequestMessage request = GatewayFixture.Post(message);
        request.Headers.Add("MCP-Protocol-Version", "2026-07-28");
        return request;
    }

    internal static string Call(string id, string tool, string arguments = "{}", string meta = "{}") =>
        $$"""{"jsonrpc":"2.0","id":{{id}},"method":"tools/call","params":{"name":"{{tool}}","arguments":{{arguments}},"_meta":{{meta}} } }""";

    internal Task<(HttpStatusCode Status, string Body)> CallAsync(string session, string id, string tool, string arguments = "{}") =>
        Fixture.SendAsync(Legacy(session, Call(id, tool, arguments)));

    /// <summary>What a tool said, of a call that is expected to succeed.</summary>
    internal async Task<string> TextAsync(string session, string tool, string arguments = "{}") =>
        TextOf((await CallAsync(session, "7", tool, arguments)).Body);

    internal static string TextOf(string body)
    {
        JsonElement answer = JsonSerializer.Deserialize<JsonElement>(body);
        return answer.GetProperty("result").GetProperty("content")[0].GetProperty("text").GetString()!;
    }

    /// <summary>The server's own stream, and a reader of its events.</summary>
    internal async Task<StreamReader> ListenAsync(string session)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "/mcp");
        request.Headers.Add("Mcp-Session-Id", session);
        HttpResponseMessage response = await Fixture.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        return new StreamReader(await response.Content.ReadAsStreamAsync());
    }

    /// <summary>The message of the next event.</summary>
    internal static async Task<string> NextEventAsync(StreamReader stream)
    {
        string? first = await stream.ReadLineAsync().WaitAsync(Eventually.Patience);
        while (first?.StartsWith(':') == true)
        {
            (await stream.ReadLineAsync().WaitAsync(Eventually.Patience)).ShouldBe(""); // A comment, which keeps the stream open.
            first = await stream.ReadLineAsync().WaitAsync(Eventually.Patience);
        }

        first.ShouldBe("event: message");
        string data = (await stream.ReadLineAsync().WaitAsync(Eventually.Patience)).ShouldNotBeNull();
        (await stream.ReadLineAsync().WaitAsync(Eventually.Patience)).ShouldBe("");
        return data["data: ".Length..];
    }

    /// <summary>Waits until a process is no more.</summary>
    internal static Task GoneAsync(int processId) => Eventually.HoldsAsync(() => !IsRunning(processId));

    internal static bool IsRunning(int processId)
    {
        string file = $"/proc/{processId}/stat";
        try
        {
            // The state follows the name. A process that was not waited for yet (Z) has ended too.
            return File.ReadAllText(file).Split(") ")[^1][0] != 'Z';
        }
        catch (IOException)
        {
            return false;
        }
    }

    public ValueTask DisposeAsync() => Fixture.DisposeAsync();
}
