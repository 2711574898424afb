namespace Sluice.Redis;

/// <summary>The limits of a call, ready for the script, and what is left of them while Redis does not answer.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed class RedisLimits
{
    /// <param name="limits">The limits; all of one server.</param>
    /// <param name="keys">How keys are built.</param>
    /// <param name="clock">What this process takes for the time of Redis.</param>
    internal RedisLimits(ApplicableLimits limits, KeyLayout keys, ServerClock clock)
    {
        Applicable = limits;
        Clock = clock;
        Limits = [.. limits.Limits.ToArray().Select(limit => new RedisLimit(limit))];
        Server = keys.Server(limits.Count == 0 ? "" : limits[0].Server);
        NamesCaller = Limits.Any(limit => limit.Limit.Key.Count > 0);
        Rows = [.. Limits.Select(limit => limit.Limit.Key).Distinct()];
        RowOf = [.. Limits.Select(limit => Rows.IndexOf(limit.Limit.Key))];
        IsPlain = Limits.All(limit => limit.Numbers.IsPlain);
        HaveCalendar = Limits.Any(limit => limit.Numbers.Steps.Edges is not null);
        FallbackOf = FailurePlan.Of(limits);
        Argument = new byte[Limits.Length * ScriptLimit.Bytes];
        for (int i = 0; i < Limits.Length; i++)
        {
            ScriptLimit.Write(Argument.AsSpan(i * ScriptLimit.Bytes), Limits[i], (ulong)limits.Cost);
        }
    }

    /// <summary>The limits as the policy has them.</summary>
    internal ApplicableLimits Applicable { get; }

    /// <summary>What this process takes for the time of Redis.</summary>
    internal ServerClock Clock { get; }

    /// <summary>Whether any has windows of a calendar, whose edges are sent with each run.</summary>
    internal bool HaveCalendar { get; }

    /// <summary>Each limit.</summary>
    internal RedisLimit[] Limits { get; }

    /// <summary>Where the server's keys lie.</summary>
    internal ServerKeys Server { get; }

    /// <summary>Whether any limit is not shared by everybody.</summary>
    internal bool NamesCaller { get; }

    /// <summary>The keys, each once: each has a row.</summary>
    internal List<LimitKey> Rows { get; }

    /// <summary>For each limit, the index of its key in <see cref="Rows"/>.</summary>
    internal int[] RowOf { get; }

    /// <summary>Whether the script decides all of them by its short way.</summary>
    internal bool IsPlain { get; }

    /// <summary>Who decides while Redis does not answer.</summary>
    internal FailurePlan FallbackOf { get; }

    /// <summary>The limits as the script's argument has them, with the cost that the policy says.</summary>
    internal byte[] Argument { get; }
}
