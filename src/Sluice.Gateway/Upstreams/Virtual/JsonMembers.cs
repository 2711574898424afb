using System.Text.Json;

namespace Sluice.Gateway;

/// <summary>The members of a JSON object, as bytes: what is not replaced stays exactly as it was written.</summary>
internal static class JsonMembers
{
    /// <summary>The members, in their order; null for what is no object.</summary>
    internal static List<JsonMember>? Of(ReadOnlySpan<byte> json)
    {
        Utf8JsonReader reader = new(json, new JsonReaderOptions { MaxDepth = int.MaxValue });
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return null;
            }

            List<JsonMember> members = [];
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                int start = (int)reader.TokenStartIndex;
                string? name = TextOf(ref reader);
                reader.Read();
                int value = (int)reader.TokenStartIndex;
                reader.Skip();
                int end = (int)reader.BytesConsumed;
                members.Add(new JsonMember(name ?? "", start..end, value..end));
            }

            return members;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The value of a member: of equal names that of the last one; null where there is none.</summary>
    internal static Range? ValueOf(this List<JsonMember> members, string name)
    {
        int at = members.FindLastIndex(member => member.Name == name);
        return at < 0 ? null : members[at].Value;
    }

    /// <summary>The text of a value; null for one that is no text.</summary>
    internal static string? TextOf(ReadOnlySpan<byte> value)
    {
        Utf8JsonReader reader = new(value);
        return reader.Read() && reader.TokenType == JsonTokenType.String ? TextOf(ref reader) : null;
    }

    /// <summary>An object of members that are written already.</summary>
    internal static byte[] Write(params IEnumerable<byte[]> members)
    {
        using MemoryStream json = new();
        json.WriteByte((byte)'{');
        foreach (byte[] member in members.Where(member => member.Length > 0))
        {
            if (json.Length > 1)
            {
                json.WriteByte((byte)',');
            }

            json.Write(member);
        }

        json.WriteByte((byte)'}');
        return json.ToArray();
    }

    private static string? TextOf(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return null; // Its escapes are half of a character.
        }
    }
}

/// <summary>A member of an object.</summary>
/// <param name="Name">Its name; empty for one that is no text.</param>
/// <param name="Member">The position of name and value.</param>
/// <param name="Value">The position of the value.</param>
internal readonly record struct JsonMember(string Name, Range Member, Range Value);
