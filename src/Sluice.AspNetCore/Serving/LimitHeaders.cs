using Microsoft.Extensions.DependencyInjection;
using Sluice.Mcp;

namespace Sluice.AspNetCore;

/// <summary>Puts what the limits have left on a response, as the policy asks for.</summary>
/// <remarks>
/// They replace every limit header that the server sends itself, in whatever family: parts of two sources would tell a client
/// something that neither means. Where none is written, those of the server pass as they are.
/// </remarks>
internal static class LimitHeaders
{
    private static readonly Draft11HeaderWriter Draft11 = new();
    private static readonly XRateLimitHeaderWriter XRateLimit = new();

    internal static void Write(HttpContext context, in GateDecision decision)
    {
        if (!AreWanted(decision))
        {
            return;
        }

        List<KeyValuePair<string, string>> written = Of(decision, context.RequestServices);
        if (written.Count == 0)
        {
            return;
        }

        // Of several policies in one app the last one counts: it is the one that rejected, if one did.
        if (context.Features.Get<Written>() is not Written headers)
        {
            headers = new Written();
            context.Features.Set(headers);
            context.Response.OnStarting(() =>
            {
                Replace(context.Response.Headers, headers.Headers);
                return Task.CompletedTask;
            });
        }

        headers.Headers = written;
    }

    /// <summary>The headers that the policy asks for.</summary>
    /// <param name="decision">The decision.</param>
    /// <param name="services">Has the clock, where it is not the system's; or null.</param>
    internal static List<KeyValuePair<string, string>> Of(in GateDecision decision, IServiceProvider? services)
    {
        List<KeyValuePair<string, string>> written = [];
        if (!AreWanted(decision))
        {
            return written;
        }

        LimitHeadersStyle style = decision.Settings.HeaderStyle;
        if (style is LimitHeadersStyle.Draft11 or LimitHeadersStyle.Both)
        {
            Write(Draft11, written, decision);
        }

        if (style is LimitHeadersStyle.XRateLimit or LimitHeadersStyle.Both)
        {
            Write(XRateLimitWriter(services, decision.Settings.HeaderReset), written, decision);
        }

        return written;
    }

    // There are no states where no limit applies.
    private static bool AreWanted(in GateDecision decision) => !decision.States.IsEmpty && decision.Settings.Headers switch
    {
        LimitHeadersMode.Never => false,
        LimitHeadersMode.OnRefusal => !decision.IsAllowed,
        _ => true,
    };

    private static void Replace(IHeaderDictionary headers, List<KeyValuePair<string, string>> written)
    {
        foreach (string name in headers.Keys.Where(IsLimitHeader).ToArray())
        {
            headers.Remove(name);
        }

        foreach ((string name, string value) in written)
        {
            headers[name] = value;
        }
    }

    private static bool IsLimitHeader(string name) =>
        name.StartsWith("RateLimit", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("X-RateLimit", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("X-Rate-Limit", StringComparison.OrdinalIgnoreCase);

    private static void Write(
        IRateLimitHeaderWriter writer, List<KeyValuePair<string, string>> written, in GateDecision decision) => writer.Write(
        decision.Answer, decision.Limits, decision.States, written, static (target, name, value) => target.Add(new(name, value)));

    private static XRateLimitHeaderWriter XRateLimitWriter(IServiceProvider? services, LimitHeadersReset reset) => reset switch
    {
        LimitHeadersReset.Seconds => XRateLimit,
        LimitHeadersReset.UnixTime => new XRateLimitHeaderWriter(
            services?.GetService<TimeProvider>() ?? TimeProvider.System),
        _ => throw new ArgumentOutOfRangeException(nameof(reset), reset, "Not a form of the reset."),
    };

    /// <summary>What a response will tell.</summary>
    private sealed class Written
    {
        internal List<KeyValuePair<string, string>> Headers { get; set; } = [];
    }
}
