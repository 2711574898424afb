using System.Collections.Concurrent;
using System.Collections.Frozen;

namespace Sluice.Gateway;

/// <summary>The open <c>subscriptions/listen</c> requests of one caller.</summary>
/// <remarks>Thread safety: any number of threads.</remarks>
internal sealed class Listeners
{
    private readonly ConcurrentDictionary<Listener, bool> _all = new();

    /// <summary>Adds one.</summary>
    internal void Add(Listener listener) => _all[listener] = true;

    /// <summary>Removes one.</summary>
    internal void Remove(Listener listener) => _all.TryRemove(listener, out _);

    /// <summary>The resources of a backend to whose changes one of them listens, by the backend's own URIs.</summary>
    internal string[] UrisOf(int backend) =>
        [.. _all.Keys.SelectMany(listener => listener.UrisOf(backend)).Distinct(StringComparer.Ordinal)];

    /// <summary>Sends a notification of a backend to those who asked for it.</summary>
    /// <returns>Whether there was one, and none has lost it.</returns>
    internal bool Publish(int backend, ReadOnlyMemory<byte> message, MessageParts parts)
    {
        Listener[] asked = [.. _all.Keys.Where(listener => listener.Wants(backend, parts))];
        return asked.Length > 0 && asked.All(listener => listener.TrySend(backend, message, parts));
    }
}

/// <summary>One <c>subscriptions/listen</c> of a client.</summary>
/// <param name="id">Its id, as the client wrote it.</param>
/// <param name="filter">What it listens to.</param>
/// <param name="resources">The resources to whose changes it listens: where they are, by the URIs of the client.</param>
/// <remarks>Source: Model Context Protocol, revision 2026-07-28, Subscriptions. Thread safety: any number of threads.</remarks>
internal sealed class Listener(ReadOnlyMemory<byte> id, ListenFilter filter, IReadOnlyDictionary<string, Route> resources)
{
    private readonly FrozenDictionary<(int Backend, string Own), string> _advertised = resources.ToFrozenDictionary(
        pair => (pair.Value.Backend, pair.Value.Own), pair => pair.Key);

    /// <summary>What it listens to.</summary>
    internal ListenFilter Filter => filter;

    /// <summary>What waits to be sent.</summary>
    internal MessageQueue Messages { get; } = new();

    /// <summary>The resources of a backend to whose changes it listens, by the backend's own URIs.</summary>
    internal IEnumerable<string> UrisOf(int backend) => _advertised.Keys.Where(key => key.Backend == backend).Select(key => key.Own);

    /// <summary>Whether it asked for a notification.</summary>
    internal bool Wants(int backend, MessageParts parts) => parts.Method == ListenFilter.ResourceUpdated
        ? parts.Uri is string uri && _advertised.ContainsKey((backend, uri))
        : filter.Changes.Contains(parts.Method!);

    /// <summary>Adds a notification that it asked for.</summary>
    /// <returns>False when it is lost.</returns>
    internal bool TrySend(int backend, ReadOnlyMemory<byte> message, MessageParts parts)
    {
        CallParts where = CallParts.Read(message.Span);
        (Range?, ReadOnlyMemory<byte>) meta = where.MetaEdit(message.Span, token: default, SubscriptionMember(id.Span));
        byte[] sent = parts.Uri is string uri
            ? MessageEdit.Apply(message, meta, (where.Uri, MergedList.Quote(_advertised[(backend, uri)])))
            : MessageEdit.Apply(message, meta);
        return Messages.TryAdd(MessageEdit.OnOneLine(sent).ToArray());
    }

    /// <summary>What ties a message to the request that it belongs to.</summary>
    internal static byte[] SubscriptionMember(ReadOnlySpan<byte> id) => ProtocolMeta.Member(ProtocolMeta.SubscriptionId, id);
}
