using System.Globalization;
using System.Text.Json;

namespace Sluice.Mcp;

/// <summary>What a rejection says, before it has a form.</summary>
/// <param name="Status">The HTTP status, in the form that uses one.</param>
/// <param name="Code">The code of the JSON-RPC error.</param>
/// <param name="Message">For people and models.</param>
internal sealed record RejectionText(int Status, int Code, string Message)
{
    private const int Forbidden = 403;
    private const int TooManyRequests = 429;
    private const int ServiceUnavailable = 503;
    private const long TicksPerTenth = TimeSpan.TicksPerSecond / 10;

    /// <summary>The wait, or null where waiting does not help.</summary>
    private TimeSpan? RetryAfter { get; init; }

    private RateLimit? Limit { get; init; }

    /// <summary>The id by which an operator can look the rejection up; null for none.</summary>
    internal string? DecisionId { get; init; }

    /// <summary>When the window of the limit ends, where that is a window of a calendar; else null.</summary>
    private DateTimeOffset? ResetsAt { get; init; }

    /// <summary>Whole tokens left in the limit, or null where no store was asked.</summary>
    private int? Remaining { get; init; }

    /// <summary>Calls that hold a slot of a limit on concurrency, or null where no such limit was asked.</summary>
    private int? Running { get; init; }

    /// <summary>The value of <c>Retry-After</c>: whole seconds, rounded up, at least 1; or null.</summary>
    internal long? RetryAfterSeconds => RetryAfter is TimeSpan wait ? RoundUp(wait, TimeSpan.TicksPerSecond) : null;

    internal static RejectionText OfLimit(RateLimitDecision decision, RateLimit limit, int cost, int errorCode)
    {
        if (limit.Concurrency is int calls)
        {
            return new(
                TooManyRequests,
                errorCode,
                $"Concurrency limit exceeded: {Describe(limit)} allows {calls} at once, retry in {Seconds(decision.RetryAfter)} s")
            {
                Limit = limit,
                Remaining = decision.Remaining,
                Running = decision.Running,
                RetryAfter = decision.RetryAfter,
            };
        }

        bool isNever = decision.Outcome == RateLimitOutcome.Unsatisfiable;
        string message = limit.AdmitsNothing ? $"Rate limit exceeded: {Describe(limit)} admits no call of this caller"
            : isNever ? $"Rate limit exceeded: {Describe(limit)} can never be met, "
                + $"since the call costs {cost} tokens and the limit holds {limit.Rate.Capacity}"
            : $"Rate limit exceeded: {Describe(limit)}, retry in {Seconds(decision.RetryAfter)} s";
        return new(TooManyRequests, errorCode, message)
        {
            Limit = limit,
            Remaining = decision.Remaining,
            RetryAfter = isNever ? null : decision.RetryAfter,
            ResetsAt = decision.ResetsAt,
        };
    }

    internal static RejectionText OfStore() => new(
        ServiceUnavailable, ServiceUnavailable, "The limits cannot be checked at the moment, so the call was not made, retry in 1 s")
    {
        RetryAfter = TimeSpan.FromSeconds(1),
    };

    internal static RejectionText OfStopping() => new(
        ServiceUnavailable, ServiceUnavailable, "The server is stopping, so the call that waited for its limits was not made, retry in 1 s")
    {
        RetryAfter = TimeSpan.FromSeconds(1),
    };

    internal static RejectionText OfForbidden(string message) => new(Forbidden, Forbidden, message);

    // Neither 429, since waiting does not help, nor 401, on which a client that is authenticated, only not as what the
    // limit counts by, would authenticate again and again.
    internal static RejectionText OfMissingIdentity(RateLimit limit, int errorCode) => new(
        Forbidden, errorCode, $"The call does not say whose it is: {Describe(limit)} needs {Needed(limit.Key)}")
    {
        Limit = limit,
    };

    /// <summary>Writes the error object: code, message and, where there are any, data.</summary>
    internal void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("code", Code);
        json.WriteString("message", Message);
        if (Limit is not null || RetryAfter is not null || DecisionId is not null)
        {
            json.WriteStartObject("data");
            WriteData(json);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    /// <summary>The same error for fronts that write it themselves.</summary>
    internal RejectionError ToError() => new(Code, Message, [.. Data()]);

    private void WriteData(Utf8JsonWriter json)
    {
        foreach ((string name, object value) in Data())
        {
            if (value is string text)
            {
                json.WriteString(name, text);
            }
            else
            {
                json.WriteNumber(name, (long)value);
            }
        }
    }

    /// <summary>What <c>data</c> holds, in order: texts, and whole numbers as <see cref="long"/>.</summary>
    private IEnumerable<KeyValuePair<string, object>> Data()
    {
        if (RetryAfter is TimeSpan wait)
        {
            yield return new("retryAfterSeconds", RoundUp(wait, TimeSpan.TicksPerSecond));
            yield return new("retryAfterMs", RoundUp(wait, TimeSpan.TicksPerMillisecond));
        }

        if (Limit is not null)
        {
            yield return new("limitType", Limit.ScopeName);
            yield return new("limitKind", Limit.Concurrency is null ? "rate" : "concurrency");
            yield return new("limit", Limit.Name);
            yield return Limit.Concurrency is int calls
                ? new("maxRunning", (long)calls)
                : new("maxTokens", (long)Limit.MaxTokens);
        }

        if (Running is int running)
        {
            yield return new("running", (long)running);
        }

        if (Remaining is int remaining)
        {
            yield return new("remaining", (long)remaining);
        }

        if (ResetsAt is DateTimeOffset edge)
        {
            yield return new("resetsAt", Rfc3339(edge));
        }

        if (DecisionId is not null)
        {
            yield return new("decisionId", DecisionId);
        }
    }

    /// <summary>An instant with the offset of its zone, as RFC 3339 writes it: Z for none. An edge has no fraction of a second.</summary>
    private static string Rfc3339(DateTimeOffset instant) => instant.ToString(
        instant.Offset == TimeSpan.Zero ? "yyyy-MM-dd'T'HH:mm:ss'Z'" : "yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);

    private static string Describe(RateLimit limit) => limit.IsNamed ? $"the limit '{limit.Name}'"
        : limit.Kind == OperationKind.Server ? $"{limit.ScopeName} limit on the server"
        : $"{limit.ScopeName} limit on {limit.KindName} '{limit.Operation}'";

    private static string Needed(LimitKey key) => string.Join(" and ", key.Select(part => part.Claim is string claim
        ? $"the claim '{claim}'"
        : $"a {part}"));

    // Tenths, rounded up, so that a caller who waits as long as the text says is not too early.
    private static string Seconds(TimeSpan wait)
    {
        long tenths = RoundUp(wait, TicksPerTenth);
        return tenths % 10 == 0
            ? (tenths / 10).ToString(CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{tenths / 10}.{tenths % 10}");
    }

    private static long RoundUp(TimeSpan wait, long unitTicks) =>
        Math.Max(1, (wait.Ticks / unitTicks) + (wait.Ticks % unitTicks > 0 ? 1 : 0));
}
