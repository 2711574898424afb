using System.Text.Json;

namespace Sluice.Gateway;

/// <summary>Tells a damaged answer from a line of a log, and finds the call that it was for.</summary>
internal static class UnreadableAnswer
{
    private static ReadOnlySpan<byte> Version => "\"jsonrpc\""u8;

    /// <summary>Whether a line that is not a message was meant to be an answer.</summary>
    /// <param name="line">The line.</param>
    /// <param name="id">The id as the bytes of its JSON; empty when it cannot be found.</param>
    /// <remarks>
    /// It was meant to be one if it begins as an object or a batch, has the key <c>jsonrpc</c>, has no method before it breaks, and has
    /// an id or is not valid JSON. A log line that only quotes a message is not one.
    /// </remarks>
    internal static bool IsMeant(ReadOnlyMemory<byte> line, out ReadOnlyMemory<byte> id)
    {
        id = default;
        ReadOnlySpan<byte> text = line.Span.TrimStart(" \t"u8);
        bool isObject = text.StartsWith("{"u8);
        bool isBatch = text.StartsWith("["u8) && text[1..].TrimStart(" \t"u8).StartsWith("{"u8);
        if (!(isObject || isBatch || text.StartsWith(Version)) || text.IndexOf(Version) < 0)
        {
            return false;
        }

        bool hasMethod = false;
        bool hasVersion = false;
        if (isObject && TryScan(line, out id, out hasMethod, out hasVersion))
        {
            return hasVersion && !hasMethod && !id.IsEmpty;
        }

        if (id.IsEmpty)
        {
            id = FindLastId(line);
        }

        return !hasMethod;
    }

    /// <summary>The id of a line that was too long to be kept; empty when it is neither at the beginning nor at the end.</summary>
    internal static ReadOnlyMemory<byte> FindId(Line line)
    {
        TryScan(line.Bytes, out ReadOnlyMemory<byte> first, out _, out _);
        return first.IsEmpty ? FindLastId(line.Tail) : first;
    }

    /// <summary>Reads the keys of a message as far as it is JSON.</summary>
    /// <returns>Whether it is JSON to its end.</returns>
    private static bool TryScan(ReadOnlyMemory<byte> message, out ReadOnlyMemory<byte> id, out bool hasMethod, out bool hasVersion)
    {
        id = default;
        hasMethod = false;
        hasVersion = false;
        Utf8JsonReader reader = new(message.Span, isFinalBlock: false, new JsonReaderState(new() { MaxDepth = int.MaxValue }));
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 1)
                {
                    continue;
                }

                hasMethod |= reader.ValueTextEquals("method"u8);
                hasVersion |= reader.ValueTextEquals("jsonrpc"u8);
                if (reader.ValueTextEquals("id"u8)
                    && reader.Read()
                    && reader.TokenType is JsonTokenType.String or JsonTokenType.Number)
                {
                    id = message[(int)reader.TokenStartIndex..(int)reader.BytesConsumed];
                }
            }

            return reader.BytesConsumed > 0 && reader.CurrentDepth == 0 && reader.TokenType == JsonTokenType.EndObject;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return false; // It is not JSON, or a key holds half of a character.
        }
    }

    // The end of a message whose id comes last. A quote within a text has a backslash before it, so no text can look like it.
    private static ReadOnlyMemory<byte> FindLastId(ReadOnlyMemory<byte> tail)
    {
        int at = tail.Span.LastIndexOf(",\"id\":"u8);
        if (at < 0)
        {
            return default;
        }

        ReadOnlyMemory<byte> rest = tail[(at + ",\"id\":"u8.Length)..];
        int end = rest.Span.IndexOfAny(",}"u8);
        ReadOnlySpan<byte> after = end < 0 ? default : rest.Span[end..].Trim((byte)' ');
        return after.SequenceEqual("}"u8) || after.SequenceEqual(",\"jsonrpc\":\"2.0\"}"u8) ? rest[..end] : default;
    }
}
