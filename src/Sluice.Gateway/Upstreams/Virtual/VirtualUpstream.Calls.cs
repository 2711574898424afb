using System.Globalization;
using System.Text;
using Sluice.AspNetCore;
using Sluice.Configuration;
using Sluice.Mcp;

namespace Sluice.Gateway;

/// <content>What clients send in their sessions.</content>
internal sealed partial class VirtualUpstream
{
    private async Task<UpstreamFailure?> AnswerAsync(VirtualRequest request)
    {
        McpMessage message = request.Message;
        if (ListKind.Of(message.Method) is ListKind kind)
        {
            return await ListAsync(request, kind);
        }

        bool isModern = request.Client.IsModern;
        switch (message.Method)
        {
            case "ping" when !isModern:
                await WriteResultAsync(request, "{}"u8.ToArray());
                return null;
            case "tools/call":
            case "prompts/get":
                return await CallNamedAsync(request, message.Method == "tools/call" ? ListKind.Tools : ListKind.Prompts);
            case "resources/read":
            case "resources/subscribe" or "resources/unsubscribe" when !isModern:
                return await CallResourceAsync(request);
            case "completion/complete":
                return await CompleteAsync(request);
            case string _ when TaskIds.IsAboutTask(request):
                return await CallTaskAsync(request);
            case "logging/setLevel" when !isModern:
                return await SetLevelAsync(request);
            default:
                await ChargedCall.NotMadeAsync(request.Context);
                await WriteErrorAsync(
                    request,
                    MethodNotFound,
                    $"A virtual server does not know to which server the method {Shown.Quote(message.Method)} goes.",
                    StatusCodes.Status404NotFound);
                return null;
        }
    }

    private async Task<UpstreamFailure?> ListAsync(VirtualRequest request, ListKind kind)
    {
        MergedList merged = await request.Session.ListAsync(kind, request.Calls, request.Caller, request.Aborted);
        if (merged.Page(CallParts.Read(request.Body).Cursor) is byte[] page)
        {
            await WriteListAsync(request, page, request.Session.LifeOf(kind));
        }
        else
        {
            await WriteErrorAsync(request, InvalidParams, "The cursor is not one of this list. Ask for the first page again.");
        }

        return null;
    }

    private async Task<UpstreamFailure?> CallNamedAsync(VirtualRequest request, ListKind kind)
    {
        string name = request.Message.Operation!;
        if (await RouteAsync(request) is not Route route)
        {
            await UnknownAsync(request, InvalidParams, kind == ListKind.Tools ? "tool" : "prompt", name);
            return null;
        }

        CallParts parts = CallParts.Read(request.Body);
        return await CallAsync(request, route, parts, parts.Name, name);
    }

    private async Task<UpstreamFailure?> CallResourceAsync(VirtualRequest request)
    {
        CallParts parts = CallParts.Read(request.Body);
        string uri = parts.UriText ?? "";
        if (await RouteAsync(request) is not Route route)
        {
            await UnknownAsync(request, request.Client.IsModern ? InvalidParams : ResourceNotFound, "resource", uri);
            return null;
        }

        return await CallAsync(request, route, parts, parts.Uri, uri);
    }

    private async Task<UpstreamFailure?> CompleteAsync(VirtualRequest request)
    {
        CallParts parts = CallParts.Read(request.Body);
        string key = parts.RefKey ?? "";
        bool isPrompt = parts.RefType == "ref/prompt";
        if (await RouteAsync(request) is not Route route)
        {
            await UnknownAsync(request, InvalidParams, isPrompt ? "prompt" : "resource template", key);
            return null;
        }

        return await CallAsync(request, route, parts, parts.RefKeyPart, key);
    }

    /// <summary>Sends what is about a task to the backend that has it, which its id names.</summary>
    private async Task<UpstreamFailure?> CallTaskAsync(VirtualRequest request)
    {
        CallParts parts = CallParts.Read(request.Body);
        if (await RouteAsync(request) is not Route route)
        {
            await UnknownAsync(request, InvalidParams, "task", parts.TaskIdText ?? "");
            return null;
        }

        return await CallAsync(request, route, parts, parts.TaskId, parts.TaskIdText!);
    }

