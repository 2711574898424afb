using System.Text.Json;
using System.Text.RegularExpressions;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Sluice.EndToEnd;

/// <summary>The reference server over HTTP and over stdio behind one endpoint, and the clients that people use.</summary>
public sealed partial class VirtualServerTests(EverythingServer server) : IClassFixture<EverythingServer>
{
    private string Configuration =>
        $$"""
        listen: http://127.0.0.1:0
        servers:
          - { name: web, upstream: "{{server.Endpoint}}" }
          - { name: local, upstream: { command: node, args: ['{{Repository.Everything}}', stdio] }, expose: false }
        virtualServers:
          - { name: toolkit, backends: [web, local], rateLimiting: { rejection: jsonrpc, tools: [{ name: local_get-env, shared: 1/1d }] } }
        """;

    [Theory]
    [InlineData("sdk")]
    [InlineData("client-legacy")]
    [InlineData("client-modern")]
    public async Task TypeScriptClient_ListsCallsReadsGetsCompletesAndIsRejected(string kind)
    {
        await using SluiceProgram sluice = await SluiceProgram.StartAsync(Configuration);
        await WarmUpAsync(sluice, kind);
        JsonElement[] seen = await Callers.TypeScriptAsync(
            kind,
            EndpointOf(sluice),
            "",
            """
            [{ "list": true, "until": "local_echo" }, { "tool": "web_echo", "arguments": { "message": "over HTTP" } }, { "tool": "local_echo", "arguments": { "message": "over stdio" } },
             { "tool": "local_get-env", "arguments": {} }, { "tool": "local_get-env", "arguments": {} }, { "tool": "echo", "arguments": {} },
             { "read": "demo://resource/dynamic/text/7" }, { "prompt": "web_simple-prompt" },
             { "complete": { "ref": { "type": "ref/prompt", "name": "local_completable-prompt" }, "argument": { "name": "department", "value": "E" } } }]
            """);

        seen[1].GetProperty("tools").GetInt32().ShouldBeGreaterThan(20);
        seen[2].GetProperty("text").GetString().ShouldBe("Echo: over HTTP");
        seen[3].GetProperty("text").GetString().ShouldBe("Echo: over stdio");
        seen[4].GetProperty("isError").GetBoolean().ShouldBeFalse();
        seen[5].GetProperty("code").GetInt32().ShouldBe(429);
        seen[6].GetProperty("message").GetString()!.ShouldContain("The virtual server 'toolkit' has no tool 'echo'.");
        seen[7].GetProperty("contents")[0].GetProperty("uri").GetString().ShouldBe("demo://resource/dynamic/text/7");
        seen[8].GetProperty("messages").GetInt32().ShouldBeGreaterThan(0);
        seen[9].GetProperty("values")[0].GetString().ShouldBe("Engineering");
    }

    [Theory]
    [InlineData("sdk")]
    [InlineData("client-legacy")]
    [InlineData("client-modern")]
    public async Task TypeScriptClient_IsSampledElicitedAndToldOfProgress_ByBothServers(string kind)
    {
        await using SluiceProgram sluice = await SluiceProgram.StartAsync(Configuration);
        await WarmUpAsync(sluice, kind);
        foreach (string name in new[] { "web", "local" })
        {
            JsonElement[] seen = await Callers.TypeScriptAsync(
                kind,
                EndpointOf(sluice),
                "",
                $$"""
                [{ "list": true, "until": "{{name}}_echo" }, { "tool": "{{name}}_trigger-sampling-request", "arguments": { "prompt": "for me", "maxTokens": 10 } },
                 { "tool": "{{name}}_trigger-elicitation-request", "arguments": {} },
                 { "progress": "{{name}}_trigger-long-running-operation", "arguments": { "duration": 0.4, "steps": 4 } }]
                """,
                answers: true);
            seen[2].ToString().ShouldContain("sampled: Resource trigger-sampling-request context: for me");
            seen[3].ToString().ShouldContain("declined");
            seen[4].GetProperty("progress").EnumerateArray().Select(done => done.GetInt32()).ShouldBe([1, 2, 3, 4]);
        }
    }

    [Theory]
    [InlineData("legacy")]
    [InlineData("modern")]
    public async Task Inspector_ListsCallsReadsAndGets(string era)
    {
        await using SluiceProgram sluice = await SluiceProgram.StartAsync(Configuration);

        await Eventually.HoldsAsync(
            async () => (await InspectAsync("--method", "tools/list")).Contains("\"local_get-annotated-message\"", StringComparison.Ordinal));
        (await InspectAsync("--method", "tools/call", "--tool-name", "web_echo", "--tool-arg", "message=hi")).ShouldContain("Echo: hi");
        (await InspectAsync("--method", "prompts/list")).ShouldContain("\"web_simple-prompt\"");
        (await InspectAsync("--method", "prompts/get", "--prompt-name", "local_simple-prompt")).ShouldContain("This is a simple prompt");
        (await InspectAsync("--method", "resources/templates/list")).ShouldContain("demo://resource/dynamic/text/{resourceId}");
        (await InspectAsync("--method", "resources/read", "--uri", "demo://resource/dynamic/text/1")).ShouldContain("Resource 1");

        async Task<string> InspectAsync(params string[] arguments)
        {
            ProgramResult result = await Callers.InspectorAsync(EndpointOf(sluice), "nobody", ["--protocol-era", era, .. arguments]);
            result.ExitCode.ShouldBe(0, result.ToString());
            return result.Output;
        }
    }

