using System.Collections.Concurrent;

namespace Sluice.Gateway;

/// <summary>A client of the legacy era that has said <c>initialize</c>.</summary>
/// <param name="id">Its id: 128 random bits.</param>
/// <param name="caller">Who began it; nobody else may use it.</param>
/// <param name="time">The clock of its idleness.</param>
/// <remarks>Thread safety: every member may be called from any thread.</remarks>
internal sealed class StdioSession(string id, CallerIdentity caller, TimeProvider time)
{
    /// <summary>The most resources to which one session subscribes through a process that it shares.</summary>
    internal const int MaxSubscriptions = 1_000;

    private long _usedTimestamp = time.GetTimestamp();
    private int _requests;

    internal string Id => id;

    internal CallerIdentity Caller => caller;

    /// <summary>What its server says to it without being asked.</summary>
    internal ServerStream Stream { get; } = new();

    /// <summary>Its own process; null where sessions share one.</summary>
    internal StdioConnection? Process { get; set; }

    /// <summary>The resources of a shared process whose changes it wants to hear of.</summary>
    internal ConcurrentDictionary<string, bool> Subscriptions { get; } = new(StringComparer.Ordinal);

    /// <summary>For how long nobody has used it; zero while a request is under way.</summary>
    internal TimeSpan Idle => Volatile.Read(ref _requests) > 0 || Stream.IsOpen
        ? TimeSpan.Zero
        : time.GetElapsedTime(Volatile.Read(ref _usedTimestamp));

    internal void BeginRequest() => Interlocked.Increment(ref _requests);

    internal void EndRequest()
    {
        Volatile.Write(ref _usedTimestamp, time.GetTimestamp());
        Interlocked.Decrement(ref _requests);
    }

    /// <summary>Takes what its own process says without being asked, to where its client listens.</summary>
    /// <returns>False when it is lost.</returns>
    internal bool Hear(StdioConnection from, ReadOnlyMemory<byte> message) =>
        (!Stream.IsOpen && from.FindStreaming(this)?.TryNotify(message) == true) || Stream.TryAdd(message);
}
