namespace Sluice.Documents;

/// <summary>A server that answers over Streamable HTTP.</summary>
/// <param name="Address">An absolute <c>http</c> or <c>https</c> URL without user, password or fragment.</param>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed record HttpUpstreamConfiguration(Uri Address) : UpstreamConfiguration;
