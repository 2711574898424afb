using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>
/// An operation that is to be recorded, as the store told it. Callers are hashed when the line is written, not during the call.
/// </summary>
/// <remarks>Of the fields, those that its kind of operation has are set.</remarks>
internal readonly record struct PendingLine
{
    internal required StoreTime At { get; init; }

    /// <summary>The run; null where the store does not tell its instants.</summary>
    internal DateTimeOffset? Run { get; init; }

    internal long Number { get; init; }

    /// <summary>The call, and who made it.</summary>
    internal CallTag? Call { get; init; }

    internal CallerIdentity? Caller { get; init; }

    internal ApplicableLimits? Limits { get; init; }

    internal int Cost { get; init; }

    internal TimeSpan MaxWait { get; init; }

    internal RateLimitDecision Decision { get; init; }

    internal TimeSpan Delay { get; init; }

    /// <summary>A bit for each limit that would have rejected the call if it were enforced.</summary>
    internal uint WouldRefuse { get; init; }

    /// <summary>The number of the decision that this one takes the place of; 0 for the first of a call.</summary>
    internal long Again { get; init; }

    /// <summary>The number of the call that was changed.</summary>
    internal long ChangedCall { get; init; }

    /// <summary>Not none for something that was done to a call after its decision.</summary>
    internal StoreChange Change { get; init; }

    /// <summary>The limits of a reset; else null.</summary>
    internal RateLimit[]? Reset { get; init; }

    private RecordedMoment Moment => new(At.Wall, Run, Number, At.Ticks, At.Slept);

    /// <summary>The event of the line.</summary>
    internal RecordedEvent ToEvent(CallerHashes hashes) => Change != StoreChange.None ? ToChange()
        : Reset is not null ? ToReset(Reset, hashes.Of(Caller!))
        : ToCall(Call!, Limits!, hashes.Of(Caller!));

    private RecordedChange ToChange() => new()
    {
        Moment = Moment,
        Change = Change,
        Call = ChangedCall,
        Limits = Limits is null ? [] : [.. Limits.Limits.ToArray().Select(limit => limit.Name)],
    };

    private RecordedReset ToReset(RateLimit[] limits, HashedCaller caller) => new()
    {
        Moment = Moment,
        Server = limits[0].Server,
        Caller = caller,
        Limits = [.. limits.Select(limit => limit.Name)],
    };

    private RecordedCall ToCall(CallTag call, ApplicableLimits limits, HashedCaller caller)
    {
        uint wouldRefuse = WouldRefuse;
        return new RecordedCall
        {
            Moment = Moment,
            Again = Again,
            Server = limits[0].Server,
            Method = call.Method,
            Name = call.Operation is null ? null : ShownText.Cut(call.Operation, RecordWords.MaxNameLength),
            Backend = call.Backend,
            Caller = caller,
            Cost = Cost,
            MaxWait = MaxWait,
            Outcome = Decision.Outcome,
            Source = Decision.Source,
            Limit = (limits.IdentityRequiredBy ?? Decision.Limit)?.Name,
            LacksIdentity = limits.IdentityRequiredBy is not null,
            Remaining = Decision.Remaining,
            Running = Decision.Running,
            RetryAfter = Decision.RetryAfter,
            Delay = Delay,
            WouldRefuse = wouldRefuse == 0
                ? []
                : [.. Enumerable.Range(0, limits.Count).Where(i => (wouldRefuse >> i & 1) != 0).Select(i => limits[i].Name)],
            ConfigVersion = call.ConfigVersion,
        };
    }
}
