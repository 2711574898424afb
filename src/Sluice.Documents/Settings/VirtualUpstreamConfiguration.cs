using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>Several servers of the gateway behind one endpoint.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed record VirtualUpstreamConfiguration : UpstreamConfiguration
{
    /// <summary>The most backends of a virtual server: 64.</summary>
    public const int MaxBackends = 64;

    /// <summary>The most sessions that <see cref="MaxSessions"/> can allow: 100,000.</summary>
    public const int MaxSessionsUpperBound = 100_000;

    /// <summary>The <see cref="MaxSessions"/> of a virtual server that sets none: 10,000.</summary>
    public const int DefaultMaxSessions = 10_000;

    /// <summary>The backends: servers of the same configuration, in the order in which they are listed and win.</summary>
    /// <value>1 to 64, each server once.</value>
    public required ImmutableArray<VirtualBackend> Backends { get; init; }

    /// <summary>What happens to names that several backends have.</summary>
    /// <value>The default is <see cref="NameConflicts.Prefix"/>.</value>
    public NameConflicts Conflicts { get; init; }

    /// <summary>The most sessions at a time; beyond it a client gets 503.</summary>
    /// <value>From 1 to 100,000. The default is 10,000.</value>
    public int MaxSessions { get; init; } = DefaultMaxSessions;

    /// <summary>The most sessions of one user at a time; beyond it the user's session that was used least recently is evicted.</summary>
    /// <value>From 1 to <see cref="MaxSessions"/>. The default is a tenth of <see cref="MaxSessions"/>, and at least 1.</value>
    public int MaxSessionsPerUser
    {
        get => field > 0 ? field : Math.Max(1, MaxSessions / 10);
        init;
    }

    /// <summary>How long a session may go without a request and without an open stream before it is ended.</summary>
    /// <value>From 1 s to 1 day. The default is 30 minutes.</value>
    public TimeSpan IdleTimeout { get; init; } = CommandUpstreamConfiguration.DefaultIdleTimeout;

    /// <summary>Whether another virtual server has the same backends under the same names.</summary>
    internal bool LeadsTo(VirtualUpstreamConfiguration other) =>
        Conflicts == other.Conflicts && Backends.SequenceEqual(other.Backends);
}
