namespace Sluice.Gateway;

/// <summary>Counts who is rejected most, by which limit, over the last five minutes and the last hour.</summary>
/// <remarks>
/// <para>
/// Memory is bounded: a slice of time counts <see cref="MaxKeys"/> callers and limits. While a slice has no more of them, its counts
/// are exact. Above that it follows Misra and Gries: one rejection of each counted caller is left out, and so is the new one. So a count
/// is too low by at most (left out) / (<see cref="MaxKeys"/> + 1), no caller with more rejections than that is missing, and the counts
/// and the number left out always add up to all rejections.
/// </para>
/// <para>Source: J. Misra and D. Gries, "Finding Repeated Elements", 1982.</para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
/// <param name="time">The clock.</param>
internal sealed class RefusedCallers(TimeProvider time)
{
    /// <summary>How many callers and limits one slice counts.</summary>
    internal const int MaxKeys = 1_024;

    private readonly Lock _gate = new();
    private readonly Slices _minutes = new(TimeSpan.FromSeconds(10), 31);
    private readonly Slices _hour = new(TimeSpan.FromMinutes(1), 61);

    /// <summary>Counts a rejection.</summary>
    /// <param name="server">The server.</param>
    /// <param name="limit">The limit that rejected the call; null when the store did not answer.</param>
    /// <param name="caller">The caller's hash, or name; null for a caller about whom nothing is known.</param>
    internal void Count(string server, string? limit, string? caller)
    {
        DateTimeOffset now = time.GetUtcNow();
        lock (_gate)
        {
            RefusedKey key = new(caller, server, limit);
            _minutes.Count(key, now);
            _hour.Count(key, now);
        }
    }

    /// <summary>Who was rejected most.</summary>
    /// <param name="top">How many to name.</param>
    /// <param name="isHour">Whether over the last hour, to the minute; else over the last five minutes, to ten seconds.</param>
    internal RefusedReport Report(int top, bool isHour)
    {
        DateTimeOffset now = time.GetUtcNow();
        lock (_gate)
        {
            return (isHour ? _hour : _minutes).Report(top, now);
        }
    }

    /// <summary>A ring of slices of time, the oldest of which is the next to be used again.</summary>
    private sealed class Slices(TimeSpan length, int count)
    {
        private readonly Slice[] _slices = [.. Enumerable.Range(0, count).Select(_ => new Slice())];

        internal void Count(in RefusedKey key, DateTimeOffset now)
        {
            long number = now.UtcTicks / length.Ticks;
            Slice slice = _slices[number % count];
            slice.BeginIfOld(number);
            slice.Count(key, now);
        }

        internal RefusedReport Report(int top, DateTimeOffset now)
        {
            long number = now.UtcTicks / length.Ticks;
            Dictionary<RefusedKey, RefusedCount> all = [];
            long omitted = 0;
            foreach (Slice slice in _slices)
            {
                if (slice.Number > number - count && slice.Number <= number)
                {
                    omitted += slice.Omitted;
                    slice.AddTo(all);
                }
            }

            RefusedCaller[] callers =
            [
                .. all.OrderByDescending(pair => pair.Value.Refused)
                    .ThenByDescending(pair => pair.Value.LastAt)
                    .Take(top)
                    .Select(pair => new RefusedCaller(
                        pair.Key.Caller, pair.Key.Server, pair.Key.Limit, pair.Value.Refused, pair.Value.LastAt)),
            ];
            return new RefusedReport(callers, omitted + all.Values.Sum(found => found.Refused) - callers.Sum(caller => caller.Refused));
        }
    }

    private sealed class Slice
    {
        private readonly Dictionary<RefusedKey, RefusedCount> _counts = [];

        internal long Number { get; private set; } = -1;

        /// <summary>Rejections that no count has.</summary>
        internal long Omitted { get; private set; }

        internal void BeginIfOld(long number)
        {
            if (Number != number)
            {
                Number = number;
                Omitted = 0;
                _counts.Clear();
            }
        }

        internal void Count(in RefusedKey key, DateTimeOffset now)
        {
            if (_counts.TryGetValue(key, out RefusedCount count) || _counts.Count < MaxKeys)
            {
                _counts[key] = new RefusedCount(count.Refused + 1, now);
                return;
            }

            Omitted += _counts.Count + 1;
            foreach ((RefusedKey other, RefusedCount found) in _counts)
            {
                if (found.Refused == 1)
                {
                    _counts.Remove(other); // Allowed while a dictionary is enumerated.
                }
                else
                {
                    _counts[other] = found with { Refused = found.Refused - 1 };
                }
            }
        }

        internal void AddTo(Dictionary<RefusedKey, RefusedCount> all)
        {
            foreach ((RefusedKey key, RefusedCount found) in _counts)
            {
                RefusedCount sum = all.GetValueOrDefault(key);
                all[key] = new RefusedCount(
                    sum.Refused + found.Refused, sum.LastAt > found.LastAt ? sum.LastAt : found.LastAt);
            }
        }
    }

    private readonly record struct RefusedKey(string? Caller, string Server, string? Limit);

    private readonly record struct RefusedCount(long Refused, DateTimeOffset LastAt);
}

/// <summary>Who was rejected most.</summary>
/// <param name="Callers">Callers and limits, the most rejections first.</param>
/// <param name="Omitted">The rejections of all others.</param>
internal sealed record RefusedReport(IReadOnlyList<RefusedCaller> Callers, long Omitted);

/// <summary>How often a limit rejected a caller.</summary>
/// <param name="Caller">The caller's hash, or name; null for a caller about whom nothing is known.</param>
/// <param name="Server">The server.</param>
/// <param name="Limit">The limit; null when the store did not answer.</param>
/// <param name="Refused">How often.</param>
/// <param name="LastAt">When last.</param>
internal sealed record RefusedCaller(string? Caller, string Server, string? Limit, long Refused, DateTimeOffset LastAt);
