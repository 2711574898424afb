namespace Sluice.Conformance;

/// <summary>What a bucket is found by: a value, so that no characters in one part can look like another part.</summary>
internal sealed record ModelBucketKey(
    string Server,
    OperationKind Kind,
    string Operation,
    RateLimitScope Scope,
    string? Issuer,
    string? Tenant,
    string? Part,
    RateKey Rate)
{
    /// <summary>The bucket of a caller; those who lack the part that the scope counts by share one, whoever vouches for them.</summary>
    internal static ModelBucketKey Of(RateLimit limit, CallerIdentity caller)
    {
        string? part = caller.Part(limit.Scope);
        string? tenant = part is not null && limit.Scope == RateLimitScope.PerUser ? caller.UserTenant : null;
        return new(limit.Server, limit.Kind, limit.Target.Key, limit.Scope, part is null ? null : caller.Issuer, tenant, part,
            limit.Concurrency is null ? RateKey.Of(limit.Rate) : RateKey.OfSlots);
    }
}
