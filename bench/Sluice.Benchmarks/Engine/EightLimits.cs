using System.Globalization;

namespace Sluice.Benchmarks;

/// <summary>Eight limits on a call, in two lists of four rates, beside four limits: one caller, all in memory that is near.</summary>
internal static class EightLimits
{
    private static readonly RateList Rates =
        [.. Enumerable.Range(1, RateList.MaxCount).Select(i => new Rate(int.MaxValue, TimeSpan.FromMilliseconds(i)))];

    internal static double Ratio()
    {
        Console.WriteLine("Measuring eight limits beside four...");
        Turns turns = Turns.Of(
            Calls(8, limits => limits.Shared(Rates).PerUser(Rates)),
            Calls(4, limits => limits.Shared(Rates[0]).PerUser(Rates[0]).Tool("x", tool => tool.Shared(Rates[0]).PerUser(Rates[0]))));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"  eight limits {turns.Nanoseconds:0.0} ns, four limits {turns.OfBaseline:0.0} ns"));
        return turns.Ratio;
    }

    private static Func<int, int> Calls(int count, Action<RateLimitsBuilder> configure)
    {
        CallerIdentity caller = Callers.Make(1)[0];
        InProcessStore store = new();
        ApplicableLimits limits = RateLimitPolicy.Build("bench", configure).Select("tools/call", "x", caller);
        Require.That(limits.Count == count, "Another number of limits applies.");
        return calls =>
        {
            int allowed = 0;
            for (int i = 0; i < calls; i++)
            {
                allowed += store.Acquire(new RateLimitRequest(limits, caller), []).IsAllowed ? 1 : 0;
            }

            return allowed;
        };
    }
}