    [Theory]
    [InlineData("2025-11-25")]
    [InlineData("2026-07-28")]
    public async Task CSharpClient_IsSampledElicitedAndToldOfProgress_ByBothServers(string version)
    {
        await using SluiceProgram sluice = await SluiceProgram.StartAsync(Configuration);
        await using McpClient client = await ConnectAsync(sluice, version);
        client.NegotiatedProtocolVersion.ShouldBe(version);
        await UntilListedAsync(client, "web_trigger-sampling-request", "local_trigger-sampling-request");

        foreach (string name in new[] { "web", "local" })
        {
            CallToolResult sampled = await client.CallToolAsync(
                $"{name}_trigger-sampling-request", new Dictionary<string, object?> { ["prompt"] = "for " + name, ["maxTokens"] = 10 });
            TextOf(sampled).ShouldContain($"sampled: Resource trigger-sampling-request context: for {name}");

            CallToolResult elicited = await client.CallToolAsync($"{name}_trigger-elicitation-request", new Dictionary<string, object?>());
            TextOf(elicited).ShouldContain("declined");

            Progress progress = new();
            await client.CallToolAsync(
                $"{name}_trigger-long-running-operation",
                new Dictionary<string, object?> { ["duration"] = 0.4, ["steps"] = 4 },
                progress);
            progress.Reports.ShouldContain(1); // The client loses a report that comes in one piece with the answer.
        }

        GetPromptResult prompt = await client.GetPromptAsync("web_simple-prompt");
        prompt.Messages.ShouldNotBeEmpty();
        CompleteResult completed = await client.CompleteAsync(
            new PromptReference { Name = "local_completable-prompt" }, "department", "E");
        completed.Completion.Values.ShouldContain("Engineering");
        ReadResourceResult read = await client.ReadResourceAsync("demo://resource/dynamic/text/7");
        read.Contents.ShouldHaveSingleItem().Uri.ShouldBe("demo://resource/dynamic/text/7");
    }

    [Fact]
    public async Task CSharpServer_BesideTheReferenceServerOverBothTransports_IsListedAndCalled()
    {
        Uri weather = new($"http://127.0.0.1:{FreePort.Next()}");
        await using ChildProcess process = ChildProcess.Start("dotnet", Repository.Sample("HttpServer"), "--urls", weather.ToString());
        await process.WaitForLineAsync(line => line.Contains("Now listening on", StringComparison.Ordinal));
        await using SluiceProgram sluice = await SluiceProgram.StartAsync(Configuration
            .Replace("virtualServers:", $"  - {{ name: weather, upstream: \"{new Uri(weather, "/mcp")}\" }}\nvirtualServers:", StringComparison.Ordinal)
            .Replace("[web, local]", "[web, local, weather]", StringComparison.Ordinal));

        foreach (string version in new[] { "2025-11-25", "2026-07-28" })
        {
            await using McpClient client = await ConnectAsync(sluice, version);
            await UntilListedAsync(client, "web_echo", "local_echo", "weather_forecast");
            CallToolResult forecast = await client.CallToolAsync("weather_forecast", new Dictionary<string, object?> { ["city"] = "Bergen" });
            TextOf(forecast).ShouldBe("Sunny in Bergen.");
            TextOf(await client.CallToolAsync("web_echo", new Dictionary<string, object?> { ["message"] = version })).ShouldBe("Echo: " + version);
            TextOf(await client.CallToolAsync("local_echo", new Dictionary<string, object?> { ["message"] = version })).ShouldBe("Echo: " + version);
        }
    }

    [Fact]
    public async Task Backend_ThatIsKilledDuringACall_FailsThatCallAlone()
    {
        string configuration = Configuration.Replace(
            $"node, args: ['{Repository.Everything}', stdio]", $"dotnet, args: ['{Repository.OddServer}', odd-server]", StringComparison.Ordinal);
        await using SluiceProgram sluice = await SluiceProgram.StartAsync(configuration);
        await using McpClient client = await ConnectAsync(sluice);
        int process = IdIn(await client.CallToolAsync("local_pid", new Dictionary<string, object?>()));

        Task<CallToolResult> going = client.CallToolAsync(
            "web_trigger-long-running-operation", new Dictionary<string, object?> { ["duration"] = 2, ["steps"] = 2 }).AsTask();
        Exception failure = await Should.ThrowAsync<Exception>(
            async () => await client.CallToolAsync("local_die", new Dictionary<string, object?>()));
        failure.Message.ShouldContain("its backend 'local' failed: its process ended with exit code");

        TextOf(await going).ShouldContain("completed");
        IdIn(await CallAfterLossAsync()).ShouldNotBe(process);

        // One call fails, unless the client's stream has found before it that the session is lost: it looks after two seconds.
        async Task<CallToolResult> CallAfterLossAsync()
        {
            try
            {
                return await client.CallToolAsync("local_pid", new Dictionary<string, object?>());
            }
            catch (HttpRequestException lost)
            {
                lost.Message.ShouldContain("its session had ended. The next call opens another");
                return await client.CallToolAsync("local_pid", new Dictionary<string, object?>());
            }
        }
    }

