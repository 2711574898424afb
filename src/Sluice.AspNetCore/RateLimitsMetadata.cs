namespace Sluice.AspNetCore;

/// <summary>Says on an endpoint that its calls are limited, and by which policy.</summary>
/// <param name="Policy">The policy's name.</param>
public sealed record RateLimitsMetadata(string Policy)
{
    /// <summary>Whether the metadata of an endpoint names this policy.</summary>
    internal static bool Names(string policy, IEnumerable<object> metadata)
    {
        foreach (object item in metadata)
        {
            if (item is RateLimitsMetadata own && own.Policy == policy)
            {
                return true;
            }
        }

        return false;
    }
}
