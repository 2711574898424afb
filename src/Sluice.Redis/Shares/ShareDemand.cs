namespace Sluice.Redis;

/// <summary>How many tokens a second callers ask of one bucket in this process, averaged over half a second.</summary>
/// <remarks>
/// It only guides how large a share should be, so it may be approximate. Thread safety: any thread may add; one reads.
/// </remarks>
internal sealed class ShareDemand
{
    private const double AverageMicros = 500_000;
    private const long LeastMicros = 50_000;
    private long _asked;
    private long _rejected;
    private long _since;
    private bool _hasBegun;

    /// <summary>Tokens a second that callers asked for, admitted or not.</summary>
    internal double Rate { get; private set; }

    /// <summary>Tokens a second for want of which callers were rejected.</summary>
    internal double RejectedRate { get; private set; }

    /// <summary>Counts a call.</summary>
    internal void Add(ulong tokens, bool isRejected)
    {
        Interlocked.Add(ref _asked, (long)tokens);
        if (isRejected)
        {
            Interlocked.Add(ref _rejected, (long)tokens);
        }
    }

    /// <summary>Brings the rates up to an instant.</summary>
    internal void Update(long now)
    {
        if (!_hasBegun)
        {
            (_hasBegun, _since) = (true, now);
        }

        double elapsed = now - _since;
        if (elapsed < LeastMicros)
        {
            return;
        }

        double weight = Rate == 0 ? 1 : 1 - Math.Exp(-elapsed / AverageMicros);
        Rate += weight * ((Interlocked.Exchange(ref _asked, 0) * 1_000_000 / elapsed) - Rate);
        RejectedRate += weight * ((Interlocked.Exchange(ref _rejected, 0) * 1_000_000 / elapsed) - RejectedRate);
        _since = now;
    }
}
