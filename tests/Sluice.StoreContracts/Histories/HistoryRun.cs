namespace Sluice.StoreContracts;

/// <summary>Plays a history on a store and on the model, and holds each answer of the one against the other's.</summary>
internal sealed class HistoryRun : IDisposable
{
    private readonly History _history;
    private readonly ApplicableLimits[] _limits;
    private readonly ManualTimeProvider _time = new();
    private readonly IRateLimitStore _store;
    private readonly ModelStore _model;
    private readonly LimitState[] _actual = new LimitState[ApplicableLimits.MaxCount];
    private readonly LimitState[] _expected = new LimitState[ApplicableLimits.MaxCount];
    private readonly HistoryClock _clock;

    internal HistoryRun(StoreUnderTest subject, History history)
    {
        _history = history;
        _limits = [.. history.Policies.Select(policy => policy.Compile())];
        _store = subject.Create(_time);
        _model = new ModelStore(_time, subject.Resolution, subject.CounterCeiling);
        _clock = new HistoryClock(_time, subject);
        _time.MoveTo(TimeSpan.FromTicks(history.StartTicks));
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

    public void Dispose()
    {
        if (_store is IAsyncDisposable asynchronous)
        {
            Wait(asynchronous.DisposeAsync());
        }
        else if (_store is IDisposable synchronous)
        {
            synchronous.Dispose();
        }
    }

    private string? FindDifference(HistoryStep step)
    {
        _clock.Move(step);
        ApplicableLimits limits = _limits[step.Policy];
        RateLimitRequest request = new(limits, History.Callers[step.Caller], step.Cost);
        RateLimitDecision? actual = Wait(_store.DoAsync(step.Verb, request, _actual));
        RateLimitDecision? expected = Wait(_model.DoAsync(step.Verb, request, _expected));
        return expected is null ? null : FindDifference(limits, actual!.Value, expected.Value);
    }

    private string? FindDifference(ApplicableLimits limits, RateLimitDecision actual, RateLimitDecision expected)
    {
        _clock.Note(expected, _expected[0]);
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

    // Histories run in a loop that is not asynchronous; a store in this process has always answered by now.
    private static RateLimitDecision? Wait(ValueTask<RateLimitDecision?> answer) =>
        answer.IsCompletedSuccessfully ? answer.Result : answer.AsTask().GetAwaiter().GetResult();

    private static void Wait(ValueTask done)
    {
        if (!done.IsCompletedSuccessfully)
        {
            done.AsTask().GetAwaiter().GetResult();
        }
    }
}
