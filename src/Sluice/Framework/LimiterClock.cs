using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace Sluice;

/// <summary>The clock of all limiters with buckets of their own that got one time provider, and the rates that they share.</summary>
/// <remarks>Thread safety: every member may be called from any thread.</remarks>
internal sealed class LimiterClock
{
    /// <summary>Programs have a few rates. In a program that makes more, the limiters beyond this number share nothing.</summary>
    private const int MaxSharedRates = 1_000;

    private static readonly ConditionalWeakTable<TimeProvider, LimiterClock> Clocks = [];

    private readonly StoreClock _clock;
    private readonly ConcurrentDictionary<Rate, OwnLimit> _limits = [];

    private LimiterClock(TimeProvider time) => _clock = new StoreClock(time);

    /// <summary>A rate by a provider's clock.</summary>
    /// <exception cref="ArgumentException">A store would not accept the rate.</exception>
    internal static OwnLimit LimitOf(Rate rate, TimeProvider time) =>
        Clocks.GetValue(time, static provider => new LimiterClock(provider)).LimitOf(rate);

    private OwnLimit LimitOf(Rate rate)
    {
        if (_limits.TryGetValue(rate, out OwnLimit? known))
        {
            return known;
        }

        RateLimitPolicy policy = RateLimitPolicy.Build("limiter", limits => limits.Shared(rate));
        OwnLimit made = new(policy.Limits[0], _clock);
        return _limits.Count < MaxSharedRates ? _limits.GetOrAdd(rate, made) : made;
    }
}
