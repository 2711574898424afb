using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>Shows a virtual server over two built-in servers: a list, calls, a rejection, and a server that dies.</summary>
/// <remarks>Everything that is printed is what a real client got from the gateway. Thread safety: one thread.</remarks>
/// <param name="printer">Prints it.</param>
/// <param name="time">The clock of the servers and the gateway.</param>
internal sealed class VirtualDemo(VirtualDemoPrinter printer, TimeProvider time)
{
    private const string Search = "books_search";
    private const string Echo = "desk_echo";
    private const string RemotePrefix = "Request failed (remote): "; // The C# client's own words, before those of the server.

    /// <summary>Runs the servers and the gateway, shows everything once, and stops them.</summary>
    /// <param name="port">The gateway's port; 0 for any free one.</param>
    /// <param name="portInUse">What to say when the port is taken.</param>
    /// <param name="log">How much the gateway logs.</param>
    /// <param name="cancellationToken">Stops it early.</param>
    /// <returns>The program's exit code.</returns>
    internal async Task<int> RunAsync(ushort port, string portInUse, LogSettings log, CancellationToken cancellationToken)
    {
        await using DemoServer books = await DemoServer.StartAsync([DemoTools.Search()], time, cancellationToken);
        await using DemoServer desk = await DemoServer.StartAsync([DemoTools.SlowCount(time), DemoTools.Echo()], time, cancellationToken);
        string yaml = DemoGuide.VirtualConfiguration(new Uri($"http://127.0.0.1:{port}"), books.Endpoint, desk.Endpoint);
        using CancellationTokenSource shown = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<string?> show = Task.FromResult<string?>(null);
        int exitCode = await GatewayRunner.RunAsync(
            GatewayFile.Parse(yaml, "demo.yaml").RequireConfiguration(),
            source: null,
            time,
            observer: null,
            onListening: (clients, _) => show = ShowAllAsync(new Uri(clients, "/toolkit/mcp"), yaml, books, desk, shown),
            portInUse,
            log,
            shown.Token);
        return await show is string fault ? CommandLine.Fail(fault) : exitCode;
    }

    /// <returns>Why it could not be shown; null where it was, or the gateway was stopped.</returns>
    private async Task<string?> ShowAllAsync(Uri endpoint, string yaml, DemoServer books, DemoServer desk, CancellationTokenSource shown)
    {
        try
        {
            await ShowAsync(endpoint, yaml, books, desk, shown.Token);
            return null;
        }
        catch (Exception exception) when (exception is McpException or HttpRequestException or IOException or OperationCanceledException)
        {
            return shown.IsCancellationRequested ? null : $"the demo's client got no answer: {exception.Message}";
        }
        finally
        {
            await shown.CancelAsync();
        }
    }

    private async Task ShowAsync(Uri endpoint, string yaml, DemoServer books, DemoServer desk, CancellationToken ends)
    {
        printer.Title("Two MCP servers behind one endpoint, with one budget over both.");
        printer.Servers(("toolkit", endpoint, "the virtual server"), ("books", books.Endpoint, "has search"), ("desk", desk.Endpoint, "has slow_count, echo"));
        printer.File(DemoGuide.VirtualPart(yaml));

        await using McpClient alice = await ConnectAsync(endpoint, "alice", ends);
        await using McpClient bob = await ConnectAsync(endpoint, "bob", ends);
        printer.Step("One list. Each tool has the name of its server in front.");
        await ListAsync(alice, ends);

        printer.Step("Each call goes to the server that has the tool, and takes from one budget.");
        await CallAsync(alice, "alice", Search, "query", "whale", ends);
        await CallAsync(alice, "alice", Echo, "message", "hello", ends);
        await CallAsync(alice, "alice", Search, "query", "island", ends);

        printer.Step("The third search in a minute is rejected, and says when to retry.");
        await CallAsync(alice, "alice", Search, "query", "revenge", ends);
        printer.Note("A rejected call is charged nowhere. What Alice has left:");
        printer.Limits(await LeftAsync(endpoint, ends));

        printer.Step("The server 'books' dies. Its calls fail, and nothing else does.");
        await books.KillAsync();
        await CallAsync(bob, "bob", Search, "query", "sea", ends);
        await CallAsync(bob, "bob", Echo, "message", "still here", ends);
        printer.Note("Its tools are hidden until it answers again:");
        await ListAsync(bob, ends);
        printer.End("Write your own: docs/virtual-servers.md starts with a file to copy.");
    }

    private static Task<McpClient> ConnectAsync(Uri endpoint, string user, CancellationToken ends) => McpClient.CreateAsync(
        new HttpClientTransport(new HttpClientTransportOptions
        {
            Endpoint = endpoint,
            TransportMode = HttpTransportMode.StreamableHttp,
            AdditionalHeaders = new Dictionary<string, string> { ["X-API-Key"] = DemoGuide.KeyOf(user) },
        }),
        new McpClientOptions { ClientInfo = new Implementation { Name = "sluice-demo", Version = GatewayVersion.Text } },
        cancellationToken: ends);

    private async Task ListAsync(McpClient client, CancellationToken ends) =>
        printer.Tools([.. (await client.ListToolsAsync(cancellationToken: ends)).Select(tool => (tool.Name, tool.Description))]);

    private async Task CallAsync(McpClient client, string user, string tool, string argument, string value, CancellationToken ends)
    {
        printer.Call(user, tool, $"{argument}: \"{value}\"");
        try
        {
            CallToolResult result = await client.CallToolAsync(
                tool, new Dictionary<string, object?> { [argument] = value }, cancellationToken: ends);
            printer.Answer(
                string.Join('\n', result.Content.OfType<TextContentBlock>().Select(block => block.Text)), isError: result.IsError == true);
        }
        catch (McpProtocolException exception)
        {
            string message = exception.Message.StartsWith(RemotePrefix, StringComparison.Ordinal)
                ? exception.Message[RemotePrefix.Length..]
                : exception.Message;
            printer.Answer($"error {(int)exception.ErrorCode}: {message}", isError: true);
        }
        catch (HttpRequestException exception) when (ErrorIn(exception.Message) is string error)
        {
            printer.Answer(error, isError: true);
        }
    }

    /// <summary>The JSON-RPC error in the body of a response, of which the C# client gives only the text; null for none.</summary>
    private static string? ErrorIn(string message)
    {
        int start = message.IndexOf('{', StringComparison.Ordinal);
        return start >= 0 && BackendError.ParseOrNull(System.Text.Encoding.UTF8.GetBytes(message[start..]))?["error"] is System.Text.Json.Nodes.JsonObject error
            ? $"error {error["code"]}: {error["message"]}"
            : null;
    }

    private static async Task<UsageAnswer> LeftAsync(Uri endpoint, CancellationToken ends)
    {
        using HttpClient http = new();
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(endpoint, "/toolkit/limits"));
        request.Headers.Add("X-API-Key", DemoGuide.KeyOf("alice"));
        using HttpResponseMessage response = await http.SendAsync(request, ends);
        response.EnsureSuccessStatusCode();
        await using Stream body = await response.Content.ReadAsStreamAsync(ends);
        return await System.Text.Json.JsonSerializer.DeserializeAsync(body, ApiJson.Default.UsageAnswer, ends)
            ?? throw new HttpRequestException("The gateway does not say what is left.");
    }
}