    /// <summary>Sends a call to the backend that has it.</summary>
    /// <param name="request">The call.</param>
    /// <param name="route">Where it goes.</param>
    /// <param name="parts">Its parts.</param>
    /// <param name="keyPart">The position of the name or URI.</param>
    /// <param name="advertised">The name or URI, as the client wrote it.</param>
    private async Task<UpstreamFailure?> CallAsync(VirtualRequest request, Route route, CallParts parts, Range? keyPart, string advertised)
    {
        VirtualSession session = request.Session;
        BackendSession backend = session.Backends[route.Backend];
        OpenedBackend opened = await backend.OpenAsync(request.Calls, request.Caller).WaitAsync(request.Aborted);
        if (opened.Failure is string why)
        {
            return CallRelay.FailureOf(backend.Name, why, canHaveRun: false);
        }

        if (opened.IsModern && IsSubscription(request.Message.Method))
        {
            return await SubscribeAsync(request, backend, route.Own);
        }

        if (request.Client.IsModern && !opened.IsModern && parts.RequestState is string state)
        {
            if (session.TakeSuspended(state, request) is SuspendableCall suspended)
            {
                return await suspended.ResumeAsync(request);
            }

            await ChargedCall.NotMadeAsync(request.Context);
            await WriteErrorAsync(
                request, InvalidParams, "'requestState' is not that of a call which waits for this answer. "
                    + "Make the call again without it.");
            return null;
        }

        long key = session.NextKey();
        byte[] keyJson = Encoding.ASCII.GetBytes(key.ToString(CultureInfo.InvariantCulture));
        LiveCall call = new(key, backend, opened)
        {
            Id = request.Message.Id.ToArray(),
            ProgressToken = parts.ProgressToken is Range token ? request.Body[token] : default(ReadOnlyMemory<byte>),
            Client = request.Client,
            Method = request.Message.Method,
            IsCacheable = request.Message.Method == "resources/read",
        };
        byte[] own = opened.IsModern ? ProtocolMeta.OfRequest(request.Client) : [];
        byte[] body = MessageEdit.Apply(
            request.Body,
            (parts.Id, keyJson),
            (route.Own == advertised ? null : keyPart, MergedList.Quote(route.Own)),
            parts.MetaEdit(request.Body, keyJson, own));
        body = opened.Has(BackendCapabilities.Tasks) ? TaskIds.ForBackend(body, backend.Name).ToArray() : body;
        BackendHeaders headers = new(request.Caller, opened) { Parameters = await ParametersAsync(request, backend, opened, parts, route.Own) };
        if (SuspendableCall.IsPossible(request, opened))
        {
            BackendMessages.Reply reply = (at, to, message) => ReplyAsync(session, request.Calls, request.Caller, at, to, message);
            return await new SuspendableCall(request, call, MessagesOf(request), reply, _about, _time).BeginAsync(body, headers);
        }

        session.Begin(call);
        try
        {
            return await RunAsync(request, call, body, headers);
        }
        catch (OperationCanceledException) when (request.Client.IsModern && !opened.IsModern)
        {
            // To leave is the way to cancel of the client's era, and not of the backend's.
            await SendAsync(request, backend, opened, SuspendableCall.CancellationOf(call), session.Ended);
            throw;
        }
        finally
        {
            session.End(call);
        }
    }

    /// <summary>
    /// The headers that repeat arguments: those of the client, or for a client of the legacy era what the tool's schema asks for.
    /// </summary>
    private static async Task<IReadOnlyList<KeyValuePair<string, string>>> ParametersAsync(
        VirtualRequest request, BackendSession backend, OpenedBackend opened, CallParts parts, string tool)
    {
        if (!opened.IsModern || request.Message.Method != "tools/call")
        {
            return [];
        }

        if (request.Client.IsModern)
        {
            return ToolHeaders.Of(request.Context.Request.Headers);
        }

        ReadList? tools = await backend.ListAsync(ListKind.Tools, request.Calls, request.Caller).WaitAsync(request.Aborted);
        return tools?.List.Entries.FirstOrDefault(entry => entry.Key == tool) is ListEntry listed && parts.Arguments is Range arguments
            ? ToolHeaders.Of(listed.Json, request.Body.AsSpan(arguments))
            : [];
    }

    /// <summary>Sets the level at every backend that logs.</summary>
    private async Task<UpstreamFailure?> SetLevelAsync(VirtualRequest request)
    {
        BackendSession[] logging = [.. request.Session.Backends.Where(backend => backend.Opened?.Has(BackendCapabilities.Logging) == true)];
        request.Session.SetLogLevel(CallParts.Read(request.Body).Level);
        string?[] failures = await Task.WhenAll(logging.Select(backend => SetLevelAsync(request, backend, backend.Opened)));
        string[] failed = [.. failures.OfType<string>()];
        if (failed.Length == logging.Length)
        {
            await WriteErrorAsync(
                request,
                logging.Length == 0 ? MethodNotFound : InvalidParams,
                logging.Length == 0 ? "No server behind this virtual server has logging." : string.Join(" ", failed));
        }
        else
        {
            await WriteResultAsync(request, "{}"u8.ToArray());
        }

        return null;
    }

