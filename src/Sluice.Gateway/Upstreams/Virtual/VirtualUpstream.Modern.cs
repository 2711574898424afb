using System.Globalization;
using System.Text;
using Sluice.AspNetCore;
using Sluice.Configuration;
using Sluice.Mcp;

namespace Sluice.Gateway;

/// <content>What clients of the modern era send, each request by itself.</content>
internal sealed partial class VirtualUpstream
{
    private const int HeaderMismatch = -32020;
    private const int UnsupportedVersion = -32022;

    /// <summary>Whether a message is of the era without sessions: because it says so, or names a version as only that era does.</summary>
    private static bool IsModern(HttpContext context, McpMessage message) => message.Method == "initialize"
        ? McpVersions.EraOf(message.ProtocolVersion) == McpEra.Modern
        : message.EraWith(context.Request.Headers[McpVersions.HeaderName]) == McpEra.Modern
            || (message.ProtocolVersion is not null && !context.Request.Headers.ContainsKey(SessionRequests.Header));

    private async Task<UpstreamFailure?> PostModernAsync(
        HttpContext context,
        byte[] body,
        McpMessage message,
        CallerIdentity caller,
        BackendCalls calls,
        CallerHeaders headers,
        CancellationToken ends)
    {
        if (message.Kind != McpMessageKind.Request)
        {
            context.Response.StatusCode = StatusCodes.Status202Accepted; // To leave is the way to cancel, and nothing else is told.
            return null;
        }

        ClientFacts? client = ClientOf(body);
        if (FaultOf(context, message, client) is byte[] fault)
        {
            await ChargedCall.NotMadeAsync(context);
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            await CallAnswer.SendAsync(context, fault, isAnswer: true);
            return null;
        }

        (StdioSession? view, UpstreamFailure? failure) = await BeginViewAsync(context, caller, client!, calls);
        if (view is null)
        {
            return failure;
        }

        try
        {
            VirtualRequest request = new(context, body, message, view.Virtual!, calls, headers, client!);
            return message.Method switch
            {
                "server/discover" => await DiscoverAsync(request),
                ListenFilter.Method => await ListenAsync(request, ends),
                _ => await AnswerAsync(request),
            };
        }
        finally
        {
            view.EndCall();
        }
    }

    /// <summary>What a request says about its client; null where it does not say what it must.</summary>
    private static ClientFacts? ClientOf(byte[] body) =>
        CallParts.Read(body).Meta is Range meta ? ClientFacts.OfMeta(body.AsMemory(meta)) : null;

    /// <summary>The view of a caller, in which a call has begun.</summary>
    private Task<(StdioSession? View, UpstreamFailure? Failure)> BeginViewAsync(
        HttpContext context, CallerIdentity caller, ClientFacts client, BackendCalls calls)
    {
        bool passesCredentials = calls.Server.Backends.Any(backend => backend.ForwardsAuthorization);
        return _views.BeginCallAsync(
            caller,
            SessionOwner.Of(context, caller, _settings.Proxies),
            client,
            passesCredentials ? context.Request.Headers.Authorization.ToString() : "",
            context.RequestAborted);
    }

    /// <summary>The error of a request that is not as the modern era has them; null for one that is.</summary>
    private static byte[]? FaultOf(HttpContext context, McpMessage message, ClientFacts? client)
    {
        IHeaderDictionary headers = context.Request.Headers;
        string? HeaderOf(string name) => headers[name].Count == 0 ? null : headers[name].ToString();
        if (client is null || message.ProtocolVersion is not string version)
        {
            return Error(
                message.Id,
                InvalidParams,
                $"'params._meta' needs '{ProtocolMeta.Prefix}protocolVersion' (a text) and "
                    + $"'{ProtocolMeta.ClientCapabilities}' (an object).");
        }

        if (HeaderOf(McpVersions.HeaderName) != version)
        {
            return Error(message.Id, HeaderMismatch, $"The header '{McpVersions.HeaderName}' is not the version in the body.");
        }

        if (version != McpVersions.FirstModern)
        {
            byte[] supported = [.. VirtualInitialize.SupportedVersions.SelectMany(
                (one, index) => (byte[])[.. index > 0 ? ","u8 : default, .. MergedList.Quote(one)])];
            byte[] data = JsonMembers.Write(
                ProtocolMeta.Member("supported", [(byte)'[', .. supported, (byte)']']), ProtocolMeta.Member("requested", MergedList.Quote(version)));
            return Error(
                message.Id, UnsupportedVersion, $"The version {Shown.Quote(version)} is not one of those that are supported.", data);
        }

        return McpHeaders.FindMismatch(message, HeaderOf(McpHeaders.Method), HeaderOf(McpHeaders.Name), version) is McpReadError mismatch
            ? Error(message.Id, mismatch.Code, mismatch.Message)
            : null;
    }

    private static byte[] Error(ReadOnlyMemory<byte> id, int code, string message, ReadOnlySpan<byte> data = default) => JsonMembers.Write(
        ProtocolMeta.Member("jsonrpc", "\"2.0\""u8),
        ProtocolMeta.Member("id", id.Span),
        ProtocolMeta.Member("error", JsonMembers.Write(
            ProtocolMeta.Member("code", Encoding.ASCII.GetBytes(code.ToString(CultureInfo.InvariantCulture))),
            ProtocolMeta.Member("message", MergedList.Quote(message)),
            data.IsEmpty ? [] : ProtocolMeta.Member("data", data))));

    private async Task<UpstreamFailure?> DiscoverAsync(VirtualRequest request)
    {
        (string Name, OpenedBackend Opened)[] opened = await OpenAllAsync(request.Session, request.Calls, request.Caller, request.Aborted);
        TimeSpan life = opened.Length == request.Session.Backends.Length ? ListLives.Usual : VirtualBackends.Pause;
        await WriteResultAsync(request, VirtualInitialize.DiscoveryOf(life, opened));
        return null;
    }

    /// <summary>Writes a page of a list, which is ready but for what all results of the modern era have.</summary>
    private Task WriteListAsync(VirtualRequest request, byte[] page, TimeSpan life)
    {
        if (!request.Client.IsModern)
        {
            return WriteResultAsync(request.Context, request.Message.Id, page);
        }

        byte[] head = JsonMembers.Write(
            ProtocolMeta.Member("resultType", "\"complete\""u8),
            ProtocolMeta.Member("ttlMs", Encoding.ASCII.GetBytes(((long)life.TotalMilliseconds).ToString(CultureInfo.InvariantCulture))),
            ProtocolMeta.Member("cacheScope", "\"private\""u8),
            ProtocolMeta.Member("_meta", JsonMembers.Write(_about)));
        return WriteResultAsync(request.Context, request.Message.Id, (byte[])[.. head.AsSpan()[..^1], (byte)',', .. page.AsSpan()[1..]]);
    }
}
