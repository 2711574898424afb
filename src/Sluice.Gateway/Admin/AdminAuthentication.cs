using System.Security.Cryptography;
using System.Text;

namespace Sluice.Gateway;

/// <summary>Checks the token of requests to the admin address, and limits how often an address may send a wrong one.</summary>
/// <remarks>
/// <para>A right token is always served, whatever else came from the same address, so that an attacker cannot lock an operator out.</para>
/// <para>The first failure of an address is logged, and no further one. The number of addresses is bounded.</para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
internal sealed partial class AdminAuthentication
{
    /// <summary>Failures of one address that are answered 401; more are answered 429.</summary>
    internal const int FailuresPerMinute = 20;

    private const int MaxAddresses = 4_096;

    private readonly byte[]? _hash;
    private readonly InProcessStore _store;
    private readonly ApplicableLimits _limits;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly HashSet<string> _logged = [];

    /// <param name="token">The token; null when none is needed.</param>
    /// <param name="time">The clock of the limit.</param>
    /// <param name="logger">Takes the first failure of each address.</param>
    internal AdminAuthentication(string? token, TimeProvider time, ILogger<AdminAuthentication> logger)
    {
        _hash = token is null ? null : HashOf(token);
        _logger = logger;
        _store = new InProcessStore(new InProcessStoreOptions { MaxKeys = MaxAddresses }, time, isObserved: false);
        _limits = RateLimitPolicy
            .Build("admin", limits => limits.PerUser($"{FailuresPerMinute}/1m").Meter(MeteredRequests.All))
            .Select("authenticate", "", CallerIdentity.None);
    }

    /// <summary>Whether a request may see everything.</summary>
    /// <remarks>Hashes are compared, in constant time: so neither the token's length nor its beginning can be measured.</remarks>
    internal bool Admits(HttpContext context) =>
        _hash is null
        || (BearerCredential.TryRead(context.Request.Headers, out string? token) && CryptographicOperations.FixedTimeEquals(_hash, HashOf(token)));

    /// <summary>Answers a request that lacks the token.</summary>
    internal Task RejectAsync(HttpContext context)
    {
        string address = AddressIdentity.NameOf(context.Connection.RemoteIpAddress);
        RateLimitDecision decision = _store.Acquire(
            new RateLimitRequest(_limits, new CallerIdentity(AddressIdentity.Issuer, address, tenant: null, client: null)), []);
        LogOnce(address, context.Request.Headers.Authorization.Count == 0 ? "without a token" : "with a wrong token");
        if (!decision.IsAllowed)
        {
            context.Response.Headers.RetryAfter =
                ((long)Math.Ceiling(decision.RetryAfter.TotalSeconds)).ToString(System.Globalization.CultureInfo.InvariantCulture);
            return ApiErrors.WriteAsync(context, StatusCodes.Status429TooManyRequests, "Too many requests without the right token.");
        }

        context.Response.Headers.WWWAuthenticate = "Bearer realm=\"sluice admin\"";
        return ApiErrors.WriteAsync(
            context, StatusCodes.Status401Unauthorized, "The admin address needs its token: send 'Authorization: Bearer TOKEN'.");
    }

    private void LogOnce(string address, string how)
    {
        lock (_gate)
        {
            if (_logged.Count >= MaxAddresses || !_logged.Add(address))
            {
                return;
            }
        }

        Log.Refused(_logger, how);
    }

    private static byte[] HashOf(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "A request to the admin address came {How}. Further ones of the same address are not logged.")]
        internal static partial void Refused(ILogger logger, string how);
    }
}
