using System.Collections.Immutable;

namespace Sluice.StoreContracts;

/// <summary>Does the steps of a case on a store and gives them back with its answers, in whole microseconds.</summary>
internal sealed class CallerVectorPlayer(StoreUnderTest subject, VectorPolicy policy, DateTimeOffset wall)
{
    private readonly RateLimitPolicy _policy = CallerVectorConversion.Compile(policy);
    private readonly ManualTimeProvider _time = new(wall);
    private readonly LimitState[] _states = new LimitState[ApplicableLimits.MaxCount];
    private readonly Dictionary<int, (RateLimitRequest Request, RateLimitReservation Reservation)> _calls = [];
    private IRateLimitStore? _store;
    private int _index;

    /// <summary>The store; made with the clock at the origin.</summary>
    internal IRateLimitStore Store => _store ??= subject.Create(_time);

    /// <summary>The limits that apply to a step, in order.</summary>
    internal ApplicableLimits LimitsOf(CallerVectorStep step) => _policy.Select("tools/call", "search", CallerVectorConversion.Caller(step));

    /// <summary>The step with the store's answer.</summary>
    internal async Task<CallerVectorStep> DoAsync(CallerVectorStep step)
    {
        _ = Store;
        _time.MoveTo(TimeSpan.FromMicroseconds(step.AtUs));
        int index = _index++;
        switch (step.Verb)
        {
            case CallerVectorVerb.Release:
                await Store.ReleaseAsync(_calls[step.Call].Request, default);
                return step;
            case CallerVectorVerb.Cancel:
                await Store.CancelAsync(_calls[step.Call].Request, _calls[step.Call].Reservation, default);
                return step;
        }

        ApplicableLimits limits = LimitsOf(step);
        bool begins = step.Verb == CallerVectorVerb.Acquire && limits.SlotCount > 0;
        RateLimitRequest request = new(limits, CallerVectorConversion.Caller(step), step.Cost) { Slots = begins ? new HeldSlots() : null };
        if (step.Verb == CallerVectorVerb.Reserve)
        {
            RateLimitReservation reservation = await Store.ReserveAsync(request, TimeSpan.FromMicroseconds(step.MaxWaitUs), default, default);
            _calls[index] = (request, reservation);
            return Waiting(step, limits, reservation);
        }

        RateLimitDecision? decision = await Store.DoAsync((HistoryVerb)step.Verb, request, _states);
        _calls[index] = (request, default);
        return decision is not RateLimitDecision answer ? step : step with
        {
            Decision = VectorConversion.Decision(answer),
            Running = answer.Running,
            Limits = Names(limits),
            States = [.. _states.Take(limits.Count).Select(VectorConversion.State)],
        };
    }

    /// <summary>The step with the answer of a reservation: what is left at its instant is not compared.</summary>
    private static CallerVectorStep Waiting(CallerVectorStep step, ApplicableLimits limits, RateLimitReservation reservation) => step with
    {
        Decision = VectorConversion.Decision(reservation.Decision) with { Remaining = 0 },
        DelayUs = VectorConversion.Microseconds(reservation.Delay),
        Limits = Names(limits),
    };

    internal static ImmutableArray<string> Names(ApplicableLimits limits) => [.. limits.Limits.ToArray().Select(limit => limit.Name)];
}
