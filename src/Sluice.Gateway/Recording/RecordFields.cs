using System.Text.Json;

namespace Sluice.Gateway;

/// <summary>The fields of a recorded line. <c>docs/record.md</c> describes them.</summary>
internal static class RecordFields
{
    internal const string Instants = "yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'";

    internal static readonly JsonEncodedText Event = JsonEncodedText.Encode("event");
    internal static readonly JsonEncodedText At = JsonEncodedText.Encode("at");
    internal static readonly JsonEncodedText Run = JsonEncodedText.Encode("run");
    internal static readonly JsonEncodedText Number = JsonEncodedText.Encode("n");
    internal static readonly JsonEncodedText Ticks = JsonEncodedText.Encode("ticks");
    internal static readonly JsonEncodedText SleptTicks = JsonEncodedText.Encode("sleptTicks");
    internal static readonly JsonEncodedText Server = JsonEncodedText.Encode("server");
    internal static readonly JsonEncodedText Operation = JsonEncodedText.Encode("operation");
    internal static readonly JsonEncodedText Name = JsonEncodedText.Encode("name");
    internal static readonly JsonEncodedText Backend = JsonEncodedText.Encode("backend");
    internal static readonly JsonEncodedText Issuer = JsonEncodedText.Encode("issuer");
    internal static readonly JsonEncodedText User = JsonEncodedText.Encode("user");
    internal static readonly JsonEncodedText Tenant = JsonEncodedText.Encode("tenant");
    internal static readonly JsonEncodedText Client = JsonEncodedText.Encode("client");
    internal static readonly JsonEncodedText Claims = JsonEncodedText.Encode("claims");
    internal static readonly JsonEncodedText SpansTenants = JsonEncodedText.Encode("spansTenants");
    internal static readonly JsonEncodedText Cost = JsonEncodedText.Encode("cost");
    internal static readonly JsonEncodedText MaxWaitTicks = JsonEncodedText.Encode("maxWaitTicks");
    internal static readonly JsonEncodedText Outcome = JsonEncodedText.Encode("outcome");
    internal static readonly JsonEncodedText Source = JsonEncodedText.Encode("source");
    internal static readonly JsonEncodedText Limit = JsonEncodedText.Encode("limit");
    internal static readonly JsonEncodedText Remaining = JsonEncodedText.Encode("remaining");
    internal static readonly JsonEncodedText Running = JsonEncodedText.Encode("running");
    internal static readonly JsonEncodedText RetryAfterTicks = JsonEncodedText.Encode("retryAfterTicks");
    internal static readonly JsonEncodedText DelayTicks = JsonEncodedText.Encode("delayTicks");
    internal static readonly JsonEncodedText WouldRefuse = JsonEncodedText.Encode("wouldRefuse");
    internal static readonly JsonEncodedText ConfigVersion = JsonEncodedText.Encode("config");
    internal static readonly JsonEncodedText Call = JsonEncodedText.Encode("call");
    internal static readonly JsonEncodedText Limits = JsonEncodedText.Encode("limits");
}
