using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Options;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

/// <summary>Serves MCP on one POST endpoint, without sessions, for clients of both protocol eras.</summary>
/// <remarks>What <c>MapMcp</c> of ModelContextProtocol.AspNetCore does, for a program that does without that package.</remarks>
internal static class StatelessMcp
{
    private static readonly JsonTypeInfo<JsonRpcMessage> MessageType =
        (JsonTypeInfo<JsonRpcMessage>)McpJsonUtilities.DefaultOptions.GetTypeInfo(typeof(JsonRpcMessage));

    internal static async Task AnswerAsync(HttpContext context)
    {
        CancellationToken aborted = context.RequestAborted;
        if (await JsonSerializer.DeserializeAsync(context.Request.Body, MessageType, aborted) is not JsonRpcMessage message)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        message.Context = new JsonRpcMessageContext
        {
            ProtocolVersion = context.Request.Headers["MCP-Protocol-Version"],
            User = context.User, // Whom the app has authenticated; limits per user count by it.
        };
        McpServerOptions options = context.RequestServices.GetRequiredService<IOptions<McpServerOptions>>().Value;
        await using StreamableHttpServerTransport transport = new() { Stateless = true };
        await using McpServer server = McpServer.Create(transport, options, serviceProvider: context.RequestServices);
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
