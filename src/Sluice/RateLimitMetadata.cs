using System.Threading.RateLimiting;

namespace Sluice;

/// <summary>What a lease of ours says, apart from the framework's <see cref="MetadataName.RetryAfter"/>.</summary>
public static class RateLimitMetadata
{
    /// <summary>The name of the limit that rejected; only on a rejection.</summary>
    public static MetadataName<string> LimitName { get; } = MetadataName.Create<string>("LIMIT_NAME");

    /// <summary>Whole tokens left: in the limit that rejected, else in the limit with the fewest.</summary>
    public static MetadataName<int> Remaining { get; } = MetadataName.Create<int>("REMAINING");
}
