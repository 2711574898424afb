using System.Collections.Immutable;

namespace Sluice.Gateway;

/// <summary>The results of the calls of a simulation.</summary>
internal sealed record SimulationReport
{
    /// <summary>What the wall clock showed at the start.</summary>
    internal required DateTimeOffset Start { get; init; }

    /// <summary>How long the traffic lasted.</summary>
    internal required TimeSpan Length { get; init; }

    internal required long Calls { get; init; }

    internal required long Allowed { get; init; }

    /// <summary>The calls that were rejected, those among them that no wait would help.</summary>
    internal required long Refused { get; init; }

    /// <summary>The rejected calls that no wait would help.</summary>
    internal required long Unsatisfiable { get; init; }

    /// <summary>The allowed calls that were held first.</summary>
    internal required long Held { get; init; }

    /// <summary>The longest time for which a call was held.</summary>
    internal required TimeSpan LongestDelay { get; init; }

    /// <summary>How long each allowed call was taken to run, and to hold its slots; null where no limit on concurrency applied.</summary>
    internal required TimeSpan? CallTime { get; init; }

    /// <summary>The limits that applied to calls, in the order of the policy.</summary>
    internal required ImmutableArray<LimitReport> Limits { get; init; }

    /// <summary>The callers, those who were rejected most first.</summary>
    internal required ImmutableArray<UserReport> Users { get; init; }

    /// <summary>The allowed calls in each of the equal parts of the length.</summary>
    internal required ImmutableArray<long> AllowedSeries { get; init; }

    /// <summary>The rejected calls likewise.</summary>
    internal required ImmutableArray<long> RefusedSeries { get; init; }
}

/// <summary>What a limit did in a simulation.</summary>
/// <param name="Server">The server's name.</param>
/// <param name="Limit">The limit's name.</param>
/// <param name="Rate">Its numbers; those of overrides too, where they were used.</param>
/// <param name="Scope">What it counts by.</param>
/// <param name="Mode">Its mode.</param>
/// <param name="Calls">The calls to which it applied.</param>
/// <param name="Refused">The calls that it rejected: of several limits the one with the longest wait counts.</param>
/// <param name="WouldRefuse">The calls that it would have rejected, were it enforced.</param>
internal sealed record LimitReport(
    string Server, string Limit, string Rate, string Scope, LimitMode Mode, long Calls, long Refused, long WouldRefuse);

/// <summary>The results of a caller's calls.</summary>
/// <param name="User">The caller.</param>
/// <param name="Calls">The calls.</param>
/// <param name="Allowed">Those that were allowed.</param>
/// <param name="Refused">Those that were rejected.</param>
/// <param name="LongestWait">The longest wait that a rejection stated.</param>
internal sealed record UserReport(string User, long Calls, long Allowed, long Refused, TimeSpan LongestWait);
