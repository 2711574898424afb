using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>A process that serves MCP, and the calls that it has.</summary>
/// <remarks>
/// <para>
/// Calls go to the process under numbers of the gateway's own, and so do their progress tokens, so that callers who number
/// their calls alike never get each other's answers. Everything comes back under the names that its caller gave it.
/// </para>
/// <para>Thread safety: every member may be called from any thread.</para>
/// </remarks>
internal sealed partial class StdioConnection
{
    private const int MaxLoggedBytes = 200;

    private readonly ConcurrentDictionary<long, StdioCall> _calls = new();
    private readonly UnattributedAnswers<long> _unattributed = new();
    private readonly ServerMessageHandler _onServerMessage;
    private readonly Action<StdioConnection> _onEnd;
    private readonly ChildProgram _program;
    private readonly string _server;
    private readonly ILogger _logger;
    private readonly ProgramLog _garbage;
    private volatile bool _hasEnded;
    private volatile UpstreamFailure? _end;
    private volatile bool _hasAnswered;
    private long _lastKey;

    private StdioConnection(
        string server,
        System.Diagnostics.ProcessStartInfo start,
        TimeProvider time,
        ILogger logger,
        ServerMessageHandler onServerMessage,
        Action<StdioConnection> onEnd)
    {
        _server = server;
        _logger = logger;
        _onServerMessage = onServerMessage;
        _onEnd = onEnd;
        _garbage = new ProgramLog(time, line => Log.Garbage(logger, server, line), count => Log.LinesDropped(logger, server, count));
        ProgramLog errors = new(time, line => Log.StandardError(logger, server, line), count => Log.LinesDropped(logger, server, count));
        _program = ChildProgram.Start(start, Receive, errors.Write, time);
        Ended = WatchAsync();
    }

    /// <summary>
    /// Takes what a process says to its clients without being asked: a notification that belongs to no call, or a request.
    /// </summary>
    internal delegate void ServerMessageHandler(StdioConnection from, ReadOnlyMemory<byte> message, MessageParts parts);

    /// <summary>Ends once the process has ended and every call that it had has failed.</summary>
    internal Task Ended { get; }

    internal bool IsAlive => !_hasEnded;

    /// <summary>Whether the process has answered anything, so that it can be said to have started.</summary>
    internal bool HasAnswered => _hasAnswered;

    /// <summary>Whether the gateway ended the process, or began to.</summary>
    internal bool WasStopped => _program.IsStopping;

    /// <summary>Starts a process.</summary>
    /// <param name="server">The name of its server.</param>
    /// <param name="command">What to start.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Takes what it says on its error stream, and what happens to it.</param>
    /// <param name="onServerMessage">Takes what it says without being asked.</param>
    /// <param name="onEnd">
    /// Is called once when the process has ended, before any of its calls fails. A caller that sees the failure can rely on what
    /// this does.
    /// </param>
    /// <exception cref="CommandNotStartedException">It cannot be started.</exception>
    internal static StdioConnection Start(
        string server,
        CommandUpstreamConfiguration command,
        TimeProvider time,
        ILogger logger,
        ServerMessageHandler onServerMessage,
        Action<StdioConnection> onEnd)
    {
        StdioConnection connection = new(server, CommandStart.Of(command, inheritAll: false), time, logger, onServerMessage, onEnd);
        Log.Started(logger, server);
        return connection;
    }

