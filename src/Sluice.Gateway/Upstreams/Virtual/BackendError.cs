using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>Reads and names errors of backends. It is slow, and not for the path of every call.</summary>
internal static class BackendError
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 1_000 };

    /// <summary>The code of an answer that is an error; else null.</summary>
    internal static int? CodeOf(ReadOnlyMemory<byte> answer) =>
        ErrorOf(answer)?["code"] is JsonValue code && code.TryGetValue(out int number) ? number : null;

    /// <summary>The edit that gives an error of the legacy era the code that the modern era has for it.</summary>
    /// <remarks>Source: Model Context Protocol, revision 2026-07-28, Key Changes: a resource that is not found.</remarks>
    internal static (Range? Part, ReadOnlyMemory<byte> With) CodeForModern(ReadOnlyMemory<byte> message, Range error)
    {
        if (JsonMembers.Of(message.Span[error])?.ValueOf("code") is not Range code
            || !message[error].Span[code].SequenceEqual("-32002"u8))
        {
            return default;
        }

        int start = error.Start.Value;
        return ((start + code.Start.Value)..(start + code.End.Value), "-32602"u8.ToArray());
    }

    /// <summary>The message of an answer that is an error, quoted and bounded; or what the answer is instead.</summary>
    internal static string MessageOf(ReadOnlyMemory<byte> answer) =>
        ErrorOf(answer) is JsonObject error
            ? Shown.Quote(TextOf(error["message"]) ?? "without a message")
            : "'the result is not what the method has'";

    /// <summary>An answer whose error, or whose text for the model, names the backend that gave it.</summary>
    internal static byte[] NameBackend(ReadOnlyMemory<byte> answer, string backend)
    {
        JsonObject? root = ParseOrNull(answer) as JsonObject;
        string prefix = $"Server '{backend}': ";
        if (root?["error"] is JsonObject error && TextOf(error["message"]) is string message)
        {
            error["message"] = prefix + message;
        }
        else if ((root?["result"] as JsonObject)?["content"] is JsonArray { Count: > 0 } content
            && content[0] is JsonObject block
            && TextOf(block["text"]) is string text)
        {
            block["text"] = prefix + text;
        }
        else
        {
            return answer.ToArray();
        }

        return JsonSerializer.SerializeToUtf8Bytes(root, Relaxed);
    }

    /// <summary>JSON; null for other text.</summary>
    internal static JsonNode? ParseOrNull(ReadOnlyMemory<byte> json)
    {
        try
        {
            return JsonNode.Parse(json.Span, documentOptions: Deep);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>A text; null for anything else.</summary>
    internal static string? TextOf(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static JsonObject? ErrorOf(ReadOnlyMemory<byte> answer) => (ParseOrNull(answer) as JsonObject)?["error"] as JsonObject;
}
