using System.Threading.RateLimiting;

namespace Sluice;

/// <summary>A decision as the framework's lease.</summary>
/// <param name="decision">The decision.</param>
/// <param name="held">Disposed with the lease; null when it holds nothing.</param>
internal sealed class DecisionLease(RateLimitDecision decision, IDisposable? held) : RateLimitLease
{
    private static readonly string[] OfGrant = [RateLimitMetadata.Remaining.Name];

    private static readonly string[] OfRejection =
        [MetadataName.RetryAfter.Name, RateLimitMetadata.LimitName.Name, RateLimitMetadata.Remaining.Name];

    private static readonly string[] OfRejectionForGood = [RateLimitMetadata.LimitName.Name, RateLimitMetadata.Remaining.Name];

    public override bool IsAcquired => decision.IsAllowed;

    public override IEnumerable<string> MetadataNames => IsAcquired ? OfGrant : IsForGood ? OfRejectionForGood : OfRejection;

    // No wait helps such a call, and code that reads RetryAfter would take an infinite one for less than nothing.
    private bool IsForGood => decision.Outcome == RateLimitOutcome.Unsatisfiable;

    public override bool TryGetMetadata(string metadataName, out object? metadata)
    {
        metadata = metadataName == RateLimitMetadata.Remaining.Name ? decision.Remaining
            : IsAcquired ? null
            : metadataName == MetadataName.RetryAfter.Name ? IsForGood ? null : decision.RetryAfter
            : metadataName == RateLimitMetadata.LimitName.Name ? decision.Limit?.Name
            : null;
        return metadata is not null;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            held?.Dispose();
        }

        base.Dispose(disposing);
    }
}
