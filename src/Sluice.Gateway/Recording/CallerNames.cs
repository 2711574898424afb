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

    /// <summary>How the owner of a bucket is shown: by the part of the key that says most; null for a bucket that all share.</summary>
    internal string? Of(CallerIdentity caller, LimitKey key)
    {
        if (key.Contains(LimitKeyPart.User))
        {
            return areClear ? caller.Subject : hashes.OfUser(caller);
        }

        if (key.Contains(LimitKeyPart.Client))
        {
            return areClear ? caller.Client : hashes.OfClient(caller);
        }

        return key.FirstOrDefault(part => part.Claim is not null)?.Claim is string claim
                ? string.Join(",", caller.Claim(claim).Select(value => areClear ? value : hashes.OfClaim(claim, value)))
            : key.Contains(LimitKeyPart.Tenant) ? areClear ? caller.Tenant : hashes.OfTenant(caller)
            : null;
    }
}
