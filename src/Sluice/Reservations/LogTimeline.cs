namespace Sluice;

/// <summary>A sliding log and the reservations behind it, as one window that moves on in time.</summary>
internal ref struct LogTimeline
{
    private readonly LimitNumbers _limit;
    private readonly ReadOnlySpan<ReservedCall> _calls;
    private LogWalk _walk;
    private bool _hasEntry;
    private int _oldest;
    private int _next;
    private ulong _used;

    /// <param name="log">What the log counts now.</param>
    /// <param name="calls">The reservations; none is earlier than the log's newest entry.</param>
    internal LogTimeline(LogView log, ReadOnlySpan<ReservedCall> calls)
    {
        _limit = log.Limit;
        _calls = calls;
        _walk = log.Walk();
        _hasEntry = log.Used() != 0 && _walk.MoveNext();
        _used = log.Used();
    }

    /// <summary>The tokens that count at an instant, which must not be before that of an earlier call.</summary>
    internal ulong UsedAt(ulong ticks)
    {
        MoveTo(ticks);
        return _used;
    }

    /// <summary>The first instant, from an instant on, at which a call fits; or <see cref="Timeline.Never"/>.</summary>
    internal ulong Earliest(ulong fromTicks, ulong cost)
    {
        ulong at = fromTicks;
        while (true)
        {
            MoveTo(at);
            if (_used + cost > _limit.MaxTokens)
            {
                at = Math.Max(at + 1, OldestEnd());
                continue;
            }

            LogTimeline ahead = this;
            int broken = ahead.FindBroken(at, cost);
            if (broken < 0)
            {
                return at;
            }

            at = _calls[broken].At;
        }
    }

    /// <summary>The first reservation within a period that would no longer fit with a call, or a number below zero.</summary>
    private int FindBroken(ulong at, ulong cost)
    {
        int last = _next;
        while (last < _calls.Length && _calls[last].At - at < _limit.PeriodTicks)
        {
            MoveTo(_calls[last].At);
            if (_used + cost > _limit.MaxTokens && _calls[last].Cost != 0)
            {
                return last;
            }

            last = Math.Max(last + 1, _next);
        }

        return -1;
    }

    /// <summary>Takes in the reservations up to an instant, and drops what is a period old then.</summary>
    private void MoveTo(ulong ticks)
    {
        while (_next < _calls.Length && _calls[_next].At <= ticks)
        {
            _used += _calls[_next].Cost;
            _next++;
        }

        while ((_hasEntry || _oldest < _next) && OldestEnd() <= ticks)
        {
            if (_hasEntry)
            {
                _used -= _walk.Cost;
                _hasEntry = _walk.MoveNext();
            }
            else
            {
                _used -= _calls[_oldest].Cost;
                _oldest++;
            }
        }
    }

    /// <summary>When the oldest entry that counts no longer does.</summary>
    private readonly ulong OldestEnd() => (_hasEntry ? _walk.Time : _calls[_oldest].At) + _limit.PeriodTicks;
}
