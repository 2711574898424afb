using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sluice.Mcp;

/// <summary>Gives a rejection its form: status, media type and bytes.</summary>
internal static class Wire
{
    private const int Ok = 200;
    private const int Accepted = 202;
    private const int UsualLength = 512;

    // The body is JSON and never HTML, so quotes stay readable.
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The rejection in the form that the limit, the era and the client's <c>Accept</c> ask for.</summary>
    internal static Rejection Write(RejectionText text, RejectionForm form, RejectionContext context)
    {
        if (context.Message.Kind == McpMessageKind.Notification)
        {
            return new(Accepted, null, default, null); // The sender expects no answer; the message is dropped.
        }

        bool isResult = form == RejectionForm.ToolResult && context.Message.Method == MethodNames.ToolsCall;
        int status = !isResult && UsesStatus(form, context.Era) ? text.Status : Ok;
        ArrayBufferWriter<byte> body = isResult
            ? ResultBody(text, context.Message.Id, context.Era)
            : ErrorBody(text, context.Message.Id);
        return AcceptHeader.WantsEventStream(context.Accept)
            ? new(status, AcceptHeader.EventStream, AsEvent(body.WrittenSpan), text.RetryAfterSeconds)
            : new(status, AcceptHeader.Json, body.WrittenMemory, text.RetryAfterSeconds);
    }

    /// <summary>A JSON-RPC error; without an id the key is left out.</summary>
    internal static ArrayBufferWriter<byte> ErrorBody(RejectionText text, ReadOnlyMemory<byte> id)
    {
        ArrayBufferWriter<byte> body = new(UsualLength);
        using Utf8JsonWriter json = new(body, WriterOptions);
        WriteHead(json, id);
        json.WritePropertyName("error");
        text.WriteTo(json);
        json.WriteEndObject();
        json.Flush();
        return body;
    }

    private static ArrayBufferWriter<byte> ResultBody(RejectionText text, ReadOnlyMemory<byte> id, McpEra era)
    {
        ArrayBufferWriter<byte> body = new(UsualLength);
        using Utf8JsonWriter json = new(body, WriterOptions);
        WriteHead(json, id);
        json.WriteStartObject("result");
        if (era == McpEra.Modern)
        {
            json.WriteString("resultType", "complete"); // Modern clients reject a result without it.
        }

        json.WriteBoolean("isError", true);
        json.WriteStartArray("content");
        json.WriteStartObject();
        json.WriteString("type", "text");
        json.WriteString("text", text.Message);
        json.WriteEndObject();
        json.WriteEndArray();

        // Not in structuredContent: clients check that against the tool's outputSchema, and throw the whole result away.
        json.WriteStartObject("_meta");
        json.WritePropertyName(McpRejections.ErrorMetaKey);
        text.WriteTo(json);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        return body;
    }

    private static void WriteHead(Utf8JsonWriter json, ReadOnlyMemory<byte> id)
    {
        json.WriteStartObject();
        json.WriteString("jsonrpc", "2.0");
        if (!id.IsEmpty)
        {
            json.WritePropertyName("id");
            json.WriteRawValue(id.Span, skipInputValidation: true); // Exactly as it came; the reader checked it.
        }
    }

    // JSON on one line: the writer does not indent, and an id that is one token holds no line break.
    private static byte[] AsEvent(ReadOnlySpan<byte> body) => [.. "event: message\ndata: "u8, .. body, .. "\n\n"u8];

    // Legacy clients drop the body of a 429, or hang on it; a tool's result for another method falls back to this too.
    private static bool UsesStatus(RejectionForm form, McpEra era) => form switch
    {
        RejectionForm.Http429 => true,
        RejectionForm.JsonRpc => false,
        RejectionForm.Auto or RejectionForm.ToolResult => era == McpEra.Modern,
        _ => throw new ArgumentOutOfRangeException(nameof(form), form, "Not a form of rejection."),
    };
}
