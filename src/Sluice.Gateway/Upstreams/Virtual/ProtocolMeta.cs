using System.Text;
using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>
/// The members of <c>_meta</c> that belong to the protocol. Each hop has its own: they are read and written, and not passed on.
/// </summary>
/// <remarks>Source: Model Context Protocol, revision 2026-07-28, General fields, _meta.</remarks>
internal static class ProtocolMeta
{
    internal const string Prefix = "io.modelcontextprotocol/";
    internal const string ClientInfo = Prefix + "clientInfo";
    internal const string ClientCapabilities = Prefix + "clientCapabilities";
    internal const string LogLevel = Prefix + "logLevel";
    internal const string SubscriptionId = Prefix + "subscriptionId";
    private const string ProtocolVersion = Prefix + "protocolVersion";
    private const string ServerInfo = Prefix + "serverInfo";

    /// <summary>Whether a member is the protocol's, for one hop. The task to which a message belongs is named for all of them.</summary>
    internal static bool IsOwn(string name) => name.StartsWith(Prefix, StringComparison.Ordinal) && name != TaskIds.RelatedTask;

    /// <summary>A member.</summary>
    internal static byte[] Member(string name, ReadOnlySpan<byte> value) =>
        [(byte)'"', .. Encoding.UTF8.GetBytes(name), .. "\":"u8, .. value];

    /// <summary>What a request of the modern era must say, as members with commas between.</summary>
    /// <param name="client">The client for which it is made.</param>
    internal static byte[] OfRequest(ClientFacts client)
    {
        byte[] version = Member(ProtocolVersion, Encoding.ASCII.GetBytes($"\"{McpVersions.FirstModern}\""));
        byte[] members =
        [
            .. version,
            .. client.Info.IsEmpty ? [] : (byte[])[(byte)',', .. Member(ClientInfo, client.Info.Span)],
            (byte)',', .. Member(ClientCapabilities, client.Capabilities.Span),
            .. client.LogLevel is null ? [] : (byte[])[(byte)',', .. Member(LogLevel, MergedList.Quote(client.LogLevel))],
        ];
        return members;
    }

    /// <summary>What a result of a virtual server says about it, as one member.</summary>
    /// <param name="server">The name of the virtual server.</param>
    internal static byte[] OfResult(string server) => Member(
        ServerInfo,
        JsonMembers.Write(Member("name", MergedList.Quote(server)), Member("version", MergedList.Quote(GatewayVersion.Text))));
}
