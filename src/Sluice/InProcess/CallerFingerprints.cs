namespace Sluice;

/// <summary>A caller's fingerprints, taken once each and kept beside the identity, so that a known caller hashes nothing.</summary>
/// <remarks>
/// Thread safety: several threads may take one at once; they all write the same value, and the flag after it.
/// </remarks>
internal struct CallerFingerprints
{
    private Fingerprint _tenant;
    private Fingerprint _user;
    private Fingerprint _client;
    private bool _hasTenant;
    private bool _hasUser;
    private bool _hasClient;

    /// <summary>The caller's fingerprint in a scope that is not <see cref="RateLimitScope.Shared"/>.</summary>
    internal Fingerprint Of(CallerIdentity caller, RateLimitScope scope) => scope switch
    {
        RateLimitScope.PerUser => Of(ref _hasUser, ref _user, caller, scope),
        RateLimitScope.PerTenant => Of(ref _hasTenant, ref _tenant, caller, scope),
        _ => Of(ref _hasClient, ref _client, caller, scope),
    };

    private static Fingerprint Of(ref bool isKnown, ref Fingerprint known, CallerIdentity caller, RateLimitScope scope)
    {
        if (!Volatile.Read(ref isKnown))
        {
            known = Fingerprint.Of(scope, caller.Issuer, caller.Part(scope));
            Volatile.Write(ref isKnown, true);
        }

        return known;
    }
}
