using System.Globalization;
using System.Text.Json;

namespace Sluice.Mcp.Refusing;

/// <summary>What a refusal says, before it has a form.</summary>
/// <param name="Status">The HTTP status, in the form that uses one.</param>
/// <param name="Code">The code of the JSON-RPC error.</param>
/// <param name="Message">For people and models.</param>
internal sealed record RefusalText(int Status, int Code, string Message)
{
    private const int TooManyRequests = 429;
    private const int ServiceUnavailable = 503;
    private const int Forbidden = 403;

    /// <summary>The wait, or null where waiting does not help.</summary>
    private TimeSpan? RetryAfter { get; init; }

    private RateLimit? Limit { get; init; }

    private int Remaining { get; init; }

    /// <summary>The value of <c>Retry-After</c>: whole seconds, rounded up, at least 1; or null.</summary>
    internal long? RetryAfterSeconds =>
        RetryAfter is TimeSpan wait ? Math.Max(1, RoundUp(wait, TimeSpan.TicksPerSecond)) : null;

    internal static RefusalText OfLimit(RateLimitDecision decision, RateLimit limit, int cost, int errorCode)
    {
        bool never = decision.Outcome == RateLimitOutcome.Unsatisfiable;
        string message = never
            ? $"Rate limit exceeded: {Describe(limit)} can never be met: "
                + $"the call costs {cost} tokens, and its bucket holds {limit.Rate.Capacity}"
            : $"Rate limit exceeded: {Describe(limit)}, retry in {Seconds(decision.RetryAfter)} s";
        return new(TooManyRequests, errorCode, message)
        {
            Limit = limit,
            Remaining = decision.Remaining,
            RetryAfter = never ? null : decision.RetryAfter,
        };
    }

    internal static RefusalText OfStore() => new(
        ServiceUnavailable, ServiceUnavailable, "The rate limits cannot be checked at the moment, so the call was not made. Retry in 1 s")
    {
        RetryAfter = TimeSpan.FromSeconds(1),
    };

    internal static RefusalText OfMissingIdentity(RateLimit limit) => new(
        Forbidden, Forbidden, $"The call has no identity that the {Describe(limit)} could count by, so it was not made")
    {
        Limit = limit,
    };

    /// <summary>Writes the error object: code, message and, where there are any, data.</summary>
    internal void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("code", Code);
        json.WriteString("message", Message);
        if (Limit is not null || RetryAfter is not null)
        {
            json.WriteStartObject("data");
            WriteData(json);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private void WriteData(Utf8JsonWriter json)
    {
        if (RetryAfter is TimeSpan wait)
        {
            json.WriteNumber("retryAfterSeconds", RetryAfterSeconds!.Value);
            json.WriteNumber("retryAfterMs", Math.Max(1, RoundUp(wait, TimeSpan.TicksPerMillisecond)));
        }

        if (Limit is not null)
        {
            json.WriteString("limitType", Limit.ScopeName);
            json.WriteString("limit", Limit.Name);
            json.WriteNumber("maxTokens", Limit.Rate.MaxTokens);
            json.WriteNumber("remaining", Remaining);
        }
    }

    private static string Describe(RateLimit limit) => limit.Kind == OperationKind.Server
        ? $"{limit.ScopeName} limit on the server"
        : $"{limit.ScopeName} limit on {limit.KindName} '{limit.Operation}'";

    // Tenths, rounded up, so that whoever waits as long as the text says is not too early.
    private static string Seconds(TimeSpan wait)
    {
        long tenths = Math.Max(1, RoundUp(wait, TimeSpan.TicksPerSecond / 10));
        return tenths % 10 == 0
            ? (tenths / 10).ToString(CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{tenths / 10}.{tenths % 10}");
    }

    private static long RoundUp(TimeSpan wait, long unitTicks) =>
        (wait.Ticks / unitTicks) + (wait.Ticks % unitTicks == 0 ? 0 : 1);
}
