namespace Sluice.Mcp;

/// <summary>Counts the calls to one server.</summary>
/// <remarks>
/// <para>
/// While nothing reads an instrument, a call costs one look at a field for each of them. Labels are made once, so that counting a
/// call allocates nothing.
/// </para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
/// <param name="policy">The limits of the server.</param>
/// <param name="time">The clock of durations.</param>
/// <param name="observer">Receives calls that no limit decides; or null.</param>
internal sealed class CallTelemetry(RateLimitPolicy policy, TimeProvider time, ICallObserver? observer = null)
{
    /// <summary>An allowed call is near a limit when less than one part in this many of its tokens is left.</summary>
    private const int NearParts = 5;

    private readonly CallLabels _labels = new(policy.Server);
    private int _isStarted;

    /// <summary>The instant at which a decision begins.</summary>
    /// <param name="isNeeded">Whether the duration is wanted even if no instrument is read.</param>
    /// <returns>A timestamp of the clock; zero when no listener measures the duration.</returns>
    internal long Begin(bool isNeeded) => isNeeded || SluiceInstruments.DecisionDuration.Enabled ? time.GetTimestamp() : 0;

    /// <summary>The instant at which a decision ends, and the time since it began.</summary>
    /// <param name="begin">What <see cref="Begin"/> returned.</param>
    /// <returns>A timestamp of the clock and a duration; both zero when nothing measures.</returns>
    internal (long End, TimeSpan Duration) End(long begin)
    {
        if (begin == 0)
        {
            return default;
        }

        long end = time.GetTimestamp();
        return (end, time.GetElapsedTime(begin, end));
    }

    /// <summary>Counts a call to which no limit applies.</summary>
    internal void CountUnmetered() => CountUndecided(CallOutcome.Unmetered);

    /// <summary>Counts a request that could not be read as a call.</summary>
    internal void CountInvalid() => CountUndecided(CallOutcome.Invalid);

    /// <summary>Counts a call that was rejected because its caller lacks an identity.</summary>
    internal void CountMissingIdentity(ApplicableLimits limits, RateLimit required)
    {
        Count(CallOutcome.Refused, CallSource.None);
        if (SluiceInstruments.LimitDecisions.Enabled)
        {
            limits.Counters[limits.Limits.IndexOf(required)].Refused.Increment();
        }
    }

    /// <summary>Counts a call that was decided.</summary>
    /// <param name="decision">The decision, whose states can be read.</param>
    /// <param name="duration">How long it took.</param>
    internal void CountDecided(in GateDecision decision, TimeSpan duration)
    {
        CallSource source = CallLabels.SourceOf(decision.Answer);
        Count(CallLabels.OutcomeOf(decision.Answer), source);
        if (SluiceInstruments.DecisionDuration.Enabled)
        {
            SluiceInstruments.DecisionDuration.Record(duration, _labels.Duration(source));
        }

        // Where the store failed and the configured mode alone answered, no limit has decided anything.
        if (decision.Answer.Source != DecisionSource.OnStoreFailure
            && (SluiceInstruments.LimitDecisions.Enabled || SluiceInstruments.LimitNear.Enabled))
        {
            CountLimits(decision);
        }
    }

    /// <summary>Starts the counters of everything that is configured at zero, so that a reader sees them before the first call.</summary>
    /// <remarks>It happens once, for the first reader: at the first call that is counted, or before.</remarks>
    internal void StartCounters()
    {
        if (SluiceInstruments.Calls.Enabled && Interlocked.Exchange(ref _isStarted, 1) == 0)
        {
            _labels.StartCounters();
            PolicyCounters.Start(policy);
            observer?.Configured(policy);
        }
    }

    private void CountUndecided(CallOutcome outcome)
    {
        Count(outcome, CallSource.None);
        observer?.Undecided(new UndecidedCall(policy.Server, outcome));
    }

    private void Count(CallOutcome outcome, CallSource source)
    {
        if (SluiceInstruments.Calls.Enabled)
        {
            if (Volatile.Read(ref _isStarted) == 0)
            {
                StartCounters();
            }

            _labels.Calls(outcome, source).Increment();
        }
    }

    private static void CountLimits(in GateDecision decision)
    {
        ApplicableLimits limits = decision.Limits;
        DecisionCounters counters = limits.Counters;
        ReadOnlySpan<LimitState> states = decision.States;
        for (int i = 0; i < states.Length; i++)
        {
            DecisionCounters.OfLimit of = counters[i];
            bool isAllowed = states[i].Outcome == RateLimitOutcome.Allowed;
            (isAllowed ? of.Allowed : of.Refused).Increment();
            if (decision.IsAllowed && isAllowed && (long)states[i].Remaining * NearParts < limits[i].Capacity)
            {
                of.Near.Increment();
            }
        }
    }
}
