using Microsoft.Extensions.Logging;

namespace Sluice.Redis;

/// <summary>
/// Warns of each limit whose bucket a changed policy moves: from a row of Redis to shares, or back. A moved bucket starts full.
/// </summary>
/// <remarks>
/// It knows limits of the policies that this process has used, at most <see cref="MostTargets"/> targets with a key each; beyond that it
/// forgets all of them. Thread safety: any thread may call.
/// </remarks>
internal sealed partial class DivisionWatch(ILogger logger)
{
    /// <summary>The most targets that it remembers.</summary>
    internal const int MostTargets = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<(LimitTarget Target, LimitKey Key), Division[]> _known = [];

    /// <summary>Records how the limits of a call are decided now.</summary>
    internal void Note(RedisLimit[] limits)
    {
        List<(RateLimit Limit, bool IsDivided)> moved = [];
        lock (_gate)
        {
            foreach (IGrouping<(LimitTarget, LimitKey), RedisLimit> rates in limits
                .Where(limit => limit.Limit.Concurrency is null)
                .GroupBy(limit => (limit.Limit.Target, limit.Limit.Key)))
            {
                Division[] now = [.. rates.Select(Division.Of)];
                if (_known.TryGetValue(rates.Key, out Division[]? before))
                {
                    moved.AddRange(
                        rates.Where((_, rate) => IsMoved(before, now[rate])).Select(limit => (limit.Limit, limit.Share is not null)));
                }
                else if (_known.Count == MostTargets)
                {
                    _known.Clear();
                }

                _known[rates.Key] = now;
            }
        }

        foreach ((RateLimit limit, bool isDivided) in moved)
        {
            Log.Moved(logger, limit.Name, limit.Server, isDivided ? "is divided among the processes" : "is decided in Redis");
        }
    }

    // One rate has another name in the shares than the rates of a list. In the rows it keeps its bucket.
    private static bool IsMoved(Division[] before, Division now) => before[0].IsOfList != now.IsOfList
        ? now.IsDivided || Array.Exists(before, old => old.IsDivided)
        : Array.Exists(before, old => (!now.IsOfList || old.Rate == now.Rate) && old.IsDivided != now.IsDivided);

    private readonly record struct Division(RateKey Rate, bool IsOfList, bool IsDivided)
    {
        internal static Division Of(RedisLimit limit) =>
            new(limit.Limit.Bucket, limit.Limit.Buckets.All.Length > 1, limit.Share is not null);
    }

    private static partial class Log
    {
        [LoggerMessage(
            17, LogLevel.Warning,
            "A changed policy moves the bucket of the limit '{Limit}' of '{Server}': it {Way} now, and starts full. "
            + "While other processes have the policy from before, up to twice the limit is admitted.", EventName = "BucketMoved")]
        internal static partial void Moved(ILogger logger, string limit, string server, string way);
    }
}
