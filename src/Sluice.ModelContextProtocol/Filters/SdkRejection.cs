using System.Text.Json.Nodes;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;
using Sluice.Mcp;

namespace Sluice.ModelContextProtocol;

/// <summary>Gives a rejection the forms that the SDK sends: a result, and a JSON-RPC error.</summary>
internal static class SdkRejection
{
    /// <summary>The result of a tool's call, for models, and for filters outside of the limits.</summary>
    internal static CallToolResult ToolResult(RejectionError error) => new()
    {
        IsError = true,
        Content = [new TextContentBlock { Text = error.Message }],

        // Not in StructuredContent: clients check that against the tool's outputSchema, and throw the whole result away.
        Meta = MetaOf(error),
    };

    /// <summary>An empty prompt that represents the error until it is sent.</summary>
    internal static GetPromptResult PromptResult(RejectionError error) => new() { Messages = [], Meta = MetaOf(error) };

    /// <summary>An empty resource that represents the error until it is sent.</summary>
    internal static ReadResourceResult ResourceResult(RejectionError error) => new() { Contents = [], Meta = MetaOf(error) };

    /// <summary>The JSON-RPC error in answer to a request.</summary>
    internal static JsonRpcError Message(RejectionError error, RequestId id) => new()
    {
        Id = id,
        Error = new JsonRpcErrorDetail { Code = error.Code, Message = error.Message, Data = DataOf(error) },
    };

    /// <summary>Whether a result represents an error.</summary>
    internal static bool IsIn(JsonNode? result) =>
        result is JsonObject fields && fields["_meta"] is JsonObject meta && meta.ContainsKey(McpRejections.ErrorMetaKey);

    /// <summary>Answers a request with a JSON-RPC error, although its handler returns a result that represents it.</summary>
    /// <remarks>
    /// The SDK sends an error only for an exception, and logs each exception of a handler at Error with its stack trace. So the
    /// transport that the request came by is replaced by one that sends the error in place of the result. Calls that are allowed
    /// do not pay for it, as they would for a filter of outgoing messages.
    /// </remarks>
    internal static void SendInPlaceOfResult(MessageContext request, RejectionError error)
    {
        JsonRpcRequest message = (JsonRpcRequest)request.JsonRpcMessage;
        message.Context ??= new JsonRpcMessageContext();
        message.Context.RelatedTransport = new RejectingTransport(
            message.Context.RelatedTransport, request.Server, Message(error, message.Id));
    }

    private static JsonObject MetaOf(RejectionError error) => new()
    {
        [McpRejections.ErrorMetaKey] = new JsonObject { ["code"] = error.Code, ["message"] = error.Message, ["data"] = DataOf(error) },
    };

    private static JsonObject DataOf(RejectionError error)
    {
        JsonObject data = [];
        foreach ((string name, object value) in error.Data)
        {
            data[name] = value is string text ? JsonValue.Create(text) : JsonValue.Create((long)value);
        }

        return data;
    }
}