    /// <summary>Gives the process a request.</summary>
    /// <param name="request">The request's bytes.</param>
    /// <param name="owner">The session that it is of; null for none.</param>
    /// <param name="canStream">Whether its client takes notifications before the answer.</param>
    /// <returns>The call, which may have failed already.</returns>
    internal StdioCall Begin(ReadOnlyMemory<byte> request, object? owner, bool canStream)
    {
        MessageParts parts = MessageParts.Read(request.Span)
            ?? throw new ArgumentException("The request is not a message.", nameof(request));
        long key = Interlocked.Increment(ref _lastKey);
        byte[] number = Encoding.ASCII.GetBytes(key.ToString(CultureInfo.InvariantCulture));
        StdioCall call = new(key, Part(request, parts.Id), Part(request, parts.ProgressToken), owner, canStream);
        _calls[key] = call;
        if (!_program.TryWrite(MessageEdit.Apply(request, (parts.Id, number), (parts.ProgressToken, number))))
        {
            call.NotWritten();
            if (!_program.IsEnding)
            {
                Fail(key, UpstreamFailure.NotReading);
            }
        }

        if (_end is UpstreamFailure end)
        {
            Fail(key, end); // It ended before it could see the call among those that it had.
        }

        return call;
    }

    /// <summary>Gives the process a notification, or an answer to something that it asked.</summary>
    internal void Send(ReadOnlySpan<byte> message)
    {
        if (!_program.TryWrite(message) && !_program.IsEnding)
        {
            Log.NotReading(_logger, _server);
        }
    }

    /// <summary>Passes a client's <c>notifications/cancelled</c> on, when it names a call of the client's own.</summary>
    internal void PassCancellation(ReadOnlyMemory<byte> notification, object owner)
    {
        MessageParts? parts = MessageParts.Read(notification.Span);
        if (parts?.RequestId is not Range requestId)
        {
            return;
        }

        foreach (StdioCall call in _calls.Values)
        {
            if (ReferenceEquals(call.Owner, owner) && RequestId.AreEqual(call.Id.Span, notification.Span[requestId]))
            {
                Send(MessageEdit.Apply(notification, (requestId, Encoding.ASCII.GetBytes($"{call.Key}"))));
            }
        }
    }

    /// <summary>Forgets a call whose answer is not needed any more, and sends the process a cancellation.</summary>
    internal void Cancel(StdioCall call, string reason)
    {
        if (TryRemove(call.Key) is not null)
        {
            Send(Encoding.UTF8.GetBytes(
                $$$"""{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":{{{call.Key}}},"reason":"{{{reason}}}"}}"""));
        }
    }

    /// <summary>A call of a session whose client takes notifications before the answer; or null.</summary>
    internal StdioCall? FindStreaming(object owner) =>
        _calls.Values.FirstOrDefault(call => call.CanStream && ReferenceEquals(call.Owner, owner));

    internal bool HasCalls(object owner) => _calls.Values.Any(call => ReferenceEquals(call.Owner, owner));

    /// <summary>Ends the process, gently at first.</summary>
    internal async Task StopAsync()
    {
        await _program.StopAsync();
        await Ended;
    }

    private async Task WatchAsync()
    {
        int exitCode = await _program.Ended;
        UpstreamFailure end = UpstreamFailure.ProcessEnded(exitCode);
        _hasEnded = true;
        _onEnd(this);
        _end = end;
        Log.Ended(_logger, _server, exitCode);
        foreach (long key in _calls.Keys)
        {
            Fail(key, end);
        }
    }

    private void Fail(long key, UpstreamFailure failure) => TryRemove(key)?.Fail(failure);

    private StdioCall? TryRemove(long key)
    {
        if (!_calls.TryRemove(key, out StdioCall? call))
        {
            return null;
        }

        FailAll(_unattributed.Remove(key));
        return call;
    }

    private void FailAll(IReadOnlyList<long> keys)
    {
        foreach (long key in keys)
        {
            Fail(key, UpstreamFailure.AnswerUnreadable);
        }
    }

