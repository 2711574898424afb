using System.Text.Json;

namespace Sluice.Gateway;

/// <summary>One page of a backend's list.</summary>
/// <param name="Entries">Its entries, in their order. What has no name or URI is left out, since no client could ask for it.</param>
/// <param name="NextCursor">The cursor of the next page; null on the last.</param>
internal sealed record ListPage(IReadOnlyList<ListEntry> Entries, string? NextCursor)
{
    /// <summary>For how long the backend says that it may be used, in milliseconds; null where it does not say.</summary>
    internal double? Life { get; private init; }

    /// <summary>Reads the result of an answer.</summary>
    /// <returns>The page; null where the result is not a page.</returns>
    internal static ListPage? Read(ReadOnlySpan<byte> result, ListKind kind)
    {
        Utf8JsonReader reader = new(result, new JsonReaderOptions { MaxDepth = int.MaxValue });
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return null;
            }

            List<ListEntry>? entries = null;
            string? next = null;
            double? life = null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isList = reader.ValueTextEquals(kind.Field);
                bool isCursor = reader.ValueTextEquals("nextCursor"u8);
                bool isLife = reader.ValueTextEquals("ttlMs"u8);
                reader.Read();
                if (isList && reader.TokenType == JsonTokenType.StartArray)
                {
                    entries = ReadEntries(result, ref reader, kind);
                }
                else if (isCursor && reader.TokenType == JsonTokenType.String)
                {
                    next = reader.GetString();
                }
                else if (isLife && reader.TokenType == JsonTokenType.Number)
                {
                    life = reader.TryGetDouble(out double milliseconds) ? milliseconds : null;
                }
                else
                {
                    reader.Skip();
                }
            }

            return entries is null ? null : new ListPage(entries, next) { Life = life };
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null; // Not JSON, or a text whose escapes are half of a character.
        }
    }

    private static List<ListEntry> ReadEntries(ReadOnlySpan<byte> result, ref Utf8JsonReader reader, ListKind kind)
    {
        List<ListEntry> entries = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            int start = (int)reader.TokenStartIndex;
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }

            string? key = null;
            Range part = default;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isKey = reader.ValueTextEquals(kind.Key);
                reader.Read();
                if (isKey && reader.TokenType == JsonTokenType.String)
                {
                    key = reader.GetString();
                    part = ((int)reader.TokenStartIndex - start)..((int)reader.BytesConsumed - start);
                }

                reader.Skip();
            }

            if (key is not null)
            {
                entries.Add(new ListEntry(key, result[start..(int)reader.BytesConsumed].ToArray(), part));
            }
        }

        return entries;
    }
}
