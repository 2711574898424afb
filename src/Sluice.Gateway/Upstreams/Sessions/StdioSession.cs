using System.Collections.Concurrent;

namespace Sluice.Gateway;

/// <summary>A session of a legacy client, from its <c>initialize</c>.</summary>
/// <param name="id">Its id: 128 random bits.</param>
/// <param name="caller">Who began it; no other caller may use it.</param>
/// <param name="owner">Whose bound of sessions it counts against.</param>
/// <param name="time">The clock of its idleness.</param>
/// <remarks>Thread safety: every member may be called from any thread.</remarks>
internal sealed class StdioSession(string id, CallerIdentity caller, CallerIdentity owner, TimeProvider time)
{
    /// <summary>The most resources to which one session subscribes through a process that it shares.</summary>
    internal const int MaxSubscriptions = 1_000;

    private long _usedTimestamp = time.GetTimestamp();
    private int _calls;

    internal string Id => id;

    internal CallerIdentity Caller => caller;

    internal CallerIdentity Owner => owner;

    /// <summary>Messages of its server that answer no request.</summary>
    internal ServerStream Stream { get; } = new();

    /// <summary>Its own process; null where sessions share one.</summary>
    internal StdioConnection? Process { get; set; }

    /// <summary>What it has at the backends of a virtual server; null for a session of a command.</summary>
    internal VirtualSession? Virtual { get; set; }

    /// <summary>The resources of a shared process of whose changes it is notified.</summary>
    internal ConcurrentDictionary<string, bool> Subscriptions { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether a call is in flight; an open stream is no call.</summary>
    internal bool HasCalls => Volatile.Read(ref _calls) > 0;

    /// <summary>The time since its last request ended or its stream was closed.</summary>
    internal TimeSpan SinceLastUse => time.GetElapsedTime(Volatile.Read(ref _usedTimestamp));

    /// <summary>How long it has been idle; zero while a call is in flight or its stream is open.</summary>
    internal TimeSpan Idle => HasCalls || Stream.IsOpen ? TimeSpan.Zero : SinceLastUse;

    internal void BeginCall() => Interlocked.Increment(ref _calls);

    internal void EndCall()
    {
        Touch();
        Interlocked.Decrement(ref _calls);
    }

    /// <summary>Notes that it was used now.</summary>
    internal void Touch() => Volatile.Write(ref _usedTimestamp, time.GetTimestamp());

    /// <summary>Passes on a message of its own process that answers no call, to where its client listens.</summary>
    /// <returns>False when it is lost.</returns>
    internal bool Deliver(StdioConnection from, ReadOnlyMemory<byte> message) =>
        (!Stream.IsOpen && from.FindStreaming(this)?.TryNotify(message) == true) || Stream.TryAdd(message);
}
