namespace Sluice.Gateway;

/// <summary>What became of finding out who calls.</summary>
internal enum AuthenticationOutcome
{
    /// <summary>The request carries no credentials of the kind that was looked for. Also the default, which lets no call through.</summary>
    NoCredentials = 0,

    /// <summary>The caller is known, or need not be.</summary>
    Succeeded = 1,

    /// <summary>What the request carries is wrong.</summary>
    Failed = 2,

    /// <summary>What the request carries is wrong, and too much else that came from its address was wrong too.</summary>
    Blocked = 3,

    /// <summary>What the request carries cannot be checked at the moment.</summary>
    Unavailable = 4,
}
