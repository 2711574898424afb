using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>What may change of a server while its sessions and processes are kept.</summary>
/// <param name="Command">The bounds of sessions and of starts; null for a server that is no command.</param>
/// <param name="Virtual">The bounds of sessions of a virtual server; null for any other.</param>
/// <param name="Timeout">How long an answer may take.</param>
/// <param name="Proxies">Tells from which address a request comes.</param>
/// <param name="KeepAlive">How event streams are kept open.</param>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed record StdioSettings(
    CommandUpstreamConfiguration? Command, VirtualUpstreamConfiguration? Virtual, TimeSpan Timeout, TrustedProxies Proxies, StreamKeepAlive KeepAlive);
