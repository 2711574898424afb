namespace Sluice.Gateway;

/// <summary>Finds the buckets with the smallest part left, whatever the store.</summary>
/// <remarks>
/// <para>
/// In memory it looks at every bucket, and names those of recent callers. Over Redis it asks for the buckets of
/// <see cref="MaxAsked"/> recent calls; nothing is charged.
/// </para>
/// <para>
/// A survey costs time, so one serves all requests until it is <see cref="Share"/> times as old as it took to make, and for a second at
/// least. Time in which it waited, for the processor or for Redis, is not counted. Thread safety: any number of threads.
/// </para>
/// </remarks>
/// <param name="gateway">The gateway.</param>
internal sealed class BucketSurvey(RunningGateway gateway) : IDisposable
{
    /// <summary>The most buckets of each kind that a survey finds.</summary>
    internal const int MaxFound = 500;

    /// <summary>How many recent calls are asked about over Redis.</summary>
    internal const int MaxAsked = 64;

    /// <summary>A survey takes one part in so many of the time.</summary>
    private const int Share = 50;

    private static readonly TimeSpan MinAge = TimeSpan.FromSeconds(1);

    /// <summary>The most that a survey of few buckets takes of the processor.</summary>
    private static readonly TimeSpan MostCost = TimeSpan.FromMilliseconds(20);

    /// <summary>The most that each place of the store adds to it.</summary>
    private static readonly TimeSpan MostCostOfKey = TimeSpan.FromTicks(1);

    private readonly SemaphoreSlim _gate = new(1);
    private SurveyReport? _last;
    private long _madeTimestamp;
    private TimeSpan _keptFor;

    /// <summary>The last survey, or a new one where that is too old.</summary>
    internal async ValueTask<SurveyReport> ReadAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            long begin = gateway.Time.GetTimestamp();
            if (_last is null || gateway.Time.GetElapsedTime(_madeTimestamp, begin) >= _keptFor)
            {
                _last = await MakeAsync(cancellationToken);
                _madeTimestamp = gateway.Time.GetTimestamp();
                _keptFor = AgeOf(gateway.Time.GetElapsedTime(begin, _madeTimestamp), gateway.Store is InProcessStore ? gateway.Configuration.Store.MaxKeys : 0);
            }

            return _last;
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();

    /// <summary>For how long a survey serves requests.</summary>
    /// <param name="took">How long it took, by the clock.</param>
    /// <param name="maxKeys">How many buckets the store in memory can have; 0 for Redis.</param>
    internal static TimeSpan AgeOf(TimeSpan took, long maxKeys)
    {
        TimeSpan most = MostCost + (MostCostOfKey * maxKeys);
        TimeSpan age = (took < most ? took : most) * Share;
        return age > MinAge ? age : MinAge;
    }

    /// <summary>Makes the next request survey again, because an operator has changed buckets.</summary>
    internal void Forget() => _keptFor = TimeSpan.Zero;

    private async ValueTask<SurveyReport> MakeAsync(CancellationToken cancellationToken)
    {
        List<(ApplicableLimits Limits, CallerIdentity Caller)> recent = gateway.Recent.All;
        if (gateway.Store is InProcessStore memory)
        {
            ILookup<bool, RateLimit> limits = gateway.Servers
                .SelectMany(server => server.Policy?.Limits ?? [])
                .Where(limit => !limit.AdmitsNothing)
                .ToLookup(limit => limit.Concurrency is null);
            CallerIdentity[] callers = [.. recent.Select(call => call.Caller).Distinct(ReferenceEqualityComparer.Instance).Cast<CallerIdentity>()];
            return new SurveyReport(
                memory.Survey([.. limits[true]], MaxFound, callers),
                memory.Survey([.. limits[false]], MaxFound, callers),
                IsComplete: true);
        }

        HashSet<RateLimit> configured = [.. gateway.Servers.SelectMany(server => server.Policy?.Limits ?? [])];
        (SurveyedBucket[] found, bool isAnswered) =
            await PeekAsync(recent.Where(call => configured.Contains(call.Limits[0])).Take(MaxAsked), cancellationToken);
        return new SurveyReport(
            [.. found.Where(bucket => bucket.Limit.Concurrency is null && bucket.ResetAfter > TimeSpan.Zero).OrderBy(bucket => bucket.ShareLeft)],
            [.. found.Where(bucket => bucket.Limit.Concurrency is int slots && bucket.Remaining < slots).OrderBy(bucket => bucket.ShareLeft)],
            IsComplete: false,
            isAnswered);
    }

    private async ValueTask<(SurveyedBucket[] Found, bool IsAnswered)> PeekAsync(
        IEnumerable<(ApplicableLimits Limits, CallerIdentity Caller)> calls, CancellationToken cancellationToken)
    {
        Dictionary<(RateLimit, string?), SurveyedBucket> found = [];
        LimitState[] states = new LimitState[ApplicableLimits.MaxCount];
        bool isAnswered = true;
        foreach ((ApplicableLimits limits, CallerIdentity caller) in calls)
        {
            RateLimitDecision decision = await gateway.Store.PeekAsync(new RateLimitRequest(limits, caller), states, cancellationToken);
            isAnswered &= decision.Source == DecisionSource.Store;
            if (decision.Source == DecisionSource.OnStoreFailure)
            {
                break; // The store does not answer, so the levels are not known.
            }

            for (int i = 0; i < limits.Count; i++)
            {
                RateLimit limit = limits[i];
                bool isShared = limit.Key.Form == LimitKeyForm.Shared;
                SurveyedBucket bucket = new(limit, isShared ? null : caller, 0, states[i].Remaining, states[i].ResetAfter);
                found[(limit, isShared ? null : gateway.Names.Of(CallerNaming.Shown(limit.Key, caller)))] = bucket;
            }
        }

        return ([.. found.Values], isAnswered);
    }
}

/// <summary>What a survey found.</summary>
/// <param name="Rates">Buckets of tokens, the smallest part left first.</param>
/// <param name="Slots">Buckets of slots.</param>
/// <param name="IsComplete">Whether every bucket was looked at.</param>
/// <param name="IsAnswered">Whether the store answered; else buckets of this process, counted without it, are all that is known.</param>
internal sealed record SurveyReport(
    IReadOnlyList<SurveyedBucket> Rates, IReadOnlyList<SurveyedBucket> Slots, bool IsComplete, bool IsAnswered = true)
{
    /// <summary>Why not all buckets were looked at; null where they were.</summary>
    internal string? Reason => IsComplete ? null
        : !IsAnswered ? "Redis did not answer. Only buckets that this process counts without it are shown."
        : $"The buckets are in Redis; these are of the last calls of this process, {BucketSurvey.MaxAsked} at most.";
}