    private static async Task<string?> SetLevelAsync(VirtualRequest request, BackendSession backend, OpenedBackend? opened)
    {
        if (opened is null)
        {
            return $"Server '{backend.Name}': its session has ended.";
        }

        if (opened.IsModern)
        {
            return null; // It is told with each request.
        }

        byte[] body = MessageEdit.Apply(request.Body, (CallParts.Read(request.Body).Id, backend.NextKey()));
        string? failure = $"Server '{backend.Name}': it did not answer.";
        await request.Calls.PostMeteredAsync(
            request.Calls.Server.Backends[backend.Index],
            body,
            new BackendHeaders(request.Caller, opened),
            (_, message) =>
            {
                if (MessageParts.Read(message.Span) is { Method: null } parts)
                {
                    failure = parts.Result is null ? $"Server '{backend.Name}': {BackendError.MessageOf(message)}." : null;
                }

                return ValueTask.CompletedTask;
            },
            request.Aborted);
        return failure;
    }

    private async Task UnknownAsync(VirtualRequest request, int code, string what, string name)
    {
        await ChargedCall.NotMadeAsync(request.Context);
        string[] away = [.. _all.Failing().Select(backend => $"'{backend.Server}'")];
        string hidden = away.Length == 0 ? "" : $" What {string.Join(", ", away)} has is hidden, "
            + $"since {(away.Length == 1 ? "it does" : "they do")} not answer now.";
        byte[] data = what == "resource" ? JsonMembers.Write(ProtocolMeta.Member("uri", MergedList.Quote(name))) : [];
        string message = $"The virtual server '{_server}' has no {what} {Shown.Quote(name)}.{hidden}";
        await CallAnswer.SendAsync(request.Context, Error(request.Message.Id, code, message, data), isAnswer: true);
    }

    /// <summary>A client's answer to a question of a backend.</summary>
    private async Task<UpstreamFailure?> PassAnswerAsync(VirtualRequest request)
    {
        if (request.Session.Answered(request.Message.Id.Span) is Question question && CallParts.Read(request.Body).Id is Range id)
        {
            if (question.Answer is TaskCompletionSource<byte[]> awaited)
            {
                awaited.TrySetResult(request.Body);
            }
            else
            {
                ReadOnlyMemory<byte> answer = TaskIds.ForBackend(MessageEdit.Apply(request.Body, (id, question.Id)), question.Backend.Name);
                await SendAsync(request, question.Backend, question.Opened, answer.ToArray(), request.Aborted);
            }
        }

        request.Context.Response.StatusCode = StatusCodes.Status202Accepted;
        return null;
    }

    private async Task<UpstreamFailure?> PassNotificationAsync(VirtualRequest request)
    {
        switch (request.Message.Method)
        {
            case "notifications/cancelled":
                CallParts parts = CallParts.Read(request.Body);
                if (parts.RequestId is not Range id || request.Session.FindCall(request.Body.AsSpan(id)) is not LiveCall call)
                {
                    break;
                }

                if (call.Opened.IsModern)
                {
                    await call.Cancelling.CancelAsync(); // To leave is the way to cancel there.
                    break;
                }

                byte[] key = Encoding.ASCII.GetBytes(call.Key.ToString(CultureInfo.InvariantCulture));
                await SendAsync(request, call.Backend, call.Opened, MessageEdit.Apply(request.Body, (id, key)), request.Aborted);

                break;
            case "notifications/roots/list_changed":
                await Task.WhenAll(request.Session.Backends
                    .Select(backend => backend.Opened is OpenedBackend { IsModern: false } opened
                        ? SendAsync(request, backend, opened, request.Body, request.Aborted)
                        : Task.CompletedTask));
                break;
        }

        request.Context.Response.StatusCode = StatusCodes.Status202Accepted;
        return null;
    }

    /// <summary>Sends a backend what has no answer.</summary>
    private async Task SendAsync(
        VirtualRequest request, BackendSession backend, OpenedBackend opened, byte[] message, CancellationToken aborted)
    {
        BackendAnswer answer = await request.Calls.PostMeteredAsync(
            request.Calls.Server.Backends[backend.Index],
            message,
            new BackendHeaders(request.Caller, opened),
            (_, _) => ValueTask.CompletedTask,
            aborted);
        if (answer.Status >= StatusCodes.Status400BadRequest || answer.Failure is not null)
        {
            Log.NotTaken(_logger, _server, backend.Name, answer.Failure?.Reason ?? $"it answered with the status {answer.Status}");
        }
    }
}
