namespace Sluice.Documents;

/// <summary>The way to an MCP server: an address, a command, or other servers.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal abstract record UpstreamConfiguration
{
    private protected UpstreamConfiguration()
    {
    }
}
