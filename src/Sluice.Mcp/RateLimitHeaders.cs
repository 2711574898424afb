using System.Globalization;
using System.Text;

namespace Sluice.Mcp;

/// <summary>Writes what limits are left as HTTP headers.</summary>
/// <remarks>
/// <para>
/// Source: IETF draft-ietf-httpapi-ratelimit-headers-11. Each limit is a policy of its own, by its name, since several
/// limits of one tool apply to one call.
/// </para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
public static class RateLimitHeaders
{
    /// <summary>The value of <c>RateLimit-Policy</c>: what each limit grants (<c>q</c> tokens in <c>w</c> seconds).</summary>
    /// <exception cref="ArgumentNullException"><paramref name="limits"/> is null.</exception>
    public static string Policy(ApplicableLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        StringBuilder value = new();
        foreach (RateLimit limit in limits.Limits)
        {
            Item(value, limit).Append(
                CultureInfo.InvariantCulture, $";q={limit.Rate.MaxTokens};w={Math.Max(1, Seconds(limit.Rate.RefillPeriod))}");
        }

        return value.ToString();
    }

    /// <summary>The value of <c>RateLimit</c>: what each limit has left (<c>r</c> tokens; more after <c>t</c> seconds).</summary>
    /// <param name="limits">The limits that applied.</param>
    /// <param name="states">Their states, in their order.</param>
    /// <exception cref="ArgumentNullException"><paramref name="limits"/> is null.</exception>
    public static string Remaining(ApplicableLimits limits, ReadOnlySpan<LimitState> states)
    {
        ArgumentNullException.ThrowIfNull(limits);
        StringBuilder value = new();
        for (int i = 0; i < limits.Count; i++)
        {
            LimitState state = states[i];
            TimeSpan wait = state.Outcome == RateLimitOutcome.Denied ? state.RetryAfter : state.ResetAfter;
            Item(value, limits[i]).Append(CultureInfo.InvariantCulture, $";r={state.Remaining};t={Seconds(wait)}");
        }

        return value.ToString();
    }

    private static StringBuilder Item(StringBuilder value, RateLimit limit)
    {
        if (value.Length > 0)
        {
            value.Append(", ");
        }

        value.Append('"');
        foreach (byte c in Encoding.UTF8.GetBytes(limit.Name))
        {
            // A structured field's string is printable ASCII (RFC 9651, section 3.3.3); the rest is percent-encoded.
            _ = c is (byte)'"' or (byte)'\\' ? value.Append('\\').Append((char)c)
                : c is >= 0x20 and < 0x7F ? value.Append((char)c)
                : value.Append(CultureInfo.InvariantCulture, $"%{c:X2}");
        }

        return value.Append('"');
    }

    private static long Seconds(TimeSpan time) =>
        (time.Ticks / TimeSpan.TicksPerSecond) + (time.Ticks % TimeSpan.TicksPerSecond > 0 ? 1 : 0);
}
