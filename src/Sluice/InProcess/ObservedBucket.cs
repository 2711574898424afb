namespace Sluice;

/// <summary>A bucket as another store had it at an instant of that store's clock.</summary>
/// <param name="Numbers">Its limit's numbers, in that store's steps.</param>
/// <param name="State">
/// What it remembered, in those steps; of a sliding log the newest entry's instant and all the tokens that count.
/// </param>
/// <param name="NowSteps">The instant.</param>
/// <param name="StepTicks">How many ticks of 100 ns a step has.</param>
/// <param name="LaterCost">Tokens of calls that it admitted for later instants; for any algorithm but the sliding log.</param>
internal readonly record struct ObservedBucket(LimitNumbers Numbers, BucketState State, ulong NowSteps, ulong StepTicks, ulong LaterCost = 0)
{
    /// <summary>The same bucket by another clock, under a limit's numbers: never with more tokens than it had.</summary>
    /// <param name="limit">The numbers.</param>
    /// <param name="nowTicks">The instant by the other clock.</param>
    internal BucketState At(LimitNumbers limit, ulong nowTicks) => LaterCost == 0
        ? StateAt(limit, nowTicks)
        : BucketRules.Charge(limit, StateAt(limit, nowTicks), nowTicks, LaterCost); // Its debt may be larger than the bucket.

    private BucketState StateAt(LimitNumbers limit, ulong nowTicks)
    {
        if (State.IsNew || limit.Algorithm != Numbers.Algorithm)
        {
            return default;
        }

        return BucketRules.Traits(limit.Algorithm).Time switch
        {
            StateTime.Full => TokensAt(limit, nowTicks),
            StateTime.WindowEnd => CalendarAt(limit, nowTicks),
            StateTime.WindowStart or StateTime.NewestCall => WindowAt(limit, nowTicks),
        };
    }

    // The lead over the instant is what counts, and its unit is the same in the clocks of both stores.
    private BucketState TokensAt(LimitNumbers limit, ulong nowTicks) => State.Time < NowSteps
        ? default
        : TokenBucket.Convert(Numbers, limit, State with { Time = nowTicks + State.Time - NowSteps }, nowTicks);

    // Both stores follow a wall clock, so what they share is the edge and not the time until it.
    private BucketState CalendarAt(LimitNumbers limit, ulong nowTicks)
    {
        ulong end = limit.Edges!.FromUtc(Numbers.Edges!.ToUtc(State.Time));
        return end <= nowTicks ? default : State with { Time = end };
    }

    private BucketState WindowAt(LimitNumbers limit, ulong nowTicks)
    {
        ulong elapsed = (NowSteps - State.Time) * StepTicks;
        return elapsed >= 2 * limit.PeriodTicks ? default : State with { Time = nowTicks - elapsed };
    }
}
