using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>Counts the calls of the gateway per server and limit, for the admin address.</summary>
/// <remarks>
/// <para>
/// Memory: about 6 KB for each server and 600 bytes for each limit of the configuration, whatever callers send. Counts are kept by name,
/// so counting continues after a reload; <see cref="Forget"/> removes names that are not configured any more.
/// </para>
/// <para>Counting a call allocates nothing once its limits have been met.</para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
/// <param name="time">The clock.</param>
internal sealed class GatewayCounts(TimeProvider time) : ICallObserver
{
    private readonly ConcurrentDictionary<string, ServerCounts> _servers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Server, string Limit), LimitCounts> _limits = new();

    // A limit of a configuration that was replaced must not be kept alive by its counts.
    private readonly ConditionalWeakTable<RateLimit, LimitCounts> _byLimit = [];
    private readonly ConditionalWeakTable<ApplicableLimits, SetCounts> _bySet = []; // One look-up for everything that a call counts.
    private readonly long _begin = time.GetTimestamp();

    /// <summary>The instant at which counting began.</summary>
    internal DateTimeOffset StartedAt { get; } = time.GetUtcNow();

    /// <summary>Recent callers.</summary>
    internal RecentCalls Recent { get; } = new();

    /// <summary>The time since then.</summary>
    internal TimeSpan Uptime => time.GetElapsedTime(_begin);

    /// <summary>The number of the running second.</summary>
    internal long Second => SecondOf(time.GetTimestamp());

    /// <summary>The counts of a server.</summary>
    internal ServerCounts Of(string server) => _servers.GetOrAdd(server, static _ => new ServerCounts());

    /// <summary>The counts of a limit.</summary>
    internal LimitCounts Of(RateLimit limit) => _byLimit.TryGetValue(limit, out LimitCounts? counts) ? counts : Add(limit);

    /// <summary>Removes the counts of servers and limits that are no longer configured.</summary>
    /// <param name="servers">The servers that are configured, with their limits.</param>
    internal void Forget(IReadOnlyCollection<(string Name, RateLimitPolicy? Policy)> servers)
    {
        Dictionary<string, RateLimitPolicy?> policies = servers.ToDictionary(server => server.Name, server => server.Policy, StringComparer.Ordinal);
        foreach ((string name, _) in _servers)
        {
            if (!policies.ContainsKey(name))
            {
                _servers.TryRemove(name, out _);
            }
        }

        // The names of one server's limits at a time: a set of all of them would be large, and is needed for a moment.
        foreach (IGrouping<string, (string Server, string Limit)> known in _limits.Select(limit => limit.Key).GroupBy(limit => limit.Server, StringComparer.Ordinal))
        {
            HashSet<string> names =
                policies.GetValueOrDefault(known.Key) is RateLimitPolicy policy
                    ? new(policy.Limits.Select(limit => limit.Name), StringComparer.Ordinal)
                    : [];
            foreach ((string Server, string Limit) gone in known.Where(limit => !names.Contains(limit.Limit)))
            {
                _limits.TryRemove(gone, out _);
            }
        }
    }

    /// <inheritdoc/>
    public void Decided(in DecidedCall call)
    {
        long second = call.EndedAt == 0 ? Second : SecondOf(call.EndedAt);
        GateDecision decision = call.Decision;
        SetCounts counts = Of(call.Server, decision.Limits);
        bool wouldRefuse = false;
        if (decision.Limits.IdentityRequiredBy is RateLimit required)
        {
            Of(required).Count(isAllowed: false, isPermissive: false, second);
        }
        else if (decision.Answer.Source != DecisionSource.OnStoreFailure)
        {
            ReadOnlySpan<RateLimit> limits = decision.Limits.Limits;
            ReadOnlySpan<LimitState> states = decision.States;
            for (int i = 0; i < states.Length; i++)
            {
                bool isPermissive = limits[i].Mode == LimitMode.Permissive;
                bool isAllowed = states[i].Outcome == RateLimitOutcome.Allowed;
                wouldRefuse |= decision.IsAllowed && isPermissive && !isAllowed;
                counts.Limits[i].Count(isAllowed, isPermissive, second);
            }
        }

        counts.Server.Count(decision.IsAllowed, wouldRefuse, second);
        Recent.Decided(call);
    }

    /// <inheritdoc/>
    public void Undecided(in UndecidedCall call) => Of(call.Server).CountUndecided(call.Outcome);

    private long SecondOf(long timestamp) => time.GetElapsedTime(_begin, timestamp).Ticks / TimeSpan.TicksPerSecond;

    private SetCounts Of(string server, ApplicableLimits limits) =>
        _bySet.TryGetValue(limits, out SetCounts? counts) ? counts : Add(server, limits);

    private SetCounts Add(string server, ApplicableLimits limits) =>
        _bySet.GetValue(limits, set => new SetCounts(Of(server), [.. set.Limits.ToArray().Select(Of)]));

    private LimitCounts Add(RateLimit limit) =>
        _byLimit.GetValue(limit, _ => _limits.GetOrAdd((limit.Server, limit.Name), static _ => new LimitCounts()));

    /// <summary>Where the calls of one set of limits are counted. A set belongs to one server.</summary>
    private sealed record SetCounts(ServerCounts Server, LimitCounts[] Limits);
}
