namespace Sluice.Conformance;

/// <summary>Plays a history on a store and on the model, and holds each answer of the one against the other's.</summary>
internal sealed class HistoryRun : IDisposable
{
    private readonly StoreUnderTest _subject;
    private readonly History _history;
    private readonly ApplicableLimits[] _limits;
    private readonly ManualTimeProvider _time = new();
    private readonly IRateLimitStore _store;
    private readonly ModelStore _model;
    private readonly LimitState[] _actual = new LimitState[ApplicableLimits.MaxCount];
    private readonly LimitState[] _expected = new LimitState[ApplicableLimits.MaxCount];
    private TimeSpan _retryAt;
    private TimeSpan _resetAt;

    internal HistoryRun(StoreUnderTest subject, History history)
    {
        _subject = subject;
        _history = history;
        _limits = [.. history.Policies.Select(policy => policy.Compile())];
        _store = subject.Create(_time);
        _model = new ModelStore(_time, subject.Resolution, subject.CounterCeiling);
        _time.Elapsed = TimeSpan.FromTicks(history.StartTicks);
    }

    /// <summary>Null, or where the store first departs from the model.</summary>
    internal string? FindDifference()
    {
        for (int i = 0; i < _history.Steps.Length; i++)
        {
            if (FindDifference(_history.Steps[i]) is string difference)
            {
                return $"At step {i}, {_time.Elapsed.Ticks} ticks after the store's origin: {difference}";
            }
        }

        return null;
    }

    public void Dispose() => (_store as IDisposable)?.Dispose();

    private string? FindDifference(HistoryStep step)
    {
        MoveClock(step);
        ApplicableLimits limits = _limits[step.Policy];
        CallerIdentity caller = History.Callers[step.Caller];
        RateLimitRequest request = new(limits, caller, step.Cost);
        switch (step.Verb)
        {
            case HistoryVerb.Acquire:
                return FindDifference(
                    limits, Wait(_store.AcquireAsync(request, _actual, default)), Wait(_model.AcquireAsync(request, _expected, default)));
            case HistoryVerb.Peek:
                return FindDifference(
                    limits, Wait(_store.PeekAsync(request, _actual, default)), Wait(_model.PeekAsync(request, _expected, default)));
            case HistoryVerb.Refund:
                Wait(_store.RefundAsync(request, default));
                Wait(_model.RefundAsync(request, default));
                return null;
            case HistoryVerb.Charge:
                Wait(_store.ChargeAsync(request, default));
                Wait(_model.ChargeAsync(request, default));
                return null;
            case HistoryVerb.Reset:
                RateLimit[] forgotten = limits.Limits.ToArray();
                Wait(_store.ResetAsync(forgotten, caller, default));
                Wait(_model.ResetAsync(forgotten, caller, default));
                return null;
            default:
                throw new ArgumentOutOfRangeException(nameof(step), step.Verb, "Not a verb.");
        }
    }

    private void MoveClock(HistoryStep step)
    {
        TimeSpan from = step.Wait switch
        {
            HistoryWait.FromRetry => _retryAt,
            HistoryWait.FromReset => _resetAt,
            _ => _time.Elapsed,
        };
        Int128 ticks = (Int128)from.Ticks + step.Ticks;
        bool mayStepBack = step.Wait == HistoryWait.FromNow && _subject.RemembersEveryReading;
        Int128 earliest = mayStepBack ? 0 : _time.Elapsed.Ticks;
        Int128 latest = _subject.LastInstant.Ticks - (_subject.LastInstant.Ticks % _subject.Resolution.Ticks);
        _time.Elapsed = TimeSpan.FromTicks((long)Int128.Clamp(ticks, Int128.Min(earliest, latest), latest));
    }

    private string? FindDifference(ApplicableLimits limits, RateLimitDecision actual, RateLimitDecision expected)
    {
        _retryAt = After(expected.RetryAfter);
        _resetAt = After(_expected[0].ResetAfter);
        if (actual != expected)
        {
            return $"the model decided{Environment.NewLine}  {expected}{Environment.NewLine}and the store{Environment.NewLine}  {actual}";
        }

        for (int i = 0; i < limits.Count; i++)
        {
            if (_actual[i] != _expected[i])
            {
                return $"of {limits[i].Name} ({limits[i].Rate}) the model said{Environment.NewLine}  {_expected[i]}"
                    + $"{Environment.NewLine}and the store{Environment.NewLine}  {_actual[i]}";
            }
        }

        return null;
    }

    private TimeSpan After(TimeSpan wait) =>
        TimeSpan.FromTicks((long)Int128.Min((Int128)_time.Elapsed.Ticks + Math.Max(0, wait.Ticks), long.MaxValue));

    // Histories run in a loop that is not asynchronous; a store in this process has always answered by now.
    private static RateLimitDecision Wait(ValueTask<RateLimitDecision> answer) =>
        answer.IsCompletedSuccessfully ? answer.Result : answer.AsTask().GetAwaiter().GetResult();

    private static void Wait(ValueTask done)
    {
        if (!done.IsCompletedSuccessfully)
        {
            done.AsTask().GetAwaiter().GetResult();
        }
    }
}