    [Fact]
    public async Task Page_ItsFileAndCommands_PrintWhatThePageShows()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("sluice-page-");
        try
        {
            int port = FreePort.Next();
            DocumentedPage page = DocumentedPage.Read("virtual-servers.md")
                .With("npx, args: [\"-y\", \"@modelcontextprotocol/server-everything\", \"stdio\"]", $"node, args: ['{Repository.Everything}', stdio]")
                .With("npx -y @modelcontextprotocol/server-everything streamableHttp", $"node '{Repository.Everything}' streamableHttp")
                .With("listen: http://127.0.0.1:8080", "listen: http://127.0.0.1:0")
                .With("3001", $"{port}");
            await using SluiceProgram sluice = await SluiceProgram.StartAsync(page.Blocks("yaml")[0]);
            page = page.With("http://127.0.0.1:8080/toolkit/mcp", EndpointOf(sluice).ToString());

            (string Command, string Output)[] printed = await page.RunAsync(folder.FullName, page.Blocks("sh")[1]);

            printed.Select(command => Masked(command.Output)).ShouldBe(page.Commands().Select(command => Masked(command.Output)));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>What differs from run to run is how much time is left.</summary>
    private static string Masked(string output) => Varying().Replace(output, "$1…");

    private static Uri EndpointOf(SluiceProgram sluice) => new(sluice.Endpoint, "/toolkit/mcp");

    private static int IdIn(CallToolResult result) => int.Parse(TextOf(result), System.Globalization.CultureInfo.InvariantCulture);

    internal static string TextOf(CallToolResult result) => string.Join(' ', result.Content.OfType<TextContentBlock>().Select(block => block.Text));

    /// <summary>Waits for both backends where the client learns only when it connects what they have.</summary>
    private static async Task WarmUpAsync(SluiceProgram sluice, string kind)
    {
        if (kind == "client-modern")
        {
            await using McpClient client = await ConnectAsync(sluice, "2026-07-28");
            await UntilListedAsync(client, "web_echo", "local_echo");
        }
    }

    /// <summary>Lists the tools until some are there. A virtual server waits 5 seconds for a backend that starts, and lists it later.</summary>
    private static async Task UntilListedAsync(McpClient client, params string[] tools)
    {
        string[] listed = [];
        await Eventually.HoldsAsync(
            async () =>
            {
                listed = [.. (await client.ListToolsAsync()).Select(tool => tool.Name)];
                return !tools.Except(listed).Any();
            },
            () => string.Join(' ', listed));
    }

    internal static Task<McpClient> ConnectAsync(SluiceProgram sluice, string version = "2025-11-25") => McpClient.CreateAsync(
        new HttpClientTransport(new HttpClientTransportOptions
        {
            Endpoint = EndpointOf(sluice),
            TransportMode = HttpTransportMode.StreamableHttp,
        }),
        new McpClientOptions
        {
            ProtocolVersion = version,
            DiscoverProbeTimeout = Eventually.Patience,
#pragma warning disable MCP9005 // Deprecated in 2026-07-28, and what legacy servers ask for.
            Handlers = new McpClientHandlers
            {
                SamplingHandler = (request, _, _) => ValueTask.FromResult(new CreateMessageResult
                {
                    Model = "test",
                    Role = Role.Assistant,
                    Content = [new TextContentBlock { Text = "sampled: " + request!.Messages[0].Content.OfType<TextContentBlock>().Single().Text }],
                }),
                ElicitationHandler = (_, _) => ValueTask.FromResult(new ElicitResult { Action = "decline" }),
                RootsHandler = (_, _) => ValueTask.FromResult(new ListRootsResult { Roots = [] }),
            },
#pragma warning restore MCP9005
        });

    [GeneratedRegex("(retry in |\"retryAfterSeconds\":|\"retryAfterMs\":)[\\d.]+")]
    private static partial Regex Varying();

    private sealed class Progress : IProgress<ProgressNotificationValue>
    {
        internal System.Collections.Concurrent.ConcurrentBag<double> Reports { get; } = [];

        public void Report(ProgressNotificationValue value) => Reports.Add(value.Progress);
    }
}
