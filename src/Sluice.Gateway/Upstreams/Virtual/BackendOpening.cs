using System.Text.Json.Nodes;
using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>
/// Opens one backend for one client: a session of the legacy era, or what <c>server/discover</c> tells in the modern one.
/// </summary>
/// <remarks>
/// A client's own era is tried first, so that nothing has to be translated where the backend speaks both. Which era a backend lacks
/// is remembered. Source: Model Context Protocol, revision 2026-07-28, Versioning and Compatibility.
/// </remarks>
/// <param name="backend">The session at the backend.</param>
/// <param name="client">The client.</param>
/// <param name="all">What all sessions share.</param>
/// <param name="ended">Is cancelled when the client's session has ended.</param>
internal sealed class BackendOpening(BackendSession backend, ClientFacts client, VirtualBackends all, CancellationToken ended)
{
    /// <summary>Opens it.</summary>
    /// <exception cref="OperationCanceledException">The client's session has ended.</exception>
    internal async Task<OpenedBackend> OpenAsync(GatewayServer server, BackendCalls calls, CallerHeaders caller)
    {
        bool isModernFirst = all.Eras.OnlyEraOf(backend.Index, server.Link) is McpEra only ? only == McpEra.Modern : client.IsModern;
        OpenedBackend first = await OpenAsync(server, calls, caller, isModernFirst);
        if (!first.MaySpeakOtherEra)
        {
            return first;
        }

        OpenedBackend second = await OpenAsync(server, calls, caller, !isModernFirst);
        if (second.Failure is null)
        {
            all.Eras.Remember(backend.Index, server.Link, isModernFirst ? McpEra.Legacy : McpEra.Modern);
            return second;
        }

        return second.MaySpeakOtherEra ? OpenedBackend.Failed(server.Link, $"{first.Failure}, and {second.Failure}") : second;
    }

    private Task<OpenedBackend> OpenAsync(GatewayServer server, BackendCalls calls, CallerHeaders caller, bool isModern) =>
        isModern ? DiscoverAsync(server, calls, caller) : InitializeAsync(server, calls, caller);

    private async Task<OpenedBackend> InitializeAsync(GatewayServer server, BackendCalls calls, CallerHeaders caller)
    {
        byte[] body = BackendSession.Write(backend.NextKey(), "initialize", client.InitializeParams);
        (OpenedBackend? opened, OpenedBackend failed) = await AskAsync(
            "initialize", server, calls, body, new BackendHeaders(caller, SessionId: null, Version: null), ended);
        if (opened is null)
        {
            return failed;
        }

        byte[] initialized = [.. "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}"u8];
        await calls.PostAsync(server, initialized, new BackendHeaders(caller, opened), (_, _) => ValueTask.CompletedTask, ended);
        return opened;
    }

    private async Task<OpenedBackend> DiscoverAsync(GatewayServer server, BackendCalls calls, CallerHeaders caller)
    {
        byte[] body = BackendSession.Write(
            backend.NextKey(),
            "server/discover",
            JsonMembers.Write(ProtocolMeta.Member("_meta", JsonMembers.Write(ProtocolMeta.OfRequest(client)))));

        // A server of the legacy era may leave what it does not know unanswered.
        using CancellationTokenSource late = new(VirtualBackends.Patience, all.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(ended, late.Token);
        try
        {
            (OpenedBackend? opened, OpenedBackend failed) = await AskAsync(
                "server/discover", server, calls, body, new BackendHeaders(caller, SessionId: null, McpVersions.FirstModern), either.Token);
            return opened ?? failed;
        }
        catch (OperationCanceledException) when (!ended.IsCancellationRequested)
        {
            return OpenedBackend.Failed(server.Link, "it did not answer 'server/discover' in time", maySpeakOtherEra: true);
        }
    }

    private async Task<(OpenedBackend? Opened, OpenedBackend Failed)> AskAsync(
        string method, GatewayServer server, BackendCalls calls, byte[] body, BackendHeaders headers, CancellationToken aborted)
    {
        OpenedBackend? opened = null;
        string? error = null;
        BackendAnswer answer = await calls.PostAsync(
            server,
            body,
            headers,
            (response, message) =>
            {
                if (MessageParts.Read(message.Span) is { Method: null } parts)
                {
                    opened = headers.Version is null
                        ? ReadInitialized(server, response, message, parts)
                        : ReadDiscovered(server, message, parts);
                    error = opened is null ? BackendError.MessageOf(message) : null;
                }

                return ValueTask.CompletedTask;
            },
            aborted);
        string why = answer.Failure?.Reason
            ?? $"it answered '{method}' with the {(error is not null ? $"error {error}" : $"status {answer.Status}")}";
        return (opened, OpenedBackend.Failed(server.Link, why, MaySpeakOtherEra(answer)));
    }

    private static bool MaySpeakOtherEra(BackendAnswer answer) => answer.Failure is null
        && answer.Status is < StatusCodes.Status500InternalServerError
            and not (StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden or StatusCodes.Status429TooManyRequests);

    private static OpenedBackend? ReadInitialized(
        GatewayServer server, BackendResponse response, ReadOnlyMemory<byte> message, MessageParts parts)
    {
        if (parts.Result is not Range part || BackendError.ParseOrNull(message[part]) is not JsonObject result)
        {
            return null;
        }

        string session = response.Headers[SessionRequests.Header].ToString();
        return new OpenedBackend(
            server.Link,
            session.Length == 0 ? null : session,
            BackendError.TextOf(result["protocolVersion"]),
            BackendCapabilitiesJson.Read(result["capabilities"]),
            BackendError.TextOf(result["instructions"]));
    }

    private OpenedBackend? ReadDiscovered(GatewayServer server, ReadOnlyMemory<byte> message, MessageParts parts)
    {
        if (parts.Result is not Range part
            || BackendError.ParseOrNull(message[part]) is not JsonObject result
            || result["supportedVersions"] is not JsonArray versions
            || !versions.Any(version => BackendError.TextOf(version) == McpVersions.FirstModern))
        {
            return null;
        }

        return new OpenedBackend(
            server.Link,
            sessionId: null,
            McpVersions.FirstModern,
            BackendCapabilitiesJson.Read(result["capabilities"]),
            BackendError.TextOf(result["instructions"]))
        {
            Life = ListLives.Of(result["ttlMs"] is JsonValue life && life.TryGetValue(out double milliseconds) ? milliseconds : null),
            Since = all.Time.GetTimestamp(),
        };
    }
}
