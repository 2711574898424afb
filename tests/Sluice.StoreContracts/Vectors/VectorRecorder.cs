namespace Sluice.StoreContracts;

/// <summary>Plays a history on a store and writes down the answers in whole microseconds.</summary>
internal sealed class VectorRecorder
{
    private readonly ManualTimeProvider _time = new(Wall);
    private readonly History _history;
    private readonly ApplicableLimits[] _limits;
    private readonly IRateLimitStore _store;
    private readonly HistoryClock _clock;
    private readonly LimitState[] _states = new LimitState[ApplicableLimits.MaxCount];

    /// <param name="subject">The store.</param>
    /// <param name="history">What happens to it; times in whole microseconds.</param>
    internal VectorRecorder(StoreUnderTest subject, History history)
    {
        _history = history;
        _limits = [.. history.Policies.Select(policy => policy.Compile())];
        _store = subject.Create(_time);
        _clock = new HistoryClock(_time, subject);
        _time.MoveTo(TimeSpan.FromTicks(history.StartTicks));
    }

    /// <summary>What the wall clock shows when a case begins: no multiple of any round period.</summary>
    internal static DateTimeOffset Wall { get; } = new(2026, 3, 4, 5, 6, 7, 89, TimeSpan.Zero);

    /// <summary>The answers, as a case of that name.</summary>
    internal async Task<VectorCase> Record(string name)
    {
        List<VectorStep> steps = [];
        foreach (HistoryStep step in _history.Steps)
        {
            _clock.Move(step);
            steps.Add(await Record(step));
        }

        return new VectorCase(name, [.. _limits.Select(VectorConversion.Limits)], [.. steps]);
    }

    private async Task<VectorStep> Record(HistoryStep step)
    {
        ApplicableLimits limits = _limits[step.Policy];
        RateLimitRequest request = new(limits, History.Callers[step.Caller], step.Cost);
        RateLimitDecision? decision = await _store.DoAsync(step.Verb, request, _states);
        if (decision is RateLimitDecision answer)
        {
            _clock.Note(answer, _states[0]);
        }

        return new VectorStep(
            VectorConversion.Microseconds(_time.Elapsed),
            step.Verb,
            step.Caller,
            step.Policy,
            step.Cost,
            decision is null ? null : VectorConversion.Decision(decision.Value),
            decision is null ? null : [.. _states.Take(limits.Count).Select(VectorConversion.State)]);
    }
}
