namespace Sluice.Redis;

/// <summary>A bucket as the script found it.</summary>
/// <param name="State">
/// What it remembers, in its limit's steps; of a log <see cref="BucketState.Time"/> is the newest entry and
/// <see cref="BucketState.Word"/> the tokens that count.
/// </param>
/// <param name="NowMicros">When, in microseconds of the server's clock.</param>
/// <param name="OpensAtMicros">Of a log that rejected, the instant from which it would admit the call; else 0.</param>
internal readonly record struct SeenBucket(BucketState State, ulong NowMicros, ulong OpensAtMicros);
