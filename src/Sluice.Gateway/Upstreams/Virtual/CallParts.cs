using System.Text.Json;

namespace Sluice.Gateway;

/// <summary>The positions, in a client's request, of the parts by which it is routed. The strict reader has accepted the bytes.</summary>
internal sealed class CallParts
{
    private CallParts()
    {
    }

    internal Range? Id { get; private set; }

    /// <summary>The value of <c>params.name</c>.</summary>
    internal Range? Name { get; private set; }

    /// <summary>The value of <c>params.uri</c>.</summary>
    internal Range? Uri { get; private set; }

    /// <summary>The text of <c>params.uri</c>; or null.</summary>
    internal string? UriText { get; private set; }

    /// <summary>The cursor of a list; null for the first page.</summary>
    internal string? Cursor { get; private set; }

    /// <summary>The type of the reference of <c>completion/complete</c>.</summary>
    internal string? RefType { get; private set; }

    /// <summary>The name or URI of the reference.</summary>
    internal string? RefKey { get; private set; }

    /// <summary>The position of the name or URI of the reference.</summary>
    internal Range? RefKeyPart { get; private set; }

    /// <summary>The value of the progress token.</summary>
    internal Range? ProgressToken { get; private set; }

    /// <summary>The id of the request that a cancellation names.</summary>
    internal Range? RequestId { get; private set; }

    /// <summary>The value of <c>params</c>.</summary>
    internal Range? Params { get; private set; }

    /// <summary>The value of <c>params.arguments</c>.</summary>
    internal Range? Arguments { get; private set; }

    /// <summary>The value of <c>params.requestState</c>; or null.</summary>
    internal string? RequestState { get; private set; }

    /// <summary>The value of <c>params.taskId</c>.</summary>
    internal Range? TaskId { get; private set; }

    /// <summary>Its text; or null.</summary>
    internal string? TaskIdText { get; private set; }

    /// <summary>The value of <c>params.level</c>; or null.</summary>
    internal string? Level { get; private set; }

    /// <summary>The value of <c>params.protocolVersion</c>; or null.</summary>
    internal string? ProtocolVersion { get; private set; }

    /// <summary>The value of <c>_meta</c>; null where there is none.</summary>
    internal Range? Meta { get; private set; }

    /// <summary>The members of <c>_meta</c> that are not the protocol's own.</summary>
    internal List<Range> OtherMeta { get; } = [];

    /// <summary>Whether <c>_meta</c> has members of the protocol, beside the progress token.</summary>
    internal bool HasOwnMeta { get; private set; }

    internal static CallParts Read(ReadOnlySpan<byte> message)
    {
        CallParts parts = new();
        Utf8JsonReader reader = new(message, new JsonReaderOptions { MaxDepth = int.MaxValue });
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isId = reader.ValueTextEquals("id"u8);
            bool isParams = reader.ValueTextEquals("params"u8);
            reader.Read();
            int start = (int)reader.TokenStartIndex;
            if (isParams && reader.TokenType == JsonTokenType.StartObject)
            {
                parts.ReadParams(ref reader);
                parts.Params = start..(int)reader.BytesConsumed;
                continue;
            }

            reader.Skip();
            parts.Id = isId ? start..(int)reader.BytesConsumed : parts.Id;
        }

