using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace Sluice.Gateway;

/// <summary>Lets each address get only so many credentials wrong, before any of them is looked at.</summary>
/// <remarks>
/// <para>
/// What is right costs nothing, and so does a request without credentials, with which clients begin. An IPv6 address counts as
/// its network of 64 bits, which is what one customer has. The number of addresses that are remembered is bounded.
/// </para>
/// <para>Thread safety: any number of requests at a time.</para>
/// </remarks>
internal sealed class FailureLimiter : IAuthenticator
{
    private const int MaxAddresses = 65_536;
    private const int NetworkBytes = 8;
    private const string Issuer = "urn:sluice:address";
    private readonly IAuthenticator _inner;
    private readonly TrustedProxies _proxies;
    private readonly InProcessStore _store;
    private readonly ApplicableLimits _limits;

    /// <param name="inner">Finds out who calls.</param>
    /// <param name="failures">How many credentials an address may get wrong.</param>
    /// <param name="proxies">Whose word counts on where a request comes from.</param>
    /// <param name="time">The clock of the limit.</param>
    internal FailureLimiter(IAuthenticator inner, Rate failures, TrustedProxies proxies, TimeProvider time)
    {
        _inner = inner;
        _proxies = proxies;
        _store = new InProcessStore(new InProcessStoreOptions { MaxKeys = MaxAddresses }, time);
        RateLimitingSettings settings = new() { PerUser = failures, Meter = MeteringUnit.All, SlidingWindowCeiling = int.MaxValue };
        RateLimitPolicy policy = RateLimitPolicy.Compile("authentication", settings, out ImmutableArray<SettingsFault> faults)
            ?? throw new ArgumentException(string.Join(Environment.NewLine, faults), nameof(failures));
        _limits = policy.Select("authenticate", "", CallerIdentity.None);
    }

    public async ValueTask<AuthenticationResult> AuthenticateAsync(HttpContext context)
    {
        if (_store.Count > 0) // As long as nobody has failed, nobody's address needs to be known.
        {
            RateLimitDecision decision = _store.Peek(AttemptFrom(context), []);
            if (!decision.IsAllowed)
            {
                return AuthenticationResult.Blocked(decision.RetryAfter);
            }
        }

        AuthenticationResult result = await _inner.AuthenticateAsync(context);
        if (result.Outcome == AuthenticationOutcome.Failed)
        {
            // Not a charge that could go into debt: attempts that were under way together must not add up to a long lock-out.
            _store.Acquire(AttemptFrom(context), []);
        }

        return result;
    }

    private RateLimitRequest AttemptFrom(HttpContext context) => new(_limits, Identify(_proxies.ClientOf(context)));

    private static CallerIdentity Identify(IPAddress? address) => new(
        Issuer,
        address is null ? "none"
            : address.AddressFamily == AddressFamily.InterNetworkV6
                ? Convert.ToHexStringLower(address.GetAddressBytes().AsSpan(0, NetworkBytes))
            : address.ToString(),
        tenant: null,
        client: null);
}
