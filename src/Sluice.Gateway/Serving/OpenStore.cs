namespace Sluice.Gateway;

/// <summary>A store, with its connections if it has any.</summary>
/// <param name="store">The store.</param>
internal sealed class OpenStore(IRateLimitStore store) : IAsyncDisposable
{
    internal IRateLimitStore Store => store;

    public ValueTask DisposeAsync() => store is IAsyncDisposable connections ? connections.DisposeAsync() : ValueTask.CompletedTask;
}
