using System.Security.Cryptography;
using System.Text;

namespace Sluice.Gateway;

/// <summary>
/// A call of a client of the modern era at a backend of the legacy era, which may ask the client something: the client gets the question as
/// its result, and the call goes on with the request in which the client answers.
/// </summary>
/// <remarks>
/// <para>
/// In between, nothing more is read of the backend's answer. The state that the client returns names the call once, and only among the
/// calls of the same caller.
/// </para>
/// <para>Source: Model Context Protocol, revision 2026-07-28, Multi Round-Trip Requests.</para>
/// <para>Thread safety: one round at a time.</para>
/// </remarks>
internal sealed class SuspendableCall
{
    /// <summary>How long a client may take to answer.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private const int StateBytes = 16;
    private const string Key = "question";
    private readonly VirtualRequest _first;
    private readonly LiveCall _call;
    private readonly CallRelay _relay;
    private readonly BackendMessages.Reply _reply;
    private readonly byte[] _about;
    private readonly TimeProvider _time;
    private TaskCompletionSource<UpstreamFailure?> _round = NewRound();
    private TaskCompletionSource<VirtualRequest> _resumed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _running = Task.CompletedTask;

    /// <param name="request">The first request.</param>
    /// <param name="call">The call.</param>
    /// <param name="messages">Handles what is no answer.</param>
    /// <param name="reply">Sends the backend a message of its own session.</param>
    /// <param name="about">What the virtual server says about itself.</param>
    /// <param name="time">The clock.</param>
    internal SuspendableCall(
        VirtualRequest request, LiveCall call, BackendMessages messages, BackendMessages.Reply reply, byte[] about, TimeProvider time)
    {
        _first = request;
        _call = call;
        _reply = reply;
        _about = about;
        _time = time;
        _relay = new CallRelay(request.Context, messages, call, about) { OnQuestion = AskAsync };
    }

    /// <summary>Whether a call may have rounds at all.</summary>
    internal static bool IsPossible(VirtualRequest request, OpenedBackend opened) =>
        request.Client.IsModern
        && !opened.IsModern
        && request.Message.Method is "tools/call" or "prompts/get" or "resources/read"
        && request.Client.CanBeAsked;

    /// <summary>Whether a request is one that answers it.</summary>
    internal bool IsOf(VirtualRequest request) =>
        request.Message.Method == _first.Message.Method && request.Message.Operation == _first.Message.Operation;

    /// <summary>Sends the call, and everything back until it is answered or asks something.</summary>
    /// <returns>Null, or why there is no answer.</returns>
    /// <exception cref="OperationCanceledException">The client left, and the call is cancelled.</exception>
    internal Task<UpstreamFailure?> BeginAsync(byte[] body, BackendHeaders headers)
    {
        _first.Calls.Server.BeginRequest(); // While the request that asks is served, the server cannot end.
        _running = RunAsync(body, headers);
        return WaitAsync(_first);
    }

    /// <summary>Goes on with another request of the client.</summary>
    internal Task<UpstreamFailure?> ResumeAsync(VirtualRequest request)
    {
        _round = NewRound();
        CallParts parts = CallParts.Read(request.Body);
        _call.Id = request.Message.Id.ToArray();
        _call.ProgressToken = parts.ProgressToken is Range token ? request.Body[token] : default(ReadOnlyMemory<byte>);
        _call.Client = request.Client;
        _relay.Attach(request.Context);
        _resumed.SetResult(request);
        return WaitAsync(request);
    }

    private static TaskCompletionSource<UpstreamFailure?> NewRound() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task<UpstreamFailure?> WaitAsync(VirtualRequest request)
    {
        try
        {
            return await _round.Task.WaitAsync(request.Aborted);
        }
        catch (OperationCanceledException) when (request.Aborted.IsCancellationRequested)
        {
            await _call.Cancelling.CancelAsync();
            await _running; // Nothing is written to a request that has ended.
            throw;
        }
    }

