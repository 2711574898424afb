namespace Sluice.Gateway;

/// <content>
/// Calls of several rounds: a backend of the modern era asks by its result, and a client of the legacy era gets a question.
/// </content>
/// <remarks>Source: Model Context Protocol, revision 2026-07-28, Multi Round-Trip Requests.</remarks>
internal sealed partial class VirtualUpstream
{
    /// <summary>The most rounds of one call.</summary>
    internal const int MaxRounds = 10;

    private const int InternalError = -32603;

    /// <summary>Runs a call, and asks its client whatever the backend asks in between.</summary>
    private async Task<UpstreamFailure?> RunAsync(VirtualRequest request, LiveCall call, byte[] body, BackendHeaders headers)
    {
        byte[] sent = body;
        for (int round = 1; ; round++)
        {
            CallRelay relay = new(request.Context, MessagesOf(request), call, _about);
            UpstreamFailure? failure = await relay.RunAsync(request.Calls, sent, headers, request.Aborted);
            if (relay.InputRequired is not ReadOnlyMemory<byte> result)
            {
                return failure;
            }

            if (round == MaxRounds)
            {
                return CallRelay.FailureOf(call.Backend.Name, $"it asked for more input {MaxRounds} times", canHaveRun: true);
            }

            List<JsonMember> members = JsonMembers.Of(result.Span)!;
            Dictionary<string, byte[]> answers = [];
            if (members.ValueOf("inputRequests") is Range requests
                && await AskAllAsync(request, call, result[requests], answers) is string why)
            {
                await WriteErrorAsync(request, InternalError, why);
                return null;
            }

            byte[] state = members.ValueOf("requestState") is Range range ? result[range].ToArray() : [];
            byte[] more = JsonMembers.Write(
                answers.Count == 0 ? [] : ProtocolMeta.Member("inputResponses", JsonMembers.Write(
                    answers.Select(answer => (byte[])[.. MergedList.Quote(answer.Key), (byte)':', .. answer.Value]))),
                state.Length == 0 ? [] : ProtocolMeta.Member("requestState", state));
            sent = more.Length > 2 ? MessageEdit.Apply(body, CallParts.Read(body).ParamsEdit(body, more[1..^1])) : body;
        }
    }

    /// <summary>Asks a client everything that a backend asks it, one after the other: users answer one at a time.</summary>
    /// <returns>Null, or why there are no answers.</returns>
    private static async Task<string?> AskAllAsync(
        VirtualRequest request, LiveCall call, ReadOnlyMemory<byte> requests, Dictionary<string, byte[]> answers)
    {
        List<JsonMember> asked = JsonMembers.Of(requests.Span) ?? [];
        foreach (JsonMember one in asked)
        {
            (string? why, byte[] result) = await AskAsync(request, call, requests[one.Value]);
            if (why is not null)
            {
                return why;
            }

            answers[one.Name] = result;
        }

        return null;
    }

    private static async Task<(string? Why, byte[] Result)> AskAsync(VirtualRequest request, LiveCall call, ReadOnlyMemory<byte> question)
    {
        string? method = JsonMembers.Of(question.Span)?.ValueOf("method") is Range name ? JsonMembers.TextOf(question.Span[name]) : null;
        string from = $"Server '{call.Backend.Name}'";
        if (!BackendMessages.IsAskable(method))
        {
            return ($"{from}: it asks for {Configuration.Shown.Quote(method ?? "")}, which clients are not asked.", []);
        }

        TaskCompletionSource<byte[]> answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!request.Session.TryAsk(new Question(call.Backend, call.Opened, default, answered), out byte[]? id))
        {
            return ($"{from}: the client has too many questions that it has not answered.", []);
        }

        try
        {
            byte[] message = MessageEdit.OnOneLine(
                (byte[])[.. "{\"jsonrpc\":\"2.0\",\"id\":"u8, .. id, .. ","u8, .. question.Span.Trim(" \t\r\n"u8)[1..]]).ToArray();
            if (!await SendQuestionAsync(request, message))
            {
                return ($"{from}: it needs an answer to '{method}', and the client takes no stream on which it could be asked.", []);
            }

            using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(
                request.Aborted, request.Session.Ended, call.Cancelling.Token);
            byte[] answer = await answered.Task.WaitAsync(over.Token);
            return MessageParts.Read(answer)?.Result is Range result
                ? (null, answer[result])
                : (
                    $"{from}: it needs an answer to '{method}', "
                        + $"and the client answered with the error {BackendError.MessageOf(answer)}.", []);
        }
        catch (OperationCanceledException) when (!request.Aborted.IsCancellationRequested)
        {
            return ("The call was cancelled, or its session has ended.", []);
        }
        finally
        {
            request.Session.Answered(id);
        }
    }

    private static async Task<bool> SendQuestionAsync(VirtualRequest request, byte[] message)
    {
        if (EventStream.IsAccepted(request.Context.Request, EventStream.MediaType))
        {
            await CallAnswer.SendAsync(request.Context, message, isAnswer: false);
            return true;
        }

        return request.Session.Front.Stream.TryAdd(message);
    }
}
