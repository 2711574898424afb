namespace Sluice.Gateway;

/// <summary>Counts the outcomes of the calls of a simulation.</summary>
/// <param name="traffic">The calls.</param>
/// <param name="callTime">How long a call that is allowed takes.</param>
internal sealed class SimulationTally(ITraffic traffic, TimeSpan callTime)
{
    /// <summary>The columns of the series.</summary>
    internal const int Columns = 60;

    private readonly UserTally[] _users = new UserTally[traffic.Callers.Length];
    private readonly long[] _allowed = new long[Columns];
    private readonly long[] _refused = new long[Columns];
    private readonly Dictionary<RateLimit, long> _refusedBy = [];
    private readonly long _columnTicks = Math.Max(1, (traffic.Length.Ticks + Columns - 1) / Columns);
    private long _calls;
    private long _unsatisfiable;
    private long _held;
    private TimeSpan _longestDelay;

    internal void CountAllowed(in Arrival arrival, TimeSpan delay)
    {
        _calls++;
        _users[arrival.Caller].Calls++;
        _allowed[ColumnOf(arrival.Ticks)]++;
        if (delay > TimeSpan.Zero)
        {
            _held++;
            _longestDelay = delay > _longestDelay ? delay : _longestDelay;
        }
    }

    internal void CountRefused(in Arrival arrival, RateLimit limit, TimeSpan retryAfter, bool isForGood)
    {
        _calls++;
        ref UserTally user = ref _users[arrival.Caller];
        user.Calls++;
        user.Refused++;
        _refused[ColumnOf(arrival.Ticks)]++;
        System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_refusedBy, limit, out _)++;
        if (isForGood)
        {
            _unsatisfiable++;
        }
        else if (retryAfter > user.LongestWait)
        {
            user.LongestWait = retryAfter;
        }
    }

    internal SimulationReport ToReport(IReadOnlyCollection<SelectedLimits> selected)
    {
        long refused = _users.Sum(user => user.Refused);
        return new SimulationReport
        {
            Start = traffic.Start,
            Length = traffic.Length,
            Calls = _calls,
            Allowed = _calls - refused,
            Refused = refused,
            Unsatisfiable = _unsatisfiable,
            Held = _held,
            LongestDelay = _longestDelay,
            CallTime = selected.Any(each => each.Limits.SlotCount > 0) ? callTime : null,
            Limits = [.. LimitsOf(selected)],
            Users =
            [
                .. _users
                    .Select((user, index) => new UserReport(traffic.Callers[index].Name, user.Calls, user.Calls - user.Refused, user.Refused, user.LongestWait))
                    .Where(user => user.Calls > 0)
                    .OrderByDescending(user => user.Refused),
            ],
            AllowedSeries = [.. _allowed],
            RefusedSeries = [.. _refused],
        };
    }

    // Overrides give one limit other numbers, so a limit is known by its server and its name.
    private IEnumerable<LimitReport> LimitsOf(IReadOnlyCollection<SelectedLimits> selected) =>
        from each in selected
        from index in Enumerable.Range(0, each.Limits.Count)
        let limit = each.Limits[index]
        group (each, index, limit) by (limit.Server, limit.Name) into same
        let limits = same.Select(one => one.limit).Distinct().ToArray()
        orderby OrderOf(limits[0])
        select new LimitReport(
            same.Key.Server,
            same.Key.Name,
            string.Join(" or ", limits.Select(ExplainedWords.RateOf).Distinct()),
            limits[0].ScopeName,
            limits[0].Mode,
            same.Sum(one => one.each.Calls),
            limits.Sum(limit => _refusedBy.GetValueOrDefault(limit)),
            same.Sum(one => one.each.WouldRefuse(one.index)));

    private int OrderOf(RateLimit limit) => traffic.Operations
        .Select(operation => operation.Policy)
        .Distinct()
        .OfType<RateLimitPolicy>()
        .SelectMany(policy => policy.Limits)
        .Index()
        .Where(known => known.Item.Name == limit.Name && known.Item.Server == limit.Server)
        .Select(known => known.Index)
        .DefaultIfEmpty(int.MaxValue)
        .First();

    private int ColumnOf(long ticks) => (int)Math.Min(ticks / _columnTicks, Columns - 1);

    private struct UserTally
    {
        internal long Calls;
        internal long Refused;
        internal TimeSpan LongestWait;
    }
}
