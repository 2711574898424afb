using System.Collections.Immutable;

namespace Sluice.Gateway;

/// <summary>Limits how many different wrong credentials each address may send.</summary>
/// <remarks>
/// <para>
/// It is asked after a credential was checked, so that a right one is always served, whatever else came from the same address. A
/// repeated wrong credential is not counted again: a program that has not noticed that its key was replaced guesses nothing. Beyond
/// the limit, a wrong credential that is new is answered 429, and signatures of such an address are checked a few at a time.
/// </para>
/// <para>
/// An IPv6 address counts as its network of 64 bits, which is what one customer has. The number of addresses is bounded.
/// </para>
/// <para>Thread safety: any number of requests at a time.</para>
/// </remarks>
internal sealed class WrongCredentialLimiter
{
    private const int MaxAddresses = 65_536;
    private readonly TrustedProxies _proxies;
    private readonly InProcessStore _store;
    private readonly ApplicableLimits _limits;
    private readonly WrongCredentials _wrong;

    /// <param name="failures">How many different wrong credentials an address may send.</param>
    /// <param name="proxies">The proxies that are trusted to name the address of a client.</param>
    /// <param name="time">The clock of the limit.</param>
    /// <param name="previous">The one under the configuration before, whose counts are kept; or null.</param>
    internal WrongCredentialLimiter(Rate failures, TrustedProxies proxies, TimeProvider time, WrongCredentialLimiter? previous = null)
    {
        _proxies = proxies;
        _wrong = previous?._wrong ?? new WrongCredentials();
        _store = previous?._store ?? new InProcessStore(new InProcessStoreOptions { MaxKeys = MaxAddresses }, time, isObserved: false);
        RateLimitingSettings settings = new() { PerUser = failures, Meter = MeteredRequests.All, SlidingWindowCeiling = int.MaxValue };
        RateLimitPolicy policy = RateLimitPolicy.Compile("authentication", settings, out ImmutableArray<SettingsFault> faults)
            ?? throw new ArgumentException(string.Join(Environment.NewLine, faults), nameof(failures));
        _limits = policy.Select("authenticate", "", CallerIdentity.None);
    }

    /// <summary>
    /// Whether a credential is probably wrong: its address sent it before and it was wrong, or the address is at its limit.
    /// </summary>
    internal bool IsSuspect(HttpContext context, string credential)
    {
        if (_store.Count == 0) // No address has sent a wrong credential yet.
        {
            return false;
        }

        string address = AddressOf(context);
        return !_store.Peek(AttemptFrom(address), []).IsAllowed || _wrong.Contains(address, credential);
    }

    /// <summary>Counts a credential that is wrong.</summary>
    /// <param name="context">The request.</param>
    /// <param name="result">The outcome of the check.</param>
    /// <returns>The answer: the outcome itself, or <see cref="AuthenticationOutcome.Blocked"/> beyond the limit.</returns>
    internal AuthenticationResult Count(HttpContext context, AuthenticationResult result)
    {
        if (result.WrongCredential is not string credential)
        {
            return result;
        }

        // Remembered before it is counted, so that parallel calls with one credential count once.
        string address = AddressOf(context);
        if (!_wrong.TryAdd(address, credential))
        {
            return result;
        }

        // Not a charge that could go into debt: parallel attempts must not add up to a long lock-out.
        RateLimitDecision decision = _store.Acquire(AttemptFrom(address), []);
        if (decision.IsAllowed)
        {
            return result.Noted();
        }

        _wrong.Remove(address, credential); // Only what was counted fills the memory.
        return AuthenticationResult.Blocked(result.Failure!, decision.RetryAfter);
    }

    private RateLimitRequest AttemptFrom(string address) =>
        new(_limits, new CallerIdentity(AddressIdentity.Issuer, address, tenant: null, client: null));

    private string AddressOf(HttpContext context) => AddressIdentity.NameOf(_proxies.ClientOf(context));
}
