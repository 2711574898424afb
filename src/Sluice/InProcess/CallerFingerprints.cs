using System.Runtime.CompilerServices;

namespace Sluice;

/// <summary>A caller's fingerprints, taken once each and kept beside the identity, so that a known caller hashes nothing.</summary>
/// <remarks>
/// Thread safety: several threads may take one at once, and write the same value. The low half, which is never zero once it is
/// known, is written last and read first.
/// </remarks>
internal struct CallerFingerprints
{
    /// <summary>As many keys as a caller keeps fingerprints for, apart from the scopes.</summary>
    private const int MostOthers = 32;

    private ulong _userLow;
    private ulong _userHigh;
    private ulong _tenantLow;
    private ulong _tenantHigh;
    private ulong _clientLow;
    private ulong _clientHigh;
    private KeyPrint[]? _others;

    /// <summary>The caller's fingerprint for a key that is not <see cref="LimitKey.Shared"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Fingerprint Of(CallerIdentity caller, LimitKey key) => key.Form switch
    {
        LimitKeyForm.User => Of(ref _userLow, ref _userHigh, caller, RateLimitScope.PerUser),
        LimitKeyForm.Tenant => Of(ref _tenantLow, ref _tenantHigh, caller, RateLimitScope.PerTenant),
        LimitKeyForm.Client => Of(ref _clientLow, ref _clientHigh, caller, RateLimitScope.PerClient),
        _ => OfOther(caller, key),
    };

    [MethodImpl(MethodImplOptions.NoInlining)] // Not inlined: keeps the registers of the rare path out of the common one.
    private Fingerprint OfOther(CallerIdentity caller, LimitKey key)
    {
        KeyPrint[] others = Volatile.Read(ref _others) ?? [];
        foreach (KeyPrint other in others)
        {
            if (other.Key.Equals(key))
            {
                return other.Print;
            }
        }

        if (key.Count == 0)
        {
            throw new ArgumentException("Not the key of a caller.", nameof(key));
        }

        Fingerprint[] parts = new Fingerprint[key.Count];
        for (int i = 0; i < parts.Length; i++)
        {
            parts[i] = OfPart(caller, key[i]);
        }

        Fingerprint taken = parts.Length == 1 ? parts[0] : Fingerprint.Of(parts);

        // The oldest is evicted. A thread that adds one at the same time may lose it, and takes it again.
        IEnumerable<KeyPrint> kept = others.Length < MostOthers ? others : others.Skip(1);
        Volatile.Write(ref _others, [.. kept, new KeyPrint(key, taken)]);
        return taken;
    }

    private Fingerprint OfPart(CallerIdentity caller, LimitKeyPart part) => part.Claim is not string name
        ? Of(caller, LimitKey.Of(part))
        : Fingerprint.OfClaim(caller.Issuer, name, caller.FindClaim(name)?.Text);

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

    private sealed record KeyPrint(LimitKey Key, Fingerprint Print);
}
