namespace Sluice.Gateway;

/// <summary>Where the keys of one issuer come from.</summary>
/// <remarks>Thread safety: any number of requests at a time.</remarks>
internal interface IKeySource
{
    /// <summary>The keys that can have made a signature.</summary>
    /// <param name="id">The token's <c>kid</c>, or null.</param>
    /// <param name="algorithm">The token's <c>alg</c>, one that is accepted.</param>
    /// <param name="cancellationToken">The client went away.</param>
    ValueTask<KeyAnswer> FindAsync(string? id, string algorithm, CancellationToken cancellationToken);
}
