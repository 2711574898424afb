using System.Collections.Immutable;

namespace Sluice.Gateway;

/// <summary>Decides when a process for a session may be started: by a rate in total and per owner, and later after failures.</summary>
/// <remarks>
/// <para>
/// A process that fails delays its owner alone, since an owner can make a process fail. A command that cannot be started delays all owners.
/// </para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
internal sealed class ProcessStarts
{
    /// <summary>The most owners whose failures are remembered.</summary>
    internal const int MaxOwners = 4_096;

    private const int MaxKeys = 65_536;
    private readonly TimeProvider _time;
    private readonly InProcessStore _store;
    private readonly StartGate _command;
    private readonly Lock _gate = new();
    private volatile ApplicableLimits _limits;
    private readonly Dictionary<CallerIdentity, StartGate> _failing = [];
    private (Rate Total, Rate PerOwner) _rates;

    /// <param name="total">How many processes may be started.</param>
    /// <param name="perOwner">How many processes may be started for one owner.</param>
    /// <param name="time">The clock.</param>
    internal ProcessStarts(Rate total, Rate perOwner, TimeProvider time)
    {
        _time = time;
        _command = new StartGate(time);
        _store = new InProcessStore(new InProcessStoreOptions { MaxKeys = MaxKeys }, time, isObserved: false);
        _limits = LimitsOf(total, perOwner);
        _rates = (total, perOwner);
    }

    /// <summary>Takes other rates. What was used is kept.</summary>
    internal void SetRates(Rate total, Rate perOwner)
    {
        if (_rates != (total, perOwner))
        {
            _rates = (total, perOwner);
            _limits = LimitsOf(total, perOwner);
        }
    }

    private static ApplicableLimits LimitsOf(Rate total, Rate perOwner)
    {
        RateLimitingSettings settings =
            new() { Shared = total, PerUser = perOwner, Meter = MeteredRequests.All, SlidingWindowCeiling = int.MaxValue };
        RateLimitPolicy policy = RateLimitPolicy.Compile("starts", settings, out ImmutableArray<SettingsFault> faults)
            ?? throw new ArgumentException(string.Join(Environment.NewLine, faults), nameof(total));
        return policy.Select("start", "", CallerIdentity.None);
    }

    /// <summary>Takes the permission to start one process.</summary>
    /// <param name="owner">Whose session it is for.</param>
    /// <returns>Null, or why it may not be started yet.</returns>
    internal UpstreamFailure? TryTake(CallerIdentity owner)
    {
        TimeSpan wait = _command.Remaining;
        lock (_gate)
        {
            if (_failing.TryGetValue(owner, out StartGate? gate) && gate.Remaining > wait)
            {
                wait = gate.Remaining;
            }
        }

        if (wait > TimeSpan.Zero)
        {
            return UpstreamFailure.BackingOff(wait);
        }

        RateLimitDecision decision = _store.Acquire(new(_limits, owner), []);
        return decision.IsAllowed ? null
            : decision.Limit?.Key.Scope == RateLimitScope.PerUser ? UpstreamFailure.TooManyStartsOfUser(decision.RetryAfter)
            : UpstreamFailure.TooManyStarts(decision.RetryAfter);
    }

    /// <summary>Returns a permission that was not used.</summary>
    internal void Return(CallerIdentity owner) => _store.Refund(new(_limits, owner));

    /// <summary>Records whether the system could start the command.</summary>
    internal void RecordCommand(bool isStarted)
    {
        if (isStarted)
        {
            _command.Succeeded();
        }
        else
        {
            _command.Failed();
        }
    }

    /// <summary>Records that a process ended, or timed out, before it answered anything.</summary>
    internal void RecordFailure(CallerIdentity owner)
    {
        lock (_gate)
        {
            if (!_failing.TryGetValue(owner, out StartGate? gate))
            {
                if (_failing.Count >= MaxOwners)
                {
                    ForgetLocked();
                }

                _failing[owner] = gate = new StartGate(_time);
            }

            gate.Failed();
        }
    }

    /// <summary>Records that a process worked.</summary>
    internal void RecordSuccess(CallerIdentity owner)
    {
        lock (_gate)
        {
            _failing.Remove(owner);
        }
    }

    // The rate of starts bounds how many owners can be waiting, so the rest is nearly all of them.
    private void ForgetLocked()
    {
        foreach ((CallerIdentity owner, StartGate gate) in _failing.ToArray())
        {
            if (gate.Remaining == TimeSpan.Zero)
            {
                _failing.Remove(owner);
            }
        }

        if (_failing.Count >= MaxOwners)
        {
            _failing.Clear();
        }
    }
}
