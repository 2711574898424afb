namespace Sluice;

/// <summary>Which headers say what the limits have left.</summary>
public enum LimitHeadersStyle
{
    /// <summary><c>RateLimit-Policy</c> and <c>RateLimit</c> of draft-ietf-httpapi-ratelimit-headers-11; the default.</summary>
    Draft11 = 0,

    /// <summary><c>X-RateLimit-Limit</c>, <c>-Remaining</c> and <c>-Reset</c> (in seconds) of the tightest limit.</summary>
    XRateLimit = 1,

    /// <summary>Both.</summary>
    Both = 2,
}
