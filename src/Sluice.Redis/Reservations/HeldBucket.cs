namespace Sluice.Redis;

/// <summary>What a bucket holds for calls that wait.</summary>
/// <param name="Calls">The calls, by instant, in the limit's steps; empty for a log, whose entries stay in Redis.</param>
/// <param name="LogRemaining">Of a log, the tokens that one call could take after the decision.</param>
/// <param name="LogEmptyAtMicros">Of a log, the instant at which it is empty after the decision; 0 if it is.</param>
internal readonly record struct HeldBucket(ReservedCall[] Calls, int LogRemaining, ulong LogEmptyAtMicros)
{
    /// <summary>Whether the row of the bucket held no calls, so that its state says everything.</summary>
    internal bool IsUnread => Calls is null;

    /// <summary>A bucket of any algorithm but the sliding log.</summary>
    internal static HeldBucket Of(ReservedCall[] calls) => new(calls, 0, 0);

    /// <summary>A sliding log.</summary>
    internal static HeldBucket OfLog(int remaining, ulong emptyAtMicros) => new([], remaining, emptyAtMicros);

    /// <summary>The calls and one more, behind those of the same instant.</summary>
    internal ReservedCall[] With(in ReservedCall added)
    {
        ulong at = added.At;
        return [.. Calls.TakeWhile(call => call.At <= at), added, .. Calls.SkipWhile(call => call.At <= at)];
    }
}
