using Microsoft.Extensions.DependencyInjection;
using Sluice.Mcp;

namespace Sluice.AspNetCore;

/// <summary>Puts what the limits have left on a response, as the policy asks for.</summary>
/// <remarks>
/// They replace every limit header that the server sends itself, in whatever family: headers of two sources together would be wrong. Where
/// none is written, those of the server pass as they are.
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

    /// <summary>Writes the headers of an answer that tells what limits have left, unless the policy has none.</summary>
    internal static void WriteOf(
        HttpContext context, RateLimitingSettings settings, in RateLimitDecision answer, ApplicableLimits limits, ReadOnlySpan<LimitState> states)
    {
        if (settings.Headers != LimitHeadersMode.Never)
        {
            Replace(context.Response.Headers, Of(settings, answer, limits, states, context.RequestServices));
        }
    }

    /// <summary>The headers that the policy asks for.</summary>
    /// <param name="decision">The decision.</param>
    /// <param name="services">Has the clock, where it is not the system's; or null.</param>
    internal static List<KeyValuePair<string, string>> Of(in GateDecision decision, IServiceProvider? services)
    {
        return AreWanted(decision) ? Of(decision.Settings, decision.Answer, decision.Limits, decision.States, services) : [];
    }

    private static List<KeyValuePair<string, string>> Of(
        RateLimitingSettings settings,
        in RateLimitDecision answer,
        ApplicableLimits limits,
        ReadOnlySpan<LimitState> states,
        IServiceProvider? services)
    {
        List<KeyValuePair<string, string>> written = [];
        if (settings.HeaderStyle is LimitHeadersStyle.Draft11 or LimitHeadersStyle.Both)
        {
            Draft11.Write(answer, limits, states, written, Add);
        }

        if (settings.HeaderStyle is LimitHeadersStyle.XRateLimit or LimitHeadersStyle.Both)
        {
            XRateLimitWriter(services, settings.HeaderReset).Write(answer, limits, states, written, Add);
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

    private static void Add(List<KeyValuePair<string, string>> written, string name, string value) => written.Add(new(name, value));

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
