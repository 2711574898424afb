using Sluice.Mcp;

namespace Sluice.AspNetCore;

/// <summary>Puts what the limits have left on a response, as the policy asks for.</summary>
internal static class LimitHeaders
{
    private static readonly IRateLimitHeaderWriter[] Draft11 = [new Draft11HeaderWriter()];
    private static readonly IRateLimitHeaderWriter[] XRateLimit = [new XRateLimitHeaderWriter()];
    private static readonly IRateLimitHeaderWriter[] Both = [.. Draft11, .. XRateLimit];

    internal static void Write(IHeaderDictionary headers, in GateDecision decision)
    {
        ReadOnlySpan<LimitState> states = decision.States;
        if (states.IsEmpty
            || decision.Settings.Headers == LimitHeadersMode.Never
            || (decision.Settings.Headers == LimitHeadersMode.OnRefusal && decision.IsAllowed))
        {
            return;
        }

        foreach (IRateLimitHeaderWriter writer in WritersOf(decision.Settings.HeaderStyle))
        {
            writer.Write(decision.Answer, decision.Limits, states, headers, static (target, name, value) => target[name] = value);
        }
    }

    private static IRateLimitHeaderWriter[] WritersOf(LimitHeadersStyle style) => style switch
    {
        LimitHeadersStyle.Draft11 => Draft11,
        LimitHeadersStyle.XRateLimit => XRateLimit,
        LimitHeadersStyle.Both => Both,
        _ => throw new ArgumentOutOfRangeException(nameof(style), style, "Not a style of headers."),
    };
}
