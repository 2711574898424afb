using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>Which backends speak one era only, as far as was seen: so that they are not asked for the other again and again.</summary>
/// <param name="backends">How many there are.</param>
/// <param name="time">The clock: what was seen counts for an hour, since servers are upgraded.</param>
/// <remarks>Thread safety: any number of threads.</remarks>
internal sealed class BackendEras(int backends, TimeProvider time)
{
    private static readonly TimeSpan Life = TimeSpan.FromHours(1);
    private readonly Seen?[] _seen = new Seen?[backends];

    /// <summary>The only era that a backend speaks; null where that is not known.</summary>
    internal McpEra? OnlyEraOf(int backend, ServerLink link) =>
        Volatile.Read(ref _seen[backend]) is Seen seen && seen.Link == link && time.GetElapsedTime(seen.Since) < Life ? seen.Era : null;

    /// <summary>Notes that a backend speaks one era and not the other.</summary>
    internal void Remember(int backend, ServerLink link, McpEra era) =>
        Volatile.Write(ref _seen[backend], new Seen(link, era, time.GetTimestamp()));

    /// <summary>Forgets what was seen: another version of the backend may run.</summary>
    internal void Forget(int backend) => Volatile.Write(ref _seen[backend], null);

    private sealed record Seen(ServerLink Link, McpEra Era, long Since);
}
