using System.Threading.RateLimiting;

namespace Sluice;

/// <summary>A decision as the framework's lease.</summary>
internal sealed class DecisionLease(RateLimitDecision decision) : RateLimitLease
{
    private static readonly string[] OfGrant = [RateLimitMetadata.Remaining.Name];

    private static readonly string[] OfRefusal =
        [MetadataName.RetryAfter.Name, RateLimitMetadata.LimitName.Name, RateLimitMetadata.Remaining.Name];

    public override bool IsAcquired => decision.IsAllowed;

    public override IEnumerable<string> MetadataNames => IsAcquired ? OfGrant : OfRefusal;

    public override bool TryGetMetadata(string metadataName, out object? metadata)
    {
        metadata = metadataName == RateLimitMetadata.Remaining.Name ? decision.Remaining
            : IsAcquired ? null
            : metadataName == MetadataName.RetryAfter.Name ? decision.RetryAfter
            : metadataName == RateLimitMetadata.LimitName.Name ? decision.Limit?.Name
            : null;
        return metadata is not null;
    }
}
