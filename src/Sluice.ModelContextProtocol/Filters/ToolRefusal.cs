using System.Text.Json.Nodes;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using Sluice.Mcp;

namespace Sluice.ModelContextProtocol;

/// <summary>Gives a refusal the form that the SDK sends.</summary>
internal static class ToolRefusal
{
    /// <summary>The result of a tool's call, for hosts that want the model to see it.</summary>
    internal static CallToolResult Of(RefusalError error)
    {
        JsonObject data = [];
        foreach ((string name, object value) in error.Data)
        {
            data[name] = value is string text ? JsonValue.Create(text) : JsonValue.Create((long)value);
        }

        return new CallToolResult
        {
            IsError = true,
            Content = [new TextContentBlock { Text = error.Message }],

            // Not in StructuredContent: clients check that against the tool's outputSchema, and throw the whole result away.
            Meta = new() { [McpRefusals.ErrorMetaKey] = new JsonObject { ["code"] = error.Code, ["message"] = error.Message, ["data"] = data } },
        };
    }

    /// <summary>The exception that the SDK sends as a JSON-RPC error.</summary>
    internal static McpProtocolException ExceptionOf(RefusalError error)
    {
        McpProtocolException exception = new(error.Message, (McpErrorCode)error.Code);
        foreach ((string name, object value) in error.Data)
        {
            exception.Data[name] = value;
        }

        return exception;
    }
}
