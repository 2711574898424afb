using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Sluice;

/// <summary>The limits of one server, compiled: which apply to a call, in which order, and what the call costs.</summary>
/// <remarks>
/// <para>Made by <see cref="Compile"/> or <see cref="Build"/>; immutable, and swapped whole when limits change.</para>
/// <para>Thread safety: immutable.</para>
/// </remarks>
public sealed partial class RateLimitPolicy
{
    private readonly PolicyTables _tables;
    private object? _series; // Boxed, so that every thread sees both numbers or none.
    private readonly FrozenDictionary<string, PolicyTables> _ofBackends;

    /// <param name="server">The name of the server.</param>
    /// <param name="settings">What the policy was compiled from.</param>
    /// <param name="limits">Every limit.</param>
    /// <param name="tables">The limits of calls whose backend has no limits, or is not known.</param>
    /// <param name="ofBackends">The limits of calls to the backends that have limits, by the name of the backend.</param>
    internal RateLimitPolicy(
        string server,
        RateLimitingSettings settings,
        ImmutableArray<RateLimit> limits,
        PolicyTables tables,
        FrozenDictionary<string, PolicyTables> ofBackends)
    {
        Server = server;
        Settings = settings;
        Limits = limits;
        Claims = ClaimsOf(settings);
        _tables = tables;
        _ofBackends = ofBackends;
    }

    /// <summary>The name of the server whose calls it limits; part of the identity of every bucket.</summary>
    public string Server { get; }

    /// <summary>What it was compiled from.</summary>
    public RateLimitingSettings Settings { get; }

    /// <summary>
    /// Every limit that is not disabled, those that overrides put in the place of others included: the server's, then those of operations
    /// in the order of the settings, then the entries of <c>limits</c>.
    /// </summary>
    public ImmutableArray<RateLimit> Limits { get; }

    /// <summary>Whether it has limits of backends, so that which of them a call goes to must be known when it is decided.</summary>
    internal bool LimitsBackends => _ofBackends.Count > 0;

    /// <summary>Whether any call may be held instead of being rejected.</summary>
    internal bool Waits => Limits.Any(limit => limit.MayBeHeld);

    /// <summary>
    /// The names of all claims that the policy asks for, in keys and in conditions: an identity needs no others
    /// (<see cref="CallerIdentity.WithClaim"/>).
    /// </summary>
    public ImmutableArray<string> Claims { get; }

    /// <summary>What <see cref="PolicyCounters.CountSeries"/> has counted; null before.</summary>
    internal (int Limits, int Decisions)? Series
    {
        get => ((int Limits, int Decisions)?)_series;
        set => _series = value;
    }

    /// <summary>Checks settings and makes a policy of them.</summary>
    /// <param name="server">The server's name.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="faults">Everything that is wrong: broken rules in the order of the settings, then costs that no bucket can meet; empty
    /// when a policy is returned.</param>
    /// <returns>The policy, or null when there are faults.</returns>
    /// <exception cref="ArgumentException"><paramref name="server"/> is empty or null.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="settings"/> is null.</exception>
    public static RateLimitPolicy? Compile(
        string server, RateLimitingSettings settings, out ImmutableArray<SettingsFault> faults)
    {
        ArgumentException.ThrowIfNullOrEmpty(server);
        ArgumentNullException.ThrowIfNull(settings);
        return new PolicyCompiler(server, settings).Compile(out faults);
    }

    /// <summary>Makes a policy by calls that read like the configuration.</summary>
    /// <param name="server">The server's name.</param>
    /// <param name="configure">Says the limits.</param>
    /// <exception cref="ArgumentException">
    /// <paramref name="server"/> is empty, or the limits have faults: the message lists them all.
    /// </exception>
    /// <exception cref="FormatException">A rate's text is not a rate.</exception>
    public static RateLimitPolicy Build(string server, Action<RateLimitsBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        RateLimitsBuilder builder = new();
        configure(builder);
        return Compile(server, builder.ToSettings(), out ImmutableArray<SettingsFault> faults)
            ?? throw new ArgumentException(string.Join(Environment.NewLine, faults), nameof(configure));
    }

    /// <summary>The policy of a server without limits: none applies to any call.</summary>
    internal static RateLimitPolicy WithoutLimits(string server)
    {
        OperationTable Table(OperationKind kind) => new([], [], (_, _) => LimitSet.None, OperationNames.For(kind, caseSensitive: false));
        return new RateLimitPolicy(
            server,
            new RateLimitingSettings(),
            [],
            new PolicyTables(
                Table(OperationKind.Tool), Table(OperationKind.Prompt), Table(OperationKind.Resource), Table(OperationKind.Method)),
            FrozenDictionary<string, PolicyTables>.Empty);
    }

    /// <summary>The limits that apply to a request; without allocation, but for the first request of its kind.</summary>
    /// <param name="method">The JSON-RPC method.</param>
    /// <param name="operation">The tool's or prompt's name or the resource's URI; empty for other methods.</param>
    /// <param name="caller">The caller's verified identity.</param>
    /// <returns><see cref="ApplicableLimits.None"/> when the request is not metered.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="caller"/> is null.</exception>
    public ApplicableLimits Select(ReadOnlySpan<char> method, ReadOnlySpan<char> operation, CallerIdentity caller)
    {
        ArgumentNullException.ThrowIfNull(caller);
        return _tables.Find(method, operation).For(caller);
    }

    /// <summary>
    /// The limits that apply to a request of which is known to which backend of a virtual server it goes; they are found as by
    /// <see cref="Select"/>.
    /// </summary>
    /// <param name="method">The JSON-RPC method.</param>
    /// <param name="operation">The tool's or prompt's name or the resource's URI; empty for other methods.</param>
    /// <param name="backend">The name of the backend; null for a request that goes to none.</param>
    /// <param name="caller">The caller's verified identity.</param>
    internal ApplicableLimits SelectFor(ReadOnlySpan<char> method, ReadOnlySpan<char> operation, string? backend, CallerIdentity caller) =>
        TablesOf(backend).Find(method, operation).For(caller);

    /// <summary>Why the limits that <see cref="SelectFor"/> finds apply to a request.</summary>
    internal ExplainedCall Explain(string method, string operation, string? backend, CallerIdentity caller) =>
        TablesOf(backend).Find(method, operation).Explain(caller);

    private PolicyTables TablesOf(string? backend) =>
        backend is not null && _ofBackends.TryGetValue(backend, out PolicyTables? tables) ? tables : _tables;

    private static ImmutableArray<string> ClaimsOf(RateLimitingSettings settings)
    {
        SortedSet<string> claims = new(StringComparer.Ordinal);
        AddClaims(claims, settings.Overrides);
        foreach (OperationKind kind in Enum.GetValues<OperationKind>())
        {
            foreach (OperationSettings entry in settings[kind])
            {
                AddClaims(claims, entry.Overrides);
            }
        }

        foreach (LimitSettings limit in settings.Limits)
        {
            claims.UnionWith(limit.Per.Select(part => part.Claim).OfType<string>());
            IEnumerable<CallerCondition> conditions = limit.Overrides.Select(other => other.When).Append(limit.When.Callers);
            claims.UnionWith(conditions.SelectMany(callers => callers.Claims).Select(claim => claim.Name));
        }

        return [.. claims];
    }

    private static void AddClaims(SortedSet<string> claims, ImmutableArray<OverrideSettings> overrides)
    {
        foreach (OverrideSettings entry in overrides)
        {
            claims.UnionWith(entry.When.Claims.Select(claim => claim.Name));
        }
    }
}
