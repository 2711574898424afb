namespace Sluice.Gateway;

/// <summary>A client's call that a backend has.</summary>
/// <param name="key">The number by which the backend knows it, and its progress.</param>
/// <param name="backend">The backend.</param>
/// <param name="opened">The session at the backend.</param>
/// <remarks>
/// A call that asks its client something in the modern era goes on with another request of the client. What the client calls it changes
/// then, while nothing is in flight. Thread safety: any number of threads may read.
/// </remarks>
internal sealed class LiveCall(long key, BackendSession backend, OpenedBackend opened)
{
    internal long Key => key;

    internal BackendSession Backend => backend;

    internal OpenedBackend Opened => opened;

    /// <summary>Its id as the client wrote it.</summary>
    internal required ReadOnlyMemory<byte> Id { get; set; }

    /// <summary>Its progress token as the client wrote it; empty for none.</summary>
    internal required ReadOnlyMemory<byte> ProgressToken { get; set; }

    /// <summary>Who calls.</summary>
    internal required ClientFacts Client { get; set; }

    /// <summary>The method.</summary>
    internal required string Method { get; init; }

    /// <summary>Whether its results say for how long they may be used.</summary>
    internal bool IsCacheable { get; init; }

    /// <summary>Ends the request to the backend.</summary>
    internal CancellationTokenSource Cancelling { get; } = new(); // Not disposed: a cancellation may come late, and it has no timer.
}
