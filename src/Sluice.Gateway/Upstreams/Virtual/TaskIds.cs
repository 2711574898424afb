namespace Sluice.Gateway;

/// <summary>
/// The ids of tasks: each server makes its own, so clients get them with the name of the server in front, and each server gets its own
/// back.
/// </summary>
/// <remarks>
/// Source: Model Context Protocol, revision 2025-11-25, Tasks. Revision 2026-07-28 has them in an extension only, which is not advertised.
/// </remarks>
internal static class TaskIds
{
    /// <summary>The member of <c>_meta</c> that says to which task a message belongs.</summary>
    internal const string RelatedTask = ProtocolMeta.Prefix + "related-task";

    private const string Id = "taskId";

    /// <summary>Whether a request is about one task of a server.</summary>
    internal static bool IsAboutTask(VirtualRequest request) =>
        !request.Client.IsModern && request.Message.Method is ("tasks/get" or "tasks/result" or "tasks/cancel");

    /// <summary>The id as clients get it.</summary>
    internal static string Advertised(string server, string own) => $"{server}:{own}";

    /// <summary>The server's own id; null where the id is not of this server.</summary>
    internal static string? Own(string server, string advertised) =>
        advertised.StartsWith(server + ":", StringComparison.Ordinal) ? advertised[(server.Length + 1)..] : null;

    /// <summary>What a backend sends, with the ids that clients get.</summary>
    /// <param name="message">The message.</param>
    /// <param name="server">The backend.</param>
    /// <param name="method">Its method, or that of the call that it answers.</param>
    internal static ReadOnlyMemory<byte> ForClient(ReadOnlyMemory<byte> message, string server, string method)
    {
        bool isAboutTask = method is "tasks/get" or "tasks/cancel" || method.StartsWith("notifications/tasks", StringComparison.Ordinal);
        return Rename(message, isAboutTask, own => Advertised(server, own));
    }

    /// <summary>What a client sends, with the ids of its backend.</summary>
    internal static ReadOnlyMemory<byte> ForBackend(ReadOnlyMemory<byte> message, string server) =>
        Rename(message, isAboutTask: false, advertised => Own(server, advertised));

    private static ReadOnlyMemory<byte> Rename(ReadOnlyMemory<byte> message, bool isAboutTask, Func<string, string?> rename)
    {
        List<(Range? Part, ReadOnlyMemory<byte> With)> edits = [];
        foreach (JsonMember member in JsonMembers.Of(message.Span) ?? [])
        {
            if (member.Name is not ("params" or "result") || JsonMembers.Of(message.Span[member.Value]) is not List<JsonMember> payload)
            {
                continue;
            }

            int start = member.Value.Start.Value;
            ReadOnlySpan<byte> json = message.Span[member.Value];
            bool isTask = isAboutTask
                || (payload.ValueOf("resultType") is Range type && json[type].SequenceEqual("\"task\""u8));
            Add(edits, json, start, isTask ? payload.ValueOf(Id) : null, rename);
            AddIn(edits, json, start, payload.ValueOf("task"), Id, rename);
            if (payload.ValueOf("_meta") is Range meta && JsonMembers.Of(json[meta]) is List<JsonMember> members)
            {
                AddIn(edits, json[meta], start + meta.Start.Value, members.ValueOf(RelatedTask), Id, rename);
            }
        }

        return edits.Count == 0 ? message : MessageEdit.Apply(message, [.. edits]);
    }

    private static void AddIn(
        List<(Range? Part, ReadOnlyMemory<byte> With)> edits,
        ReadOnlySpan<byte> json,
        int start,
        Range? part,
        string name,
        Func<string, string?> rename)
    {
        if (part is Range there && JsonMembers.Of(json[there]) is List<JsonMember> members)
        {
            Add(edits, json[there], start + there.Start.Value, members.ValueOf(name), rename);
        }
    }

    private static void Add(
        List<(Range? Part, ReadOnlyMemory<byte> With)> edits, ReadOnlySpan<byte> json, int start, Range? id, Func<string, string?> rename)
    {
        if (id is Range there && JsonMembers.TextOf(json[there]) is string text && rename(text) is string other)
        {
            edits.Add(((start + there.Start.Value)..(start + there.End.Value), MergedList.Quote(other)));
        }
    }
}
