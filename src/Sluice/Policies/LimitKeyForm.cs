namespace Sluice;

/// <summary>The keys that need no look-up; the first four have the numbers of their scopes.</summary>
internal enum LimitKeyForm
{
    /// <summary>One bucket for all callers.</summary>
    Shared = RateLimitScope.Shared,

    /// <summary>By tenant.</summary>
    Tenant = RateLimitScope.PerTenant,

    /// <summary>By user.</summary>
    User = RateLimitScope.PerUser,

    /// <summary>By client.</summary>
    Client = RateLimitScope.PerClient,

    /// <summary>By claims, or by several parts.</summary>
    Other = 4,
}
