namespace Sluice.Gateway;

/// <summary>Reads all pages of a list of one backend.</summary>
/// <param name="kind">Which list.</param>
/// <param name="backend">The backend.</param>
/// <param name="opened">Its session.</param>
/// <param name="session">The session of the client.</param>
/// <param name="all">What all sessions share.</param>
internal sealed class ListReader(ListKind kind, BackendSession backend, OpenedBackend opened, VirtualSession session, VirtualBackends all)
{
    /// <summary>The most pages of one list.</summary>
    internal const int MaxPages = 200;

    /// <summary>The most entries of one list.</summary>
    internal const int MaxEntries = 20_000;

    private const int MethodNotFound = -32601;

    /// <summary>The list; null where the backend does not answer.</summary>
    /// <exception cref="OperationCanceledException">The session has ended.</exception>
    internal async Task<ReadList?> ReadAsync(BackendCalls calls, CallerHeaders caller)
    {
        List<ListEntry> entries = [];
        HashSet<string> cursors = new(StringComparer.Ordinal);
        string? cursor = null;
        TimeSpan life = ListLives.Longest;
        for (int pages = 0; ; pages++)
        {
            (ListPage? page, string? why) = await ReadPageAsync(cursor, calls, caller);
            if (page is null)
            {
                all.Note(backend.Index, why);
                return null;
            }

            entries.AddRange(page.Entries);
            life = TimeSpan.FromTicks(Math.Min(life.Ticks, ListLives.Of(page.Life).Ticks));
            cursor = page.NextCursor;
            if (cursor is null)
            {
                break;
            }

            string? bound = !cursors.Add(cursor) ? "it gave the same cursor twice"
                : pages + 1 == MaxPages ? $"it has more than {MaxPages} pages"
                : entries.Count > MaxEntries ? $"it has more than {MaxEntries} entries"
                : null;
            if (bound is not null)
            {
                all.NoteCutList(backend.Index, kind, bound);
                break;
            }
        }

        all.Note(backend.Index, why: null);
        return new ReadList(all.Share(BackendList.Of(entries)), life);
    }

    private async Task<(ListPage? Page, string? Why)> ReadPageAsync(string? cursor, BackendCalls calls, CallerHeaders caller)
    {
        byte[] meta = opened.IsModern ? ProtocolMeta.Member("_meta", JsonMembers.Write(ProtocolMeta.OfRequest(session.Client))) : [];
        byte[] at = cursor is null ? [] : ProtocolMeta.Member("cursor", MergedList.Quote(cursor));
        byte[] body = BackendSession.Write(
            backend.NextKey(), kind.Method, meta.Length + at.Length == 0 ? default : (ReadOnlyMemory<byte>)JsonMembers.Write(at, meta));
        ListPage? page = null;
        string? error = null;
        GatewayServer server = calls.Server.Backends[backend.Index];
        BackendAnswer answer = await calls.PostAsync(
            server,
            body,
            new BackendHeaders(caller, opened),
            (_, message) =>
            {
                if (MessageParts.Read(message.Span) is not { Method: null } parts)
                {
                    return ValueTask.CompletedTask; // What a backend says beside its list has no call that it belongs to.
                }

                page = parts.Result is Range result ? ListPage.Read(message.Span[result], kind) : null;
                bool isUnknown = BackendError.CodeOf(message) == MethodNotFound;
                page ??= isUnknown ? new ListPage([], NextCursor: null) : null; // A server with resources need not know templates.
                error = page is null ? BackendError.MessageOf(message) : null;
                return ValueTask.CompletedTask;
            },
            session.Ended);
        if (answer.Status == StatusCodes.Status404NotFound && opened.SessionId is not null)
        {
            backend.Lose(opened);
        }

        return page is not null && answer.Failure is null
            ? (page, null)
            : (null, answer.Failure?.Reason ?? (error is null ? $"it answered '{kind.Method}' with the status {answer.Status}" : $"it answered '{kind.Method}' with the error {error}"));
    }
}
