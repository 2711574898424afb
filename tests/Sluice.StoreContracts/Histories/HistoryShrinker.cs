namespace Sluice.StoreContracts;

/// <summary>Simpler histories than one that failed, the boldest cuts first.</summary>
internal static class HistoryShrinker
{
    private static readonly Rate Simplest = new(1, TimeSpan.FromSeconds(1));

    internal static IEnumerable<History> Shrink(History history) =>
        WithFewerSteps(history)
            .Concat(WithFewerPolicies(history))
            .Concat(WithSimplerPolicies(history))
            .Concat(WithSimplerSteps(history))
            .Concat(history.StartTicks == 0 ? [] : [history with { StartTicks = 0 }])
            .Where(shrunk => shrunk.Policies.All(IsAccepted));

    // No two rates of one list have the same period and algorithm.
    private static bool IsAccepted(HistoryPolicy policy) => policy.Limits
        .GroupBy(limit => (limit.Kind, limit.Scope, RateKey.Of(limit.Rate)))
        .All(group => group.Count() == 1);

    private static IEnumerable<History> WithFewerSteps(History history)
    {
        for (int cut = history.Steps.Length / 2; cut > 0; cut /= 2)
        {
            for (int at = 0; at + cut <= history.Steps.Length; at += cut)
            {
                yield return history with { Steps = history.Steps.RemoveRange(at, cut) };
            }
        }
    }

    private static IEnumerable<History> WithFewerPolicies(History history)
    {
        for (int index = 0; index < history.Policies.Length && history.Policies.Length > 1; index++)
        {
            int removed = index;
            yield return history with
            {
                Policies = history.Policies.RemoveAt(removed),
                Steps = [.. history.Steps.Select(step => step.Policy < removed ? step : step with { Policy = Math.Max(0, step.Policy - 1) })],
            };
        }
    }

    private static IEnumerable<History> WithSimplerPolicies(History history)
    {
        for (int index = 0; index < history.Policies.Length; index++)
        {
            foreach (HistoryPolicy simpler in Simpler(history.Policies[index]))
            {
                yield return history with { Policies = history.Policies.SetItem(index, simpler) };
            }
        }
    }

    private static IEnumerable<HistoryPolicy> Simpler(HistoryPolicy policy)
    {
        for (int index = 0; index < policy.Limits.Length; index++)
        {
            if (policy.Limits.Length > 1)
            {
                yield return policy with { Limits = policy.Limits.RemoveAt(index) };
            }

            HistoryLimit limit = policy.Limits[index];
            foreach (Rate rate in Simpler(limit.Rate))
            {
                yield return policy with { Limits = policy.Limits.SetItem(index, limit with { Rate = rate }) };
            }
        }

        if (policy.MethodMode != LimitMode.Enforce || policy.ToolMode != LimitMode.Enforce)
        {
            yield return policy with { MethodMode = LimitMode.Enforce, ToolMode = LimitMode.Enforce };
        }
    }

    private static IEnumerable<Rate> Simpler(Rate rate)
    {
        if (rate.Window is CalendarUnit unit)
        {
            return Simpler(rate, unit);
        }

        return SimplerPeriods(rate);
    }

    private static IEnumerable<Rate> Simpler(Rate rate, CalendarUnit unit)
    {
        if (rate.TimeZone != "UTC")
        {
            yield return Rate.Calendar(rate.MaxTokens, unit, "UTC", rate.WeekStart);
        }

        if (rate.MaxTokens > 1)
        {
            yield return Rate.Calendar(1, unit, rate.TimeZone!, rate.WeekStart);
            yield return Rate.Calendar(rate.MaxTokens / 2, unit, rate.TimeZone!, rate.WeekStart);
        }
    }

    private static IEnumerable<Rate> SimplerPeriods(Rate rate)
    {
        if (rate.Burst is not null || rate.Align)
        {
            yield return new Rate(rate.MaxTokens, rate.RefillPeriod, rate.Algorithm, burst: null, align: false);
        }

        foreach (int tokens in (int[])[1, rate.MaxTokens / 2])
        {
            if (tokens > 0 && tokens < rate.MaxTokens)
            {
                yield return new Rate(tokens, rate.RefillPeriod, rate.Algorithm, rate.Burst, rate.Align);
            }
        }

        if (rate.RefillPeriod != Simplest.RefillPeriod)
        {
            yield return new Rate(rate.MaxTokens, Simplest.RefillPeriod, rate.Algorithm, rate.Burst, rate.Align);
        }
    }

    private static IEnumerable<History> WithSimplerSteps(History history)
    {
        for (int index = 0; index < history.Steps.Length; index++)
        {
            foreach (HistoryStep simpler in Simpler(history.Steps[index]))
            {
                yield return history with { Steps = history.Steps.SetItem(index, simpler) };
            }
        }
    }

    private static IEnumerable<HistoryStep> Simpler(HistoryStep step)
    {
        if (step.Ticks != 0)
        {
            yield return step with { Ticks = 0 };
            yield return step with { Ticks = step.Ticks / 20 * 10 }; // still whole microseconds where they were
        }

        if (step.Wait != HistoryWait.FromNow)
        {
            yield return step with { Wait = HistoryWait.FromNow };
        }

        if (step.Cost > 1)
        {
            yield return step with { Cost = 1 };
            yield return step with { Cost = step.Cost / 2 };
            yield return step with { Cost = step.Cost - 1 };
        }

        if (step.Caller > 0)
        {
            yield return step with { Caller = 0 };
        }
    }
}
