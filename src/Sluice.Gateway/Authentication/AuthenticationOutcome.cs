namespace Sluice.Gateway;

/// <summary>What became of finding out who calls.</summary>
internal enum AuthenticationOutcome
{
    /// <summary>The request carries nothing of the kind that was looked for. Also the default, which lets nobody through.</summary>
    NoCredentials = 0,

    /// <summary>The caller is known.</summary>
    Succeeded = 1,

    /// <summary>What the request carries is wrong.</summary>
    Failed = 2,

    /// <summary>Too much was wrong that came from this address, so nothing was looked at.</summary>
    Blocked = 3,

    /// <summary>What the request carries cannot be checked at the moment.</summary>
    Unavailable = 4,
}
