using System.Collections.Immutable;

namespace Sluice.Gateway;

/// <summary>One line of a file of recorded decisions.</summary>
/// <remarks>
/// <para>The lines of one run are in the order in which the operations took effect. <c>docs/record.md</c> describes them.</para>
/// <para>Thread safety: immutable.</para>
/// </remarks>
internal abstract record RecordedEvent
{
    /// <summary>When the operation took effect.</summary>
    internal required RecordedMoment Moment { get; init; }

    /// <summary><see cref="RecordedMoment.At"/>.</summary>
    internal DateTimeOffset At => Moment.At;

    /// <summary><see cref="RecordedMoment.Run"/>.</summary>
    internal DateTimeOffset? Run => Moment.Run;

    /// <summary><see cref="RecordedMoment.Number"/>.</summary>
    internal long Number => Moment.Number;

    /// <summary><see cref="RecordedMoment.Ticks"/>.</summary>
    internal long Ticks => Moment.Ticks;

    /// <summary><see cref="RecordedMoment.Slept"/>.</summary>
    internal TimeSpan Slept => Moment.Slept;

    /// <summary>The instant of the operation, as the store's clock is to show it.</summary>
    internal StoreTime Time => new(Ticks, At, Slept);
}

/// <summary>A call was decided.</summary>
internal sealed record RecordedCall : RecordedEvent
{
    /// <summary>
    /// The number of the decision that this one takes the place of, because no place was left to hold the call; 0 for the first decision
    /// of a call.
    /// </summary>
    internal long Again { get; init; }

    /// <summary>The name of the server.</summary>
    internal required string Server { get; init; }

    /// <summary>The JSON-RPC method.</summary>
    internal required string Method { get; init; }

    /// <summary>The name of the tool or prompt, or the URI of the resource; or null.</summary>
    internal string? Name { get; init; }

    /// <summary>The server behind a virtual server to which it went, where limits depend on it; else null.</summary>
    internal string? Backend { get; init; }

    /// <summary>The caller.</summary>
    internal required HashedCaller Caller { get; init; }

    /// <summary>Tokens that the call cost.</summary>
    internal required int Cost { get; init; }

    /// <summary>The longest time for which the call could have been held; zero for none.</summary>
    internal TimeSpan MaxWait { get; init; }

    internal required RateLimitOutcome Outcome { get; init; }

    internal DecisionSource Source { get; init; }

    /// <summary>The name of the limit that rejected the call; else null.</summary>
    internal string? Limit { get; init; }

    /// <summary>Whether <see cref="Limit"/> rejected the call because its caller lacks an identity. No store was asked.</summary>
    internal bool LacksIdentity { get; init; }

    /// <summary><see cref="RateLimitDecision.Remaining"/>.</summary>
    internal int Remaining { get; init; }

    /// <summary><see cref="RateLimitDecision.Running"/>.</summary>
    internal int Running { get; init; }

    /// <summary><see cref="RateLimitDecision.RetryAfter"/>.</summary>
    internal TimeSpan RetryAfter { get; init; }

    /// <summary>How long the call was held; zero for a call that was not.</summary>
    internal TimeSpan Delay { get; init; }

    /// <summary>Permissive limits that would have rejected the call.</summary>
    internal ImmutableArray<string> WouldRefuse { get; init; } = [];

    /// <summary>The version of the configuration that decided; empty where there is none.</summary>
    internal string ConfigVersion { get; init; } = "";
}

/// <summary>What a call had acquired was refunded or released.</summary>
internal sealed record RecordedChange : RecordedEvent
{
    internal required StoreChange Change { get; init; }

    /// <summary>The <see cref="RecordedEvent.Number"/> of the call.</summary>
    internal required long Call { get; init; }

    /// <summary>The names of the limits whose buckets were changed; empty for all limits of the call.</summary>
    internal ImmutableArray<string> Limits { get; init; } = [];
}

/// <summary>Buckets of a caller were made full again.</summary>
internal sealed record RecordedReset : RecordedEvent
{
    /// <summary>The name of the server.</summary>
    internal required string Server { get; init; }

    /// <summary>The caller.</summary>
    internal required HashedCaller Caller { get; init; }

    /// <summary>The names of the limits.</summary>
    internal required ImmutableArray<string> Limits { get; init; }
}
