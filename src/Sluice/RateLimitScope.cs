namespace Sluice;

/// <summary>Who shares one bucket of a limit.</summary>
/// <remarks>The order of the members is the order in which limits are evaluated and reported.</remarks>
public enum RateLimitScope
{
    /// <summary>All callers: one bucket.</summary>
    Shared = 0,

    /// <summary>All callers of one tenant: a bucket for each tenant.</summary>
    PerTenant = 1,

    /// <summary>One user: a bucket for each user.</summary>
    PerUser = 2,

    /// <summary>One OAuth client or agent: a bucket for each client.</summary>
    PerClient = 3,
}
