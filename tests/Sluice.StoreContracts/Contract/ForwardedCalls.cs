namespace Sluice.StoreContracts;

/// <summary>The calls of a run by the instants at which they are forwarded, for each bucket.</summary>
internal sealed class ForwardedCalls
{
    private readonly List<(RateLimitRequest Request, TimeSpan At, long Id)> _calls = [];

    /// <summary>How many of them were held.</summary>
    internal int HeldCount => _calls.Count(call => call.Id != 0);

    internal void Add(in RateLimitRequest request, TimeSpan at, long id) => _calls.Add((request, at, id));

    /// <summary>Forgets a call that was cancelled while it was held.</summary>
    internal void Remove(long id) => _calls.RemoveAll(call => call.Id == id);

    /// <summary>In any interval, each bucket saw no more tokens than its limit promises.</summary>
    internal void ShouldKeepThePromises<TStore>()
        where TStore : StoreUnderTest, new()
    {
        IEnumerable<IGrouping<ModelBucketKey, (RateLimit Limit, TimeSpan At, int Cost)>> buckets =
            from call in _calls
            from limit in call.Request.Limits.Limits.ToArray()
            orderby call.At
            group (limit, call.At, call.Request.Cost) by ModelBucketKey.Of(limit, call.Request.Caller);
        foreach (IGrouping<ModelBucketKey, (RateLimit Limit, TimeSpan At, int Cost)> bucket in buckets)
        {
            (RateLimit Limit, TimeSpan At, int Cost)[] calls = [.. bucket];
            Rate rate = calls[0].Limit.Rate;
            long longest = 4 * Math.Max(rate.RefillPeriod.Ticks, TimeSpan.TicksPerSecond);
            for (int first = 0; first < calls.Length; first++)
            {
                Int128 tokens = 0;
                for (int last = first; last < calls.Length && (calls[last].At - calls[first].At).Ticks <= longest; last++)
                {
                    tokens += calls[last].Cost;
                    long ticks = (calls[last].At - calls[first].At).Ticks;
                    EnvelopeContract<TStore>.IsWithin(rate, tokens, ticks).ShouldBeTrue(
                        $"{calls[0].Limit.Name} ({rate}): {tokens} tokens in {ticks} ticks from {calls[first].At}");
                }
            }
        }
    }
}
