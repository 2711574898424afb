namespace Sluice;

/// <summary>What happens to a call that meets a scoped limit (per tenant, user or client) without that identity.</summary>
public enum MissingIdentity
{
    /// <summary>The call is rejected.</summary>
    Reject = 0,

    /// <summary>All such callers share one bucket, apart from every named caller's; the default of a policy.</summary>
    Pool = 1,

    /// <summary>The limit does not apply to the call.</summary>
    Skip = 2,
}
