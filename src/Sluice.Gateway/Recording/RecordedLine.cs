using System.Collections.Immutable;

namespace Sluice.Gateway;

/// <summary>The fields of one line while it is read.</summary>
internal sealed class RecordedLine
{
    internal string? Event;
    internal DateTimeOffset? At;
    internal DateTimeOffset? Run;
    internal long? Number;
    internal long? Ticks;
    internal long? SleptTicks;
    internal string? Server;
    internal string? Method;
    internal string? Name;
    internal string? Backend;
    internal string? Issuer;
    internal string? User;
    internal string? Tenant;
    internal string? Client;
    internal ImmutableArray<HashedClaim> Claims = [];
    internal bool SpansTenants;
    internal long? Cost;
    internal long? MaxWaitTicks;
    internal string? Outcome;
    internal string? Source;
    internal string? Limit;
    internal long? Remaining;
    internal long? Running;
    internal long? RetryAfterTicks;
    internal long? DelayTicks;
    internal ImmutableArray<string> WouldRefuse = [];
    internal string? ConfigVersion;
    internal long? Call;
    internal ImmutableArray<string> Limits = [];

    private HashedCaller Caller => new()
    {
        Issuer = Issuer,
        User = User,
        Tenant = Tenant,
        Client = Client,
        SpansTenants = SpansTenants,
        Claims = Claims,
    };

    private RecordedMoment Moment => new(At!.Value, Run, Number ?? 0, Ticks ?? 0, new TimeSpan(SleptTicks ?? 0));

    /// <summary>Makes the event of the fields; returns what is wrong with them, or null.</summary>
    internal string? TryMake(out RecordedEvent? recorded)
    {
        recorded = null;
        if (At is null)
        {
            return "lacks the instant, 'at'.";
        }

        if (Run is not null && (Number is null || Ticks is null))
        {
            return "has 'run' without 'n' and 'ticks'.";
        }

        return Event switch
        {
            null or RecordWords.Again => TryMakeCall(out recorded),
            RecordWords.Reset => TryMakeReset(out recorded),
            _ => TryMakeChange(out recorded),
        };
    }

    private string? TryMakeCall(out RecordedEvent? recorded)
    {
        recorded = null;
        string? missing = Server is null ? "server"
            : Method is null ? "operation"
            : Cost is null ? "cost"
            : Outcome is null ? "outcome"
            : Event is not null && Call is null ? "call"
            : null;
        if (missing is not null)
        {
            return $"lacks '{missing}'.";
        }

        if (!RecordWords.TryReadOutcome(Outcome, out RateLimitOutcome outcome))
        {
            return "has a wrong value of 'outcome'.";
        }

        if (RecordWords.ReadSource(Source ?? "store") is not (DecisionSource source, bool lacksIdentity))
        {
            return "has a wrong value of 'source'.";
        }

        recorded = new RecordedCall
        {
            Moment = Moment,
            Again = Event is null ? 0 : Call!.Value,
            Server = Server!,
            Method = Method!,
            Name = Name,
            Backend = Backend,
            Caller = Caller,
            Cost = (int)Cost!.Value,
            MaxWait = new TimeSpan(MaxWaitTicks ?? 0),
            Outcome = outcome,
            Source = source,
            Limit = Limit,
            LacksIdentity = lacksIdentity,
            Remaining = (int)(Remaining ?? int.MaxValue),
            Running = (int)(Running ?? 0),
            RetryAfter = outcome == RateLimitOutcome.Unsatisfiable ? Timeout.InfiniteTimeSpan : new TimeSpan(RetryAfterTicks ?? 0),
            Delay = new TimeSpan(DelayTicks ?? 0),
            WouldRefuse = WouldRefuse,
            ConfigVersion = ConfigVersion ?? "",
        };
        return null;
    }

    private string? TryMakeReset(out RecordedEvent? recorded)
    {
        recorded = null;
        if (Server is null)
        {
            return "lacks 'server'.";
        }

        recorded = new RecordedReset
        {
            Moment = Moment,
            Server = Server,
            Caller = Caller,
            Limits = Limits,
        };
        return null;
    }

    private string? TryMakeChange(out RecordedEvent? recorded)
    {
        recorded = null;
        if (!RecordWords.TryReadChange(Event, out StoreChange change))
        {
            return "has a wrong value of 'event'.";
        }

        if (Call is null)
        {
            return "lacks 'call'.";
        }

        recorded = new RecordedChange
        {
            Moment = Moment,
            Change = change,
            Call = Call.Value,
            Limits = Limits,
        };
        return null;
    }
}
