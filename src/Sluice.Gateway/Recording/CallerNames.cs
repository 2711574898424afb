namespace Sluice.Gateway;

/// <summary>How callers are shown to operators: as salted hashes, or in clear where the configuration says so.</summary>
/// <remarks>Thread safety: any number of threads.</remarks>
/// <param name="hashes">The hashes.</param>
/// <param name="areClear">Whether callers are shown in clear.</param>
internal sealed class CallerNames(CallerHashes hashes, bool areClear)
{
    /// <summary>Whether callers are shown in clear.</summary>
    internal bool AreClear => areClear;

    /// <summary>How a caller is shown: the user, else the client, else the tenant; null for a caller about whom nothing is known.</summary>
    internal string? Of(CallerIdentity caller) => areClear
        ? caller.Subject ?? caller.Client ?? caller.Tenant
        : hashes.Of(caller).Caller;
}
