using System.Text.Json;

namespace Sluice.Gateway;

/// <summary>Reads the messages of a line that a server wrote: one, or those of a batch.</summary>
/// <remarks>Source: Model Context Protocol, revision 2025-03-26, Base Protocol, Batching; later revisions have none.</remarks>
internal static class ServerMessages
{
    /// <summary>The messages; none when the line is not a message, or any part of a batch is not.</summary>
    internal static IReadOnlyList<(ReadOnlyMemory<byte> Bytes, MessageParts Parts)> Read(ReadOnlyMemory<byte> line) =>
        MessageParts.Read(line.Span) is MessageParts parts ? [(line, parts)] : ReadBatch(line);

    private static List<(ReadOnlyMemory<byte> Bytes, MessageParts Parts)> ReadBatch(ReadOnlyMemory<byte> line)
    {
        List<(ReadOnlyMemory<byte> Bytes, MessageParts Parts)> messages = [];
        if (!line.Span.TrimStart(" \t"u8).StartsWith("["u8))
        {
            return messages;
        }

        Utf8JsonReader reader = new(line.Span, new JsonReaderOptions { MaxDepth = int.MaxValue });
        try
        {
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
            {
                int start = (int)reader.TokenStartIndex;
                reader.Skip();
                ReadOnlyMemory<byte> message = line[start..(int)reader.BytesConsumed];
                if (MessageParts.Read(message.Span) is not MessageParts parts)
                {
                    return [];
                }

                messages.Add((message, parts));
            }

            return reader.TokenType == JsonTokenType.EndArray && !reader.Read() ? messages : [];
        }
        catch (JsonException)
        {
            return [];
        }
    }
}
