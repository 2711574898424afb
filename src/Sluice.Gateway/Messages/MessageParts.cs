using System.Buffers.Text;
using System.Text.Json;

namespace Sluice.Gateway;

/// <summary>The positions, in the bytes of a message, of the parts that refer to another message.</summary>
/// <remarks>
/// Unlike the reader of what clients send, it accepts every object: the message is a server's, or the strict reader has already accepted
/// it. Of equal keys the last one counts.
/// </remarks>
internal sealed class MessageParts
{
    private MessageParts()
    {
    }

    internal Range? Id { get; private set; }

    /// <summary>The method; null for an answer.</summary>
    internal string? Method { get; private set; }

    /// <summary>The value of an answer that is not an error.</summary>
    internal Range? Result { get; private set; }

    /// <summary>The error of an answer that is one.</summary>
    internal Range? Error { get; private set; }

    /// <summary>The token by which progress is reported: of a request in <c>_meta</c>, of the report itself in <c>params</c>.</summary>
    internal Range? ProgressToken { get; private set; }

    /// <summary>The request that a <c>notifications/cancelled</c> names.</summary>
    internal Range? RequestId { get; private set; }

    /// <summary>The <c>subscriptions/listen</c> to which a notification belongs.</summary>
    internal Range? SubscriptionId { get; private set; }

    /// <summary>The resource that the message is about; or null.</summary>
    internal string? Uri { get; private set; }

    /// <summary>The version that <c>initialize</c> asks for; or null.</summary>
    internal string? ProtocolVersion { get; private set; }

    /// <summary>The parts of a message, or null for bytes that are no JSON object with a method, a result or an error.</summary>
    internal static MessageParts? Read(ReadOnlySpan<byte> message)
    {
        Utf8JsonReader reader = new(message, new JsonReaderOptions { MaxDepth = int.MaxValue });
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return null;
            }

            MessageParts parts = new();
            bool isAnswer = parts.ReadEnvelope(ref reader);
            return !reader.Read() && (isAnswer || parts.Method is not null) ? parts : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The whole number that a server repeats, as <c>7</c>, <c>7.0</c> or <c>"7"</c>; null for anything else.</summary>
    internal static long? KeyOf(ReadOnlySpan<byte> json)
    {
        ReadOnlySpan<byte> digits = json.Length > 2 && json[0] == (byte)'"' ? json[1..^1] : json;
        return Utf8Parser.TryParse(digits, out long key, out int length) && length == digits.Length
            ? key
            : JsonNumber.Read(digits)?.ToInt64();
    }

    private bool ReadEnvelope(ref Utf8JsonReader reader)
    {
        bool isAnswer = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            int key = Names(ref reader, "id"u8) ? 1
                : Names(ref reader, "method"u8) ? 2
                : Names(ref reader, "params"u8) ? 3
                : Names(ref reader, "result"u8) ? 4
                : Names(ref reader, "error"u8) ? 5
                : 0;
            reader.Read();
            int start = (int)reader.TokenStartIndex;
            bool isScalar = reader.TokenType is JsonTokenType.String or JsonTokenType.Number;
            isAnswer |= key is 4 or 5;
            if (key == 2 && reader.TokenType == JsonTokenType.String)
            {
                Method = TextOf(ref reader);
            }

            if (key is 3 or 4 && reader.TokenType == JsonTokenType.StartObject)
            {
                ReadPayload(ref reader);
            }
            else
            {
                reader.Skip();
            }

            Range value = start..(int)reader.BytesConsumed;
            Id = key == 1 && isScalar ? value : Id;
            Result = key == 4 ? value : Result;
            Error = key == 5 ? value : Error;
        }

        return isAnswer;
    }

    private void ReadPayload(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            int key = Names(ref reader, "_meta"u8) ? 1
                : Names(ref reader, "progressToken"u8) ? 2
                : Names(ref reader, "requestId"u8) ? 3
                : Names(ref reader, "uri"u8) ? 4
                : Names(ref reader, "protocolVersion"u8) ? 5
                : 0;
            reader.Read();
            bool isText = reader.TokenType == JsonTokenType.String;
            Range value = (int)reader.TokenStartIndex..(int)reader.BytesConsumed;
            switch (key)
            {
                case 1 when reader.TokenType == JsonTokenType.StartObject:
                    ReadMeta(ref reader);
                    continue;
                case 2 when isText || reader.TokenType == JsonTokenType.Number:
                    ProgressToken = value;
                    break;
                case 3 when isText || reader.TokenType == JsonTokenType.Number:
                    RequestId = value;
                    break;
                case 4 when isText:
                    Uri = TextOf(ref reader);
                    break;
                case 5 when isText:
                    ProtocolVersion = TextOf(ref reader);
                    break;
            }

            reader.Skip();
        }
    }

    private void ReadMeta(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isToken = Names(ref reader, "progressToken"u8);
            bool isSubscription = Names(ref reader, "io.modelcontextprotocol/subscriptionId"u8);
            reader.Read();
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.Number)
            {
                Range value = (int)reader.TokenStartIndex..(int)reader.BytesConsumed;
                ProgressToken = isToken ? value : ProgressToken;
                SubscriptionId = isSubscription ? value : SubscriptionId;
            }

            reader.Skip();
        }
    }

    private static bool Names(ref Utf8JsonReader reader, ReadOnlySpan<byte> name)
    {
        try
        {
            return reader.ValueTextEquals(name);
        }
        catch (InvalidOperationException)
        {
            return false; // Its escapes are half of a character.
        }
    }

    private static string? TextOf(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return null; // As above.
        }
    }
}
