namespace Sluice.Gateway;

/// <content>Messages of the server.</content>
internal sealed partial class StdioProxy
{
    private void ReceiveFromServer(ChildProgram program, Line line)
    {
        if (line.Bytes.IsEmpty)
        {
            return;
        }

        if (!line.IsWhole)
        {
            Log.LineTooLong(logger, ChildProgram.MaxLineBytes);
            FailRequest(UnreadableAnswer.FindId(line), "its answer is too large");
            return;
        }

        IReadOnlyList<(ReadOnlyMemory<byte> Bytes, MessageParts Parts)> messages = ServerMessages.Read(line.Bytes);
        if (messages.Count == 0)
        {
            _garbage.Write(new Line(line.Bytes[..Math.Min(line.Bytes.Length, MaxLoggedBytes)], default));
            if (!line.IsLast && UnreadableAnswer.IsMeant(line.Bytes, out ReadOnlyMemory<byte> id))
            {
                FailRequest(id, Unreadable);
            }
        }

        foreach ((ReadOnlyMemory<byte> message, MessageParts parts) in messages)
        {
            ReceiveFromServer(program, message, parts);
        }
    }

    private void ReceiveFromServer(ChildProgram program, ReadOnlyMemory<byte> message, MessageParts parts)
    {
        ReadOnlyMemory<byte> id = parts.Id is Range range ? message[range] : default;
        if (parts.Method is not null)
        {
            if (parts.Id is not null && !_pendingOfServer.TryAdd(id))
            {
                RejectServerRequest(program, id);
            }
            else
            {
                WriteToClient(message.Span);
            }
        }
        else if (id.IsEmpty)
        {
            ReceiveWithoutId(message, parts);
        }
        else if (_pending.Remove(id.Span, out IReadOnlyList<ReadOnlyMemory<byte>> failed) is ReadOnlyMemory<byte> written)
        {
            _charged.End(written, message.Span);
            WriteToClient(written.Span.SequenceEqual(id.Span) ? message.Span : MessageEdit.Apply(message, (parts.Id, written)));
            FailAll(failed, Unreadable);
        }
        else if (!_pending.IsClosed)
        {
            WriteToClient(message.Span); // Its request was cancelled; after the end of all it has been answered.
        }
    }

    // An error without an id is how a server answers what it could not read.
    private void ReceiveWithoutId(ReadOnlyMemory<byte> message, MessageParts parts)
    {
        if (parts.Error is Range error && _pending.Single is ReadOnlyMemory<byte> only)
        {
            _pending.Remove(only.Span, out _);
            _charged.End(only, answer: default);
            WriteToClient([.. "{\"jsonrpc\":\"2.0\",\"id\":"u8, .. only.Span, .. ",\"error\":"u8, .. message.Span[error], .. "}"u8]);
            return;
        }

        _garbage.Write(new Line(message[..Math.Min(message.Length, MaxLoggedBytes)], default));
        FailAll(_pending.AddUnattributed(), Unreadable);
    }

    /// <summary>Fails the request with an id that a server wrote; without one, what can be said of all requests.</summary>
    private void FailRequest(ReadOnlyMemory<byte> id, string reason)
    {
        if (RequestId.Read(id.Span) is null)
        {
            FailAll(_pending.AddUnattributed(), reason);
        }
        else if (_pending.Remove(id.Span, out IReadOnlyList<ReadOnlyMemory<byte>> failed) is ReadOnlyMemory<byte> written)
        {
            Fail(written, reason);
            FailAll(failed, Unreadable);
        }
    }
}
