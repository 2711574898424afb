using System.Text.Json;
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

        JsonObject content = new() { ["code"] = error.Code, ["message"] = error.Message, ["data"] = data };
        using JsonDocument document = JsonDocument.Parse(content.ToJsonString());
        return new CallToolResult
        {
            IsError = true,
            Content = [new TextContentBlock { Text = error.Message }],
            StructuredContent = document.RootElement.Clone(),
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
