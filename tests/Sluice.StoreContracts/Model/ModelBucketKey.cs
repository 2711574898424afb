namespace Sluice.StoreContracts;

/// <summary>What a bucket is found by: a value, so that no characters in one part can look like another part.</summary>
/// <param name="Target">What the limit is on.</param>
/// <param name="Key">What it counts by.</param>
/// <param name="Caller">The caller's parts of the key, in the order of the key.</param>
/// <param name="Rate">Which of the buckets of the target and the key.</param>
internal sealed record ModelBucketKey(LimitTarget Target, LimitKey Key, ModelParts Caller, RateKey Rate)
{
    /// <summary>The bucket of a caller; those who lack a part share a bucket, as far as the other parts agree, for every issuer.</summary>
    internal static ModelBucketKey Of(RateLimit limit, CallerIdentity caller) =>
        new(limit.Target with { Operation = "" }, limit.Key, ModelParts.Of(limit.Key, caller), limit.Bucket);
}
