using System.Globalization;
using System.Text;

namespace Sluice.Mcp;

/// <summary>Writes <c>RateLimit-Policy</c> and <c>RateLimit</c>.</summary>
/// <remarks>
/// <para>
/// Each enforced limit is an item of its own, by its name, since several limits of one tool apply to one call. Of its rate
/// <c>q</c> tokens come in <c>w</c> seconds; <c>r</c> tokens are left, and after <c>t</c> seconds the call passes (where the
/// limit rejected it) or the limit is full again. Seconds are rounded up; <c>w</c> is at least 1, and absent for windows of a
/// calendar, whose length varies. A limit on concurrency has <c>qu="concurrent-requests"</c> and no <c>w</c>, and <c>r</c> is the
/// number of free slots; when one becomes free is not known, so <c>t</c> is present on a rejection only.
/// </para>
/// <para>
/// A name is a structured field's string, which is printable ASCII: whatever else it holds, and the percent sign, is
/// percent-encoded as UTF-8, so that no two names become one.
/// </para>
/// <para>
/// Nothing is written where the store did not answer, and nothing of permissive limits: they reject no call.
/// </para>
/// <para>Source: draft-ietf-httpapi-ratelimit-headers-11; RFC 9651, section 3.3.3.</para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
public sealed class Draft11HeaderWriter : IRateLimitHeaderWriter
{
    /// <inheritdoc/>
    public void Write<TTarget>(
        RateLimitDecision decision,
        ApplicableLimits limits,
        ReadOnlySpan<LimitState> states,
        TTarget target,
        Action<TTarget, string, string> setHeader)
    {
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(setHeader);
        if (decision.Source == DecisionSource.OnStoreFailure)
        {
            return;
        }

        StringBuilder policies = new();
        StringBuilder remaining = new();
        for (int i = 0; i < limits.Count; i++)
        {
            if (limits[i].Mode == LimitMode.Enforce)
            {
                WritePolicy(policies, limits[i]);
                WriteRemaining(remaining, limits[i], states[i]);
            }
        }

        if (policies.Length > 0)
        {
            setHeader(target, "RateLimit-Policy", policies.ToString());
            setHeader(target, "RateLimit", remaining.ToString());
        }
    }

    private static void WritePolicy(StringBuilder value, RateLimit limit)
    {
        _ = WriteName(value, limit.Name);
        if (limit.Concurrency is int calls)
        {
            _ = value.Append(CultureInfo.InvariantCulture, $";q={calls};qu=\"concurrent-requests\"");
            return;
        }

        _ = value.Append(CultureInfo.InvariantCulture, $";q={limit.MaxTokens}");
        if (limit.Rate.Window is null)
        {
            _ = value.Append(CultureInfo.InvariantCulture, $";w={WholeSeconds.RoundUp(limit.Rate.RefillPeriod)}");
        }
    }

    private static void WriteRemaining(StringBuilder value, RateLimit limit, LimitState state)
    {
        WriteName(value, limit.Name).Append(CultureInfo.InvariantCulture, $";r={state.Remaining}");
        if (!limit.AdmitsNothing && (limit.Concurrency is null || state.Outcome == RateLimitOutcome.Denied))
        {
            TimeSpan wait = state.Outcome == RateLimitOutcome.Denied ? state.RetryAfter : state.ResetAfter;
            value.Append(CultureInfo.InvariantCulture, $";t={WholeSeconds.RoundUp(wait)}");
        }
    }

    private static StringBuilder WriteName(StringBuilder value, string name)
    {
        if (value.Length > 0)
        {
            value.Append(", ");
        }

        value.Append('"');
        foreach (byte letter in Encoding.UTF8.GetBytes(name))
        {
            _ = letter is (byte)'"' or (byte)'\\' ? value.Append('\\').Append((char)letter)
                : letter is >= (byte)' ' and <= (byte)'~' and not (byte)'%' ? value.Append((char)letter)
                : value.Append(CultureInfo.InvariantCulture, $"%{letter:X2}");
        }

        return value.Append('"');
    }
}
