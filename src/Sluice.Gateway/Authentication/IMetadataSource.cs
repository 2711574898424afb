namespace Sluice.Gateway;

/// <summary>Knows what clients are told about signing in to a server.</summary>
/// <remarks>Thread safety: any number of requests at a time.</remarks>
internal interface IMetadataSource
{
    /// <summary>The document, as JSON in UTF-8; null when there is none.</summary>
    /// <param name="server">The server.</param>
    /// <param name="resource">The address at which clients reach the server.</param>
    /// <param name="cancellationToken">The client went away.</param>
    ValueTask<byte[]?> ReadAsync(GatewayServer server, string resource, CancellationToken cancellationToken);
}
