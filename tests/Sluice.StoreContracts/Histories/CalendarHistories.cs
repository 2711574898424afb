using System.Collections.Immutable;

namespace Sluice.StoreContracts;

/// <summary>Histories in which some limits have windows of a calendar, and the clock moves over their edges.</summary>
internal static class CalendarHistories
{
    private static readonly CalendarUnit[] Units = Enum.GetValues<CalendarUnit>();

    private static readonly string[] Zones =
        ["UTC", "Asia/Tokyo", "Asia/Kathmandu", "America/New_York", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia", "UTC-05:30"];

    /// <summary>The same history with windows of a calendar for about half of its limits, and longer pauses.</summary>
    internal static History Of(History history, ulong seed, long stepTicks)
    {
        SplitMix random = new(seed);
        return history with
        {
            Policies = [.. history.Policies.Select(policy => policy with { Limits = WithCalendars(random, policy.Limits) })],
            Steps = [.. history.Steps.Select(step => WithLongerPause(random, step, stepTicks))],
        };
    }

    private static ImmutableArray<HistoryLimit> WithCalendars(SplitMix random, ImmutableArray<HistoryLimit> limits) =>
        [.. limits.Select(limit => random.OneIn(2) ? limit : limit with { Rate = Calendar(random, limit.Rate.MaxTokens) })];

    private static Rate Calendar(SplitMix random, int maxTokens)
    {
        CalendarUnit unit = random.Of(Units);
        return Rate.Calendar(
            random.OneIn(2) ? maxTokens : random.Next(1, 20),
            unit,
            random.Of(Zones),
            unit == CalendarUnit.Week ? (DayOfWeek)random.Next(0, 7) : null);
    }

    private static HistoryStep WithLongerPause(SplitMix random, HistoryStep step, long stepTicks)
    {
        if (step.Wait != HistoryWait.FromNow || !random.OneIn(3))
        {
            return step;
        }

        long pause = random.NextLong(0, (random.OneIn(2) ? 60 : 900) * TimeSpan.TicksPerHour);
        return step with { Ticks = pause - (pause % stepTicks), Cost = Math.Min(step.Cost, random.Next(1, 20)) };
    }
}
