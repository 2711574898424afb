namespace Sluice.Documents;

/// <summary>A server of a manifest that does not say where the server is. It can be checked and tried, and not run.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed record UnknownUpstreamConfiguration : UpstreamConfiguration
{
    private UnknownUpstreamConfiguration()
    {
    }

    /// <summary>The only one.</summary>
    public static UnknownUpstreamConfiguration Instance { get; } = new();
}