    private void Receive(Line line)
    {
        if (line.Bytes.IsEmpty)
        {
            return;
        }

        if (!line.IsWhole)
        {
            Log.LineTooLong(_logger, _server, ChildProgram.MaxLineBytes);
            if (MessageParts.KeyOf(UnreadableAnswer.FindId(line).Span) is long tooLong)
            {
                Fail(tooLong, UpstreamFailure.AnswerTooLarge);
            }
            else
            {
                FailAll(_unattributed.Add(_calls.Keys));
            }

            return;
        }

        IReadOnlyList<(ReadOnlyMemory<byte> Bytes, MessageParts Parts)> messages = ServerMessages.Read(line.Bytes);
        foreach ((ReadOnlyMemory<byte> message, MessageParts parts) in messages)
        {
            Receive(message, parts);
        }

        if (messages.Count == 0)
        {
            ReceiveGarbage(line);
        }
    }

    private void Receive(ReadOnlyMemory<byte> message, MessageParts parts)
    {
        if (parts.Method is null)
        {
            ReceiveAnswer(message, parts);
        }
        else if (parts.Id is not null || FindCall(message, parts) is not StdioCall call)
        {
            _onServerMessage(this, MessageEdit.OnOneLine(message), parts);
        }
        else if (!call.TryNotify(Restore(message, parts, call)))
        {
            Log.NotificationLost(_logger, _server, parts.Method);
        }
    }

    private void ReceiveAnswer(ReadOnlyMemory<byte> message, MessageParts parts)
    {
        if (parts.Id is not Range id || MessageParts.KeyOf(message.Span[id]) is not long key)
        {
            ReceiveWithoutId(message, parts);
        }
        else if (TryRemove(key) is StdioCall call)
        {
            _hasAnswered = true;
            call.Answer(Restore(message, parts, call));
        }
        else
        {
            Log.UnknownId(_logger, _server); // Its call was cancelled, or took too long.
        }
    }

    // An error without an id is how a server answers what it could not read.
    private void ReceiveWithoutId(ReadOnlyMemory<byte> message, MessageParts parts)
    {
        Log.UnusableId(_logger, _server);
        if (parts.Error is Range error && _calls.Values.ToArray() is [StdioCall only] && TryRemove(only.Key) is StdioCall call)
        {
            byte[] answer = [.. "{\"jsonrpc\":\"2.0\",\"id\":"u8, .. call.Id.Span, .. ",\"error\":"u8, .. message.Span[error], .. "}"u8];
            call.Answer(MessageEdit.OnOneLine(answer));
        }
        else
        {
            FailAll(_unattributed.Add(_calls.Keys));
        }
    }

    private void ReceiveGarbage(Line line)
    {
        _garbage.Write(new Line(line.Bytes[..Math.Min(line.Bytes.Length, MaxLoggedBytes)], default));
        if (line.IsLast || !UnreadableAnswer.IsMeant(line.Bytes, out ReadOnlyMemory<byte> id))
        {
            return; // After its last line the process ends, which fails all calls.
        }

        if (MessageParts.KeyOf(id.Span) is long key)
        {
            Fail(key, UpstreamFailure.AnswerUnreadable);
        }
        else
        {
            FailAll(_unattributed.Add(_calls.Keys));
        }
    }

    /// <summary>The call to which a notification belongs; or null.</summary>
    private StdioCall? FindCall(ReadOnlyMemory<byte> message, MessageParts parts) =>
        (parts.Method == "notifications/progress" ? parts.ProgressToken : parts.SubscriptionId) is Range name
        && MessageParts.KeyOf(message.Span[name]) is long key
            ? _calls.GetValueOrDefault(key)
            : null;

    private static ReadOnlyMemory<byte> Restore(ReadOnlyMemory<byte> message, MessageParts parts, StdioCall call) =>
        MessageEdit.OnOneLine(MessageEdit.Apply(
            message,
            (parts.Method is null ? parts.Id : null, call.Id),
            (parts.Method is null || call.ProgressToken.IsEmpty ? null : parts.ProgressToken, call.ProgressToken),
            (parts.SubscriptionId, call.Id)));

    private static ReadOnlyMemory<byte> Part(ReadOnlyMemory<byte> message, Range? part) =>
        part is Range range ? message[range].ToArray() : default;
}
