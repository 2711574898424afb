namespace Sluice.Redis;

/// <summary>What a call asks of the remainder of a divided bucket, and what the remainder answered.</summary>
/// <param name="Bucket">The bucket.</param>
/// <param name="Numbers">The numbers under which the call is decided.</param>
/// <param name="Units">The units that the share does not have; at least 1.</param>
/// <param name="IsPermissive">Whether the call goes on without them.</param>
internal sealed record ShareAsk(ShareBucket Bucket, ShareNumbers Numbers, long Units, bool IsPermissive)
{
    /// <summary>Whether the remainder has the units.</summary>
    internal bool HasUnits { get; set; }

    /// <summary>The parts of the remainder.</summary>
    internal int Parts { get; set; }

    /// <summary>The level of the remainder after the call, in units; negative when the bucket is in debt.</summary>
    internal long Level { get; set; }
}
