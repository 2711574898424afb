using System.Text.Json;

namespace Sluice.Gateway;

/// <summary>Finds whose answer a line was that is too long to be kept.</summary>
internal static class OversizedLine
{
    /// <summary>The id as the very bytes of its JSON; empty when it stands neither at the beginning nor at the end.</summary>
    internal static ReadOnlyMemory<byte> FindId(Line line)
    {
        ReadOnlyMemory<byte> first = FindFirst(line.Bytes);
        return first.IsEmpty ? FindLast(line.Tail) : first;
    }

    private static ReadOnlyMemory<byte> FindFirst(ReadOnlyMemory<byte> head)
    {
        Utf8JsonReader reader = new(head.Span, isFinalBlock: false, new JsonReaderState(new() { MaxDepth = int.MaxValue }));
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1 && reader.ValueTextEquals("id"u8))
                {
                    return reader.Read() && reader.TokenType is JsonTokenType.String or JsonTokenType.Number
                        ? head[(int)reader.TokenStartIndex..(int)reader.BytesConsumed]
                        : default;
                }
            }
        }
        catch (JsonException)
        {
            // Not JSON after all.
        }

        return default;
    }

    // What ends a message whose id comes last. A quote within a text has a backslash before it, so no text can look like it.
    private static ReadOnlyMemory<byte> FindLast(ReadOnlyMemory<byte> tail)
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