        return parts;
    }

    /// <summary>
    /// The edit that gives a message the protocol's members of <c>_meta</c> that the other side gets, and the progress token by which it
    /// knows the call. Other members stay.
    /// </summary>
    /// <param name="message">The message.</param>
    /// <param name="token">The progress token, if the message has one.</param>
    /// <param name="own">The protocol's members, with commas between; empty for none.</param>
    internal (Range? Part, ReadOnlyMemory<byte> With) MetaEdit(ReadOnlySpan<byte> message, ReadOnlySpan<byte> token, ReadOnlySpan<byte> own)
    {
        if (!HasOwnMeta && own.IsEmpty)
        {
            return (ProgressToken, token.ToArray());
        }

        List<byte[]> members = [own.ToArray(), ProgressToken is null ? [] : ProtocolMeta.Member("progressToken", token)];
        foreach (Range member in OtherMeta)
        {
            members.Add(message[member].ToArray());
        }

        byte[] meta = JsonMembers.Write(members);
        return Meta is Range there ? (there, meta) : ParamsEdit(message, ProtocolMeta.Member("_meta", meta));
    }

    /// <summary>The edit that adds members to <c>params</c>.</summary>
    /// <param name="message">The message.</param>
    /// <param name="members">The members, with commas between.</param>
    internal (Range? Part, ReadOnlyMemory<byte> With) ParamsEdit(ReadOnlySpan<byte> message, byte[] members)
    {
        if (Params is not Range there)
        {
            int end = message.LastIndexOf((byte)'}');
            return (end..end, (byte[])[.. ",\"params\":{"u8, .. members, .. "}"u8]);
        }

        int start = there.Start.Value + 1;
        bool isEmpty = message[start..].TrimStart(" \t\r\n"u8)[0] == (byte)'}';
        return (start..start, isEmpty ? members : [.. members, (byte)',']);
    }

    private void ReadParams(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            int key = reader.ValueTextEquals("name"u8) ? 1
                : reader.ValueTextEquals("uri"u8) ? 2
                : reader.ValueTextEquals("cursor"u8) ? 3
                : reader.ValueTextEquals("ref"u8) ? 4
                : reader.ValueTextEquals("_meta"u8) ? 5
                : reader.ValueTextEquals("requestId"u8) ? 6
                : reader.ValueTextEquals("protocolVersion"u8) ? 7
                : reader.ValueTextEquals("arguments"u8) ? 8
                : reader.ValueTextEquals("level"u8) ? 9
                : reader.ValueTextEquals("requestState"u8) ? 10
                : reader.ValueTextEquals("taskId"u8) ? 11
                : 0;
            reader.Read();
            int start = (int)reader.TokenStartIndex;
            bool isText = reader.TokenType == JsonTokenType.String;
            if (key == 4 && reader.TokenType == JsonTokenType.StartObject)
            {
                ReadReference(ref reader);
                continue;
            }

            if (key == 5 && reader.TokenType == JsonTokenType.StartObject)
            {
                ReadMeta(ref reader);
                Meta = start..(int)reader.BytesConsumed;
                continue;
            }

            UriText = key == 2 && isText ? TextOf(ref reader) : UriText;
            Cursor = key == 3 && isText ? TextOf(ref reader) : Cursor;
            ProtocolVersion = key == 7 && isText ? TextOf(ref reader) : ProtocolVersion;
            Level = key == 9 && isText ? TextOf(ref reader) : Level;
            RequestState = key == 10 && isText ? TextOf(ref reader) : RequestState;
            TaskIdText = key == 11 && isText ? TextOf(ref reader) : TaskIdText;
            reader.Skip();
            Range value = start..(int)reader.BytesConsumed;
            Name = key == 1 && isText ? value : Name;
            Uri = key == 2 && isText ? value : Uri;
            RequestId = key == 6 ? value : RequestId;
            Arguments = key == 8 ? value : Arguments;
            TaskId = key == 11 && isText ? value : TaskId;
        }
    }

    private void ReadReference(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isType = reader.ValueTextEquals("type"u8);
            bool isKey = reader.ValueTextEquals("name"u8) || reader.ValueTextEquals("uri"u8);
            reader.Read();
            if (reader.TokenType == JsonTokenType.String && (isType || isKey))
            {
                RefType = isType ? TextOf(ref reader) : RefType;
                RefKey = isKey ? TextOf(ref reader) : RefKey;
                RefKeyPart = isKey ? (int)reader.TokenStartIndex..(int)reader.BytesConsumed : RefKeyPart;
            }

            reader.Skip();
        }
    }

    private void ReadMeta(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            int member = (int)reader.TokenStartIndex;
            bool isToken = reader.ValueTextEquals("progressToken"u8);
            bool isOwn = !isToken && IsOwn(ref reader);
            reader.Read();
            int start = (int)reader.TokenStartIndex;
            reader.Skip();
            HasOwnMeta |= isOwn;
            if (isToken)
            {
                ProgressToken = start..(int)reader.BytesConsumed;
            }
            else if (!isOwn)
            {
                OtherMeta.Add(member..(int)reader.BytesConsumed);
            }
        }
    }

    private static bool IsOwn(ref Utf8JsonReader reader) => TextOf(ref reader) is string name && ProtocolMeta.IsOwn(name);

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
