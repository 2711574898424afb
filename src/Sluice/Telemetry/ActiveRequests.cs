namespace Sluice;

/// <summary>Counts the requests to one server that are being forwarded.</summary>
/// <param name="server">The server's name.</param>
/// <remarks>Thread safety: any number of threads.</remarks>
internal sealed class ActiveRequests(string server)
{
    private int _count;

    internal string Server => server;

    internal int Count => Volatile.Read(ref _count);

    internal void Begin() => Interlocked.Increment(ref _count);

    internal void End() => Interlocked.Decrement(ref _count);
}
