using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Sluice.Gateway;

/// <summary>A real MCP server, of both protocol eras, on a free port of this machine: what the demo's gateway stands in front of.</summary>
/// <remarks>It keeps no sessions: each POST is answered by a server of its own, as the SDK's stateless mode means it.</remarks>
internal sealed class DemoServer : IAsyncDisposable
{
    private static readonly JsonTypeInfo<JsonRpcMessage> MessageType =
        (JsonTypeInfo<JsonRpcMessage>)McpJsonUtilities.DefaultOptions.GetTypeInfo(typeof(JsonRpcMessage));

    private readonly WebApplication _application;

    private DemoServer(WebApplication application) => _application = application;

    /// <summary>Where it answers.</summary>
    internal Uri Endpoint => new(_application.Urls.First() + "/mcp");

    /// <summary>Starts it on a free port.</summary>
    internal static async Task<DemoServer> StartAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        WebApplication application = builder.Build();
        McpServerOptions options = new()
        {
            ServerInfo = new() { Name = "sluice-demo", Version = "1.0.0" },
            ToolCollection = DemoTools.Create(time),
        };
        application.MapPost("/mcp", (RequestDelegate)(context => AnswerAsync(context, options)));
        await application.StartAsync(cancellationToken);
        return new DemoServer(application);
    }

    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync();
        await _application.DisposeAsync();
    }

    private static async Task AnswerAsync(HttpContext context, McpServerOptions options)
    {
        CancellationToken aborted = context.RequestAborted;
        if (await JsonSerializer.DeserializeAsync(context.Request.Body, MessageType, aborted) is not JsonRpcMessage message)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        await using StreamableHttpServerTransport transport = new() { Stateless = true };
        await using McpServer server = McpServer.Create(transport, options);
        using CancellationTokenSource answered = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        Task serving = server.RunAsync(answered.Token);
        context.Response.ContentType = "text/event-stream";
        if (!await transport.HandlePostRequestAsync(message, context.Response.Body, aborted))
        {
            context.Response.ContentType = null;
            context.Response.StatusCode = StatusCodes.Status202Accepted;
        }

        await answered.CancelAsync();
        await serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
