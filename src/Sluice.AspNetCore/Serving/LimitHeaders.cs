using Microsoft.Extensions.DependencyInjection;
using Sluice.Mcp;

namespace Sluice.AspNetCore;

/// <summary>Puts what the limits have left on a response, as the policy asks for.</summary>
internal static class LimitHeaders
{
    private static readonly Draft11HeaderWriter Draft11 = new();
    private static readonly XRateLimitHeaderWriter XRateLimit = new();

    internal static void Write(HttpContext context, in GateDecision decision)
    {
        if (decision.States.IsEmpty)
        {
            return; // No limit applies.
        }

        RateLimitingSettings settings = decision.Settings;
        if (settings.Headers == LimitHeadersMode.Never
            || (settings.Headers == LimitHeadersMode.OnRefusal && decision.IsAllowed))
        {
            return;
        }

        if (settings.HeaderStyle is LimitHeadersStyle.Draft11 or LimitHeadersStyle.Both)
        {
            Write(Draft11, context.Response.Headers, decision);
        }

        if (settings.HeaderStyle is LimitHeadersStyle.XRateLimit or LimitHeadersStyle.Both)
        {
            Write(XRateLimitWriter(context, settings.HeaderReset), context.Response.Headers, decision);
        }
    }

    private static void Write(IRateLimitHeaderWriter writer, IHeaderDictionary headers, in GateDecision decision) => writer.Write(
        decision.Answer, decision.Limits, decision.States, headers, static (target, name, value) => target[name] = value);

    private static XRateLimitHeaderWriter XRateLimitWriter(HttpContext context, LimitHeadersReset reset) => reset switch
    {
        LimitHeadersReset.Seconds => XRateLimit,
        LimitHeadersReset.UnixTime => new XRateLimitHeaderWriter(
            context.RequestServices.GetService<TimeProvider>() ?? TimeProvider.System),
        _ => throw new ArgumentOutOfRangeException(nameof(reset), reset, "Not a form of the reset."),
    };
}
