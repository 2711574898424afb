namespace Sluice.Redis.Tests;

/// <summary>The process's side of the protocol, wrong in one way.</summary>
internal sealed class FlawedLane(ShareSettings settings, Func<ulong> newId, Flaw flaw) : ShareLane(settings, newId)
{
    /// <summary>The settings with which a flaw shows.</summary>
    internal static ShareSettings Settle(ShareSettings settings, Flaw flaw) => flaw switch
    {
        Flaw.EndsWithoutMargin => settings with { UsableMicros = settings.TtlMicros },
        Flaw.RefillsAtWholeRate => settings with { RefillPerMille = 1000 },
        _ => settings,
    };

    protected override long EndOf(SentMessage sent, long now) => flaw switch
    {
        Flaw.EndCountsFromReply => now + Settings.UsableMicros,
        Flaw.EndCountsFromLastSend => sent.LastSent + Settings.UsableMicros,
        Flaw.NeverEnds => long.MaxValue / 2,
        _ => base.EndOf(sent, now),
    };

    protected override long RefillsFrom(SentMessage sent, long now) =>
        flaw == Flaw.RefillsFromSend ? sent.FirstSent : base.RefillsFrom(sent, now);

    protected override (int InUse, long Returned) Prepare(ShareBucket bucket, ShareWish wish, long now)
    {
        if (flaw == Flaw.ShrinksAfterReply && wish.InUse < bucket.Share.Parts)
        {
            return (wish.InUse, Math.Max(0, bucket.Share.LevelAt(now) - bucket.Numbers.Capacity(wish.InUse)));
        }

        (int inUse, long returned) = base.Prepare(bucket, wish, now);
        if (flaw == Flaw.GrowsFirst && wish.Wished > inUse)
        {
            bucket.Share.Resize(wish.Wished, 0, now, now);
        }

        return (inUse, returned);
    }

    protected override void DropEnded(long now)
    {
        if (flaw is not (Flaw.RevivesEndedShare or Flaw.NeverEnds))
        {
            base.DropEnded(now);
        }
    }
}
