using System.Globalization;
using Sluice.Mcp;

namespace Sluice.Gateway.Serving;

/// <summary>Puts what the limits have left on a response, as the policy asks for.</summary>
internal static class LimitHeaders
{
    internal static void Write(
        IHeaderDictionary headers,
        RateLimitingSettings settings,
        ApplicableLimits limits,
        ReadOnlySpan<LimitState> states,
        RateLimitDecision decision)
    {
        if (settings.Headers == LimitHeadersMode.Never || (settings.Headers == LimitHeadersMode.OnRefusal && decision.IsAllowed))
        {
            return;
        }

        if (settings.HeaderStyle != LimitHeadersStyle.XRateLimit)
        {
            headers["RateLimit-Policy"] = RateLimitHeaders.Policy(limits);
            headers["RateLimit"] = RateLimitHeaders.Remaining(limits, states);
        }

        if (settings.HeaderStyle != LimitHeadersStyle.Draft11)
        {
            int tightest = Tightest(limits, states, decision);
            headers["X-RateLimit-Limit"] = limits[tightest].Rate.Capacity.ToString(CultureInfo.InvariantCulture);
            headers["X-RateLimit-Remaining"] = states[tightest].Remaining.ToString(CultureInfo.InvariantCulture);
            headers["X-RateLimit-Reset"] = Math.Ceiling(states[tightest].ResetAfter.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }
    }

    /// <summary>The one limit that these headers have room for: the one that refused, else the one with the fewest tokens left.</summary>
    private static int Tightest(ApplicableLimits limits, ReadOnlySpan<LimitState> states, RateLimitDecision decision)
    {
        int tightest = 0;
        for (int i = 0; i < limits.Count; i++)
        {
            if (ReferenceEquals(limits[i], decision.Limit))
            {
                return i;
            }

            tightest = states[i].Remaining < states[tightest].Remaining ? i : tightest;
        }

        return tightest;
    }
}
