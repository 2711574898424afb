using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Sluice.Gateway.Tests.Names;

/// <summary>Answers as an MCP server of the legacy era that has lists.</summary>
internal static class ListServer
{
    /// <summary>A server whose lists come from a function of the method and the cursor.</summary>
    /// <param name="list">The result of a list, or null for "method not found".</param>
    internal static RequestDelegate Of(Func<string, string?, object?> list) => async context =>
    {
        if (context.Request.Method != "POST")
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            return;
        }

        using JsonDocument message = JsonDocument.Parse((byte[])context.Items["body"]!);
        string method = message.RootElement.GetProperty("method").GetString()!;
        if (!message.RootElement.TryGetProperty("id", out JsonElement id))
        {
            context.Response.StatusCode = StatusCodes.Status202Accepted;
            return;
        }

        string? cursor = message.RootElement.TryGetProperty("params", out JsonElement parameters)
            && parameters.TryGetProperty("cursor", out JsonElement given) ? given.GetString() : null;
        object? result = method == "initialize"
            ? new
            {
                protocolVersion = "2025-06-18",
                serverInfo = new { name = "lists", version = "1" },
                capabilities = new { tools = new { }, resources = new { } },
            }
            : list(method, cursor);
        await context.Response.WriteAsJsonAsync<object>(result is null
            ? new { jsonrpc = "2.0", id, error = new { code = -32601, message = "Method not found" } }
            : new { jsonrpc = "2.0", id, result });
    };

    /// <summary>A page of tools.</summary>
    internal static object Tools(IEnumerable<string> names, string? next = null) => next is null
        ? new { tools = names.Select(Tool) }
        : new { tools = names.Select(Tool), nextCursor = next };

    private static object Tool(string name) => new { name, inputSchema = new { type = "object" } };
}
