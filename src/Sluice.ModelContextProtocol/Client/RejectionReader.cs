using System.Collections;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using ModelContextProtocol;

namespace Sluice.ModelContextProtocol;

/// <summary>Finds the wait in a rejection; whatever is not clearly one has none.</summary>
internal static class RejectionReader
{
    private const string Wait = "retryAfterMs";
    private const string Limit = "limit";
    private const int StoreUnavailable = 503;
    private static readonly TimeSpan MaxWait = TimeSpan.FromDays(1);

    /// <summary>The wait that a JSON-RPC error asks for; alone, or as one server-sent event.</summary>
    internal static TimeSpan? WaitOf(ReadOnlyMemory<byte> body)
    {
        ReadOnlyMemory<byte> json = Unwrap(body);
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("error", out JsonElement error)
                && error.ValueKind == JsonValueKind.Object
                && error.TryGetProperty("data", out JsonElement data)
                && data.ValueKind == JsonValueKind.Object
                && IsRejection(error, data)
                && data.TryGetProperty(Wait, out JsonElement wait)
                && wait.ValueKind == JsonValueKind.Number
                && wait.TryGetInt64(out long milliseconds)
                    ? Bounded(milliseconds)
                    : null;
        }
        catch (JsonException)
        {
            return null; // Not a rejection of ours, whatever it is.
        }
    }

    /// <summary>The wait that an exception of the SDK's client asks for.</summary>
    /// <remarks>An HTTP status is an <see cref="HttpRequestException"/> there, which quotes the body at the end of its message.</remarks>
    internal static TimeSpan? WaitOf(Exception exception) => exception switch
    {
        McpProtocolException protocol => WaitOf((int)protocol.ErrorCode, protocol.Data),
        HttpRequestException { StatusCode: HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable } http
            when http.Message.IndexOf('{', StringComparison.Ordinal) is >= 0 and int start =>
            WaitOf(Encoding.UTF8.GetBytes(http.Message[start..])),
        _ => null,
    };

    private static TimeSpan? WaitOf(int code, IDictionary data) =>
        (data.Contains(Limit) || code == StoreUnavailable)
        && long.TryParse(
            Convert.ToString(data[Wait], CultureInfo.InvariantCulture), NumberStyles.None, CultureInfo.InvariantCulture, out long milliseconds)
            ? Bounded(milliseconds)
            : null;

    private static bool IsRejection(JsonElement error, JsonElement data) =>
        data.TryGetProperty(Limit, out _)
        || (error.TryGetProperty("code", out JsonElement code) && code.TryGetInt32(out int number) && number == StoreUnavailable);

    private static TimeSpan? Bounded(long milliseconds) =>
        milliseconds >= 0 && milliseconds <= MaxWait.TotalMilliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null;

    private static ReadOnlyMemory<byte> Unwrap(ReadOnlyMemory<byte> body)
    {
        ReadOnlySpan<byte> prefix = "event: message\ndata: "u8;
        return body.Span.StartsWith(prefix) ? body[prefix.Length..] : body;
    }
}