    private async Task RunAsync(byte[] body, BackendHeaders headers)
    {
        VirtualSession session = _first.Session;
        using CancellationTokenRegistration over = session.Ended.UnsafeRegister(_ => _call.Cancelling.Cancel(), null);
        session.Begin(_call);
        try
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // The client waits for the round alone.
            UpstreamFailure? failure = await _relay.RunAsync(_first.Calls, body, headers, CancellationToken.None);
            if (_call.Cancelling.IsCancellationRequested && !session.Ended.IsCancellationRequested)
            {
                await _reply(_call.Backend, _call.Opened, CancellationOf(_call));
            }

            _round.TrySetResult(failure);
        }
        catch (Exception exception)
        {
            _round.TrySetException(exception); // It is that of the request which waits.
        }
        finally
        {
            session.End(_call);
            _first.Calls.Server.EndRequest();
        }
    }

    /// <summary>What cancels a call at a backend of the legacy era.</summary>
    internal static byte[] CancellationOf(LiveCall call) =>
        Encoding.ASCII.GetBytes($$$"""{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":{{{call.Key}}}}}""");

    /// <summary>Asks the client, and sends the backend the answer.</summary>
    /// <returns>False where the client cannot be asked.</returns>
    private async ValueTask<bool> AskAsync(ReadOnlyMemory<byte> message, MessageParts parts)
    {
        if (!_call.Client.CanBeAskedFor(parts.Method!) || JsonMembers.Of(message.Span) is not List<JsonMember> members)
        {
            return false;
        }

        byte[] question = JsonMembers.Write(members
            .Where(member => member.Name is "method" or "params")
            .Select(member => message.Span[member.Member].ToArray()));
        while (true)
        {
            string state = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(StateBytes));
            _resumed = new TaskCompletionSource<VirtualRequest>(TaskCreationOptions.RunContinuationsAsynchronously);
            if (!_first.Session.TrySuspend(state, this))
            {
                return false;
            }

            VirtualRequest request;
            TaskCompletionSource<UpstreamFailure?> round = _round; // The client may answer before this one has ended.
            try
            {
                await _relay.SuspendAsync(ResultOf(question, state));
                round.TrySetResult(null);
                request = await _resumed.Task.WaitAsync(Patience, _time, _call.Cancelling.Token);
            }
            catch (TimeoutException)
            {
                await _call.Cancelling.CancelAsync();
                throw new OperationCanceledException("The client did not answer in time.");
            }
            finally
            {
                _first.Session.Forget(state);
            }

            if (AnswerIn(request) is byte[] answer && parts.Id is Range id)
            {
                await _reply(_call.Backend, _call.Opened, JsonMembers.Write(
                    ProtocolMeta.Member("jsonrpc", "\"2.0\""u8),
                    ProtocolMeta.Member("id", message.Span[id]),
                    ProtocolMeta.Member("result", answer)));
                return true;
            }
        }
    }

    private byte[] ResultOf(byte[] question, string state) => JsonMembers.Write(
        ProtocolMeta.Member("resultType", "\"input_required\""u8),
        ProtocolMeta.Member("inputRequests", JsonMembers.Write(ProtocolMeta.Member(Key, question))),
        ProtocolMeta.Member("requestState", MergedList.Quote(state)),
        ProtocolMeta.Member("_meta", JsonMembers.Write(_about)));

    /// <summary>The answer; null where the client sends none, and is asked again.</summary>
    private static byte[]? AnswerIn(VirtualRequest request)
    {
        ReadOnlySpan<byte> body = request.Body;
        return CallParts.Read(body).Params is Range parameters
            && JsonMembers.Of(body[parameters])?.ValueOf("inputResponses") is Range responses
            && JsonMembers.Of(body[parameters][responses])?.ValueOf(Key) is Range answer
            ? body[parameters][responses][answer].ToArray()
            : null;
    }
}
