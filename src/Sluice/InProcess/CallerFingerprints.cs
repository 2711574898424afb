using System.Runtime.CompilerServices;

namespace Sluice;

/// <summary>A caller's fingerprints, taken once each and kept beside the identity, so that a known caller hashes nothing.</summary>
/// <remarks>
/// Thread safety: several threads may take one at once, and write the same value. The low half, which is never zero once it is
/// known, is written last and read first.
/// </remarks>
internal struct CallerFingerprints
{
    private ulong _userLow;
    private ulong _userHigh;
    private ulong _tenantLow;
    private ulong _tenantHigh;
    private ulong _clientLow;
    private ulong _clientHigh;

    /// <summary>The caller's fingerprint in a scope that is not <see cref="RateLimitScope.Shared"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Fingerprint Of(CallerIdentity caller, RateLimitScope scope) => scope switch
    {
        RateLimitScope.PerUser => Of(ref _userLow, ref _userHigh, caller, scope),
        RateLimitScope.PerTenant => Of(ref _tenantLow, ref _tenantHigh, caller, scope),
        RateLimitScope.PerClient => Of(ref _clientLow, ref _clientHigh, caller, scope),
        _ => throw new ArgumentOutOfRangeException(nameof(scope), scope, "Not the scope of a caller."),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Fingerprint Of(ref ulong low, ref ulong high, CallerIdentity caller, RateLimitScope scope)
    {
        ulong known = Volatile.Read(ref low);
        return known != 0 ? new Fingerprint(known, high) : Take(ref low, ref high, caller, scope);
    }

    private static Fingerprint Take(ref ulong low, ref ulong high, CallerIdentity caller, RateLimitScope scope)
    {
        Fingerprint taken = Fingerprint.Of(
            scope, caller.Issuer, caller.Part(scope), scope == RateLimitScope.PerUser ? caller.UserTenant : null);
        taken = taken with { Low = taken.Low | 1 };
        high = taken.High;
        Volatile.Write(ref low, taken.Low);
        return taken;
    }
}
