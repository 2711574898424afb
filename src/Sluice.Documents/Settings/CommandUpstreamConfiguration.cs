using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>A server that the gateway starts, and with which it speaks over standard input and output.</summary>
/// <remarks>
/// <para><see cref="object.ToString"/> tells no value of <see cref="Environment"/>, which may be secret.</para>
/// <para>Thread safety: immutable.</para>
/// </remarks>
internal sealed record CommandUpstreamConfiguration : UpstreamConfiguration
{
    private const int LeastMaxSessionsPerUser = 2;
    private const int DefaultShareOfAUser = 10;
    private readonly int? _maxSessionsPerUser;

    /// <summary>The most sessions that <see cref="MaxSessions"/> can allow: 10,000.</summary>
    public const int MaxSessionsUpperBound = 10_000;

    /// <summary>The <see cref="MaxSessions"/> of a command that sets none: 100.</summary>
    public const int DefaultMaxSessions = 100;

    /// <summary>The shortest <see cref="IdleTimeout"/>: 1 s.</summary>
    public static readonly TimeSpan MinIdleTimeout = TimeSpan.FromSeconds(1);

    /// <summary>The longest <see cref="IdleTimeout"/>: 1 day.</summary>
    public static readonly TimeSpan MaxIdleTimeout = TimeSpan.FromDays(1);

    /// <summary>The <see cref="IdleTimeout"/> of a command that sets none: 30 minutes.</summary>
    public static readonly TimeSpan DefaultIdleTimeout = TimeSpan.FromMinutes(30);

    /// <summary>The <see cref="StartRate"/> of a command that sets none: 300 in a minute.</summary>
    public static readonly Rate DefaultStartRate = new(300, TimeSpan.FromMinutes(1));

    /// <summary>The <see cref="StartRatePerUser"/> of a command that sets none: 60 in a minute.</summary>
    public static readonly Rate DefaultStartRatePerUser = new(60, TimeSpan.FromMinutes(1));

    /// <summary>The program: a path, or a name that is looked for on the <c>PATH</c>.</summary>
    /// <value>1 to 256 characters.</value>
    public required string Command { get; init; }

    /// <summary>Its arguments, as they are; no shell reads them.</summary>
    public ImmutableArray<string> Arguments { get; init; } = [];

    /// <summary>Variables in addition to the few that every command gets; of equal names this one wins.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Environment { get; init; } = [];

    /// <summary>The folder in which it runs; null for the gateway's own.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Whether sessions share a process.</summary>
    /// <value>The default is <see cref="CommandInstances.PerSession"/>.</value>
    public CommandInstances Instances { get; init; }

    /// <summary>The most sessions at a time; beyond it a client gets 503.</summary>
    /// <value>From 1 to 10,000. The default is 100.</value>
    public int MaxSessions { get; init; } = DefaultMaxSessions;

    /// <summary>
    /// The most sessions of one user at a time; beyond it the user's session that was used least recently and has no call in
    /// flight is evicted. Callers without a known user count by address; one has more while slots are free.
    /// </summary>
    /// <value>From 1 to <see cref="MaxSessions"/>. The default is a tenth of <see cref="MaxSessions"/>, and at least 2 where it allows as
    /// many.</value>
    public int MaxSessionsPerUser
    {
        get => _maxSessionsPerUser
            ?? Math.Min(MaxSessions, Math.Max(LeastMaxSessionsPerUser, MaxSessions / DefaultShareOfAUser));
        init => _maxSessionsPerUser = value;
    }

    /// <summary>How many processes may be started for sessions; beyond it a client is told to come back later.</summary>
    /// <value>The default is 300 in a minute.</value>
    public Rate StartRate { get; init; } = DefaultStartRate;

    /// <summary>How many processes may be started for the sessions of one user.</summary>
    /// <value>The default is 60 in a minute.</value>
    public Rate StartRatePerUser { get; init; } = DefaultStartRatePerUser;

    /// <summary>How long a session may go without a request and without an open stream before it is ended.</summary>
    /// <value>From 1 s to 1 day. The default is 30 minutes.</value>
    public TimeSpan IdleTimeout { get; init; } = DefaultIdleTimeout;
}
