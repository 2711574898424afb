using System.ComponentModel;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Sluice.EndToEnd.Fixtures;

/// <summary>A small MCP server of both eras on the official C# SDK, in this process, with the tools of Fixtures.</summary>
/// <remarks>
/// ModelContextProtocol.AspNetCore, which would map the endpoint, is not on the package feed that this repository
/// builds against. Without sessions its whole work is what <see cref="AnswerAsync"/> does: one transport and one
/// server per POST.
/// </remarks>
public sealed class ModernServer : IAsyncLifetime
{
    private readonly WebApplication _app;
    private readonly McpServerOptions _options;
    private int _toolCalls;

    public ModernServer()
    {
        _options = new McpServerOptions
        {
            ServerInfo = new Implementation { Name = "sluice-modern-fixture", Version = "1.0.0" },
            ToolCollection =
            [
                McpServerTool.Create(Echo, new McpServerToolCreateOptions { Name = "echo" }),
                McpServerTool.Create(Add, new McpServerToolCreateOptions { Name = "add" }),
            ],
        };

        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapPost("/mcp", AnswerAsync);
    }

    /// <summary>Where it serves; valid once it was started.</summary>
    public Uri Url { get; private set; } = null!;

    /// <summary>The tool calls that have reached this server: a refused call must not.</summary>
    public int ToolCalls => Volatile.Read(ref _toolCalls);

    public async Task InitializeAsync()
    {
        await _app.StartAsync();
        Url = new Uri(new Uri(_app.Urls.Single()), "/mcp");
    }

    public async Task DisposeAsync() => await _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        JsonRpcMessage message = (await context.Request.ReadFromJsonAsync(
            McpJsonUtilities.DefaultOptions.GetTypeInfo<JsonRpcMessage>(), context.RequestAborted))!;
        message.Context = new JsonRpcMessageContext
        {
            ProtocolVersion = context.Request.Headers["MCP-Protocol-Version"],
        };

        await using StreamableHttpServerTransport transport = new() { Stateless = true };
        await using McpServer server = McpServer.Create(transport, _options);
        Task running = server.RunAsync(context.RequestAborted);

        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-cache";
        bool answered = await transport.HandlePostRequestAsync(message, context.Response.Body, context.RequestAborted);
        if (!answered)
        {
            context.Response.ContentType = null;
            context.Response.StatusCode = StatusCodes.Status202Accepted;
        }

        await transport.DisposeAsync();
        await running;
    }

    [Description("Answers with the message that it is given.")]
    private string Echo(string message)
    {
        Interlocked.Increment(ref _toolCalls);
        return $"Echo: {message}";
    }

    [Description("Adds two numbers.")]
    private int Add(int a, int b)
    {
        Interlocked.Increment(ref _toolCalls);
        return a + b;
    }
}
