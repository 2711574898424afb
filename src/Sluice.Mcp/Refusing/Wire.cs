using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sluice.Mcp.Refusing;

/// <summary>Gives a refusal its form: status, media type and bytes.</summary>
internal static class Wire
{
    internal const string Json = "application/json";
    internal const string EventStream = "text/event-stream";
    private const int Ok = 200;
    private const int Accepted = 202;

    // The body is JSON and never HTML, so quotes stay readable.
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The refusal in the form that the limit, the era and the client's <c>Accept</c> ask for.</summary>
    internal static Refusal Write(RefusalText text, RejectionForm form, RefusalContext context)
    {
        if (context.Message.Kind == McpMessageKind.Notification)
        {
            return new(Accepted, null, default, null); // Nobody waits for an answer; the message is dropped.
        }

        bool asResult = form == RejectionForm.ToolResult && context.Message.Method == Reading.MethodNames.ToolsCall;
        byte[] body = asResult ? ResultBody(text, context) : ErrorBody(text, context.Message.Id);
        int status = !asResult && UsesStatus(form, context.Era) ? text.Status : Ok;
        return WantsEventStream(context.Accept)
            ? new(status, EventStream, AsEvent(body), text.RetryAfterSeconds)
            : new(status, Json, body, text.RetryAfterSeconds);
    }

    /// <summary>A JSON-RPC error; without an id the key is left out.</summary>
    internal static byte[] ErrorBody(RefusalText text, ReadOnlyMemory<byte> id) => Envelope(id, json =>
    {
        json.WritePropertyName("error");
        text.WriteTo(json);
    });

    private static byte[] ResultBody(RefusalText text, RefusalContext context) => Envelope(context.Message.Id, json =>
    {
        json.WriteStartObject("result");
        if (context.Era == McpEra.Modern)
        {
            json.WriteString("resultType", "complete");
        }

        json.WriteStartArray("content");
        json.WriteStartObject();
        json.WriteString("type", "text");
        json.WriteString("text", text.Message);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WritePropertyName("structuredContent");
        text.WriteTo(json);
        json.WriteBoolean("isError", true);
        json.WriteEndObject();
    });

    private static byte[] Envelope(ReadOnlyMemory<byte> id, Action<Utf8JsonWriter> writeRest)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, WriterOptions))
        {
            json.WriteStartObject();
            json.WriteString("jsonrpc", "2.0");
            if (!id.IsEmpty)
            {
                json.WritePropertyName("id");
                json.WriteRawValue(id.Span, skipInputValidation: true); // Exactly as it came; the reader checked it.
            }

            writeRest(json);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static byte[] AsEvent(byte[] body) => [.. "event: message\ndata: "u8, .. body, .. "\n\n"u8];

    // Legacy clients drop the body of a 429, or hang on it; a tool's result for another method falls back to this too.
    private static bool UsesStatus(RejectionForm form, McpEra era) => form switch
    {
        RejectionForm.Http429 => true,
        RejectionForm.JsonRpc => false,
        RejectionForm.Auto or RejectionForm.ToolResult => era == McpEra.Modern,
        _ => throw new ArgumentOutOfRangeException(nameof(form), form, "Not a form of refusal."),
    };

    private static bool WantsEventStream(string? accept) =>
        accept is not null
        && accept.Contains(EventStream, StringComparison.OrdinalIgnoreCase)
        && !accept.Contains(Json, StringComparison.OrdinalIgnoreCase)
        && !accept.Contains("*/*", StringComparison.Ordinal)
        && !accept.Contains("application/*", StringComparison.OrdinalIgnoreCase);
}
