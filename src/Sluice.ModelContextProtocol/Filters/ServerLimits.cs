using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using ModelContextProtocol;
using ModelContextProtocol.Server;
using Sluice.DependencyInjection;
using Sluice.Mcp;

namespace Sluice.ModelContextProtocol;

/// <summary>The limits of one server: who calls, which limits apply, and what the store says.</summary>
/// <remarks>Thread safety: any number of threads.</remarks>
internal sealed partial class ServerLimits(CallGate gate, McpRateLimitOptions options, ILogger logger)
{
    private const string CallerItem = "Sluice.Caller";
    private const string LimitsMeta = "sluice/rateLimits";

    // On stdio the process is the user: an account that may start it may use it.
    private static readonly CallerIdentity Process = new(
        "process", $"{Environment.MachineName}/{Environment.UserName}", tenant: null, client: null);

    internal CallGate Gate => gate;

    internal RateLimitPolicy Policy => gate.Policy;

    internal IRateLimitStore Store => gate.Store;

    /// <summary>Whether who calls is known without waiting.</summary>
    internal bool IdentifiesAtOnce => options.Identify is null;

    /// <summary>Whether a limit may be on a method that names no tool, prompt or resource.</summary>
    internal bool MetersOtherMethods => Policy.Settings.Meter == MeteredRequests.All || !Policy.Settings.Methods.IsEmpty
        || Policy.Settings.Limits.Any(limit => !limit.When.Methods.IsEmpty);

    /// <summary>Whether this failure of a call gives its cost back.</summary>
    internal bool IsRefunded(Exception exception) => options.RefundedExceptions.Any(type => type.IsInstanceOfType(exception));

    /// <summary>Who calls, where <see cref="IdentifiesAtOnce"/>, or where it was asked for this request before.</summary>
    internal CallerIdentity CallerOf(MessageContext context) =>
        options.Identify is not null
            ? context.Items.TryGetValue(CallerItem, out object? known) && known is CallerIdentity caller ? caller : CallerIdentity.None
            : context.User is not null ? PrincipalIdentity.Of(context.User, Policy)
            : RejectingTransport.Unwrap(context.JsonRpcMessage.Context?.RelatedTransport) is null ? Process
            : CallerIdentity.None;

    /// <summary>Asks who calls, and remembers it for this request.</summary>
    /// <exception cref="McpProtocolException">It could not be found out; the reason is logged.</exception>
    internal async ValueTask<CallerIdentity> IdentifyAsync(MessageContext context, CancellationToken cancellationToken)
    {
        try
        {
            CallerIdentity caller = await options.Identify!(context, cancellationToken).ConfigureAwait(false) ?? CallerIdentity.None;
            context.Items[CallerItem] = caller;
            return caller;
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // The application's own code failed: to go on without an identity would let the caller choose another bucket.
            Log.NotIdentified(logger, exception, Policy.Server);
            throw new McpProtocolException(
                "The caller could not be identified, so the call was not made.", McpErrorCode.InternalError);
        }
    }

    /// <summary>Writes each tool's limits into its <c>_meta</c>, where the options ask for it.</summary>
    internal void Advertise(McpServerOptions server)
    {
        if (!options.AdvertiseLimits)
        {
            return;
        }

        CallerIdentity anyCaller = new("", "user", "tenant", "client");
        foreach (McpServerTool tool in server.ToolCollection ?? [])
        {
            ApplicableLimits limits = Policy.Select("tools/call", tool.ProtocolTool.Name, anyCaller);
            JsonArray described = [];
            foreach (RateLimit limit in limits.Limits)
            {
                if (limit.Mode == LimitMode.Enforce)
                {
                    described.Add((JsonNode)Describe(limit, limits.Cost));
                }
            }

            tool.ProtocolTool.Meta ??= [];
            tool.ProtocolTool.Meta[LimitsMeta] = described;
        }
    }

    private static JsonObject Describe(RateLimit limit, int cost)
    {
        if (limit.Concurrency is int calls)
        {
            return new()
            {
                ["limit"] = limit.Name,
                ["limitType"] = limit.ScopeName,
                ["limitKind"] = "concurrency",
                ["maxRunning"] = calls,
            };
        }

        JsonObject described = new()
        {
            ["limit"] = limit.Name,
            ["limitType"] = limit.ScopeName,
            ["limitKind"] = "rate",
            ["maxTokens"] = limit.MaxTokens,
            ["refillPeriodMs"] = (long)limit.Rate.RefillPeriod.TotalMilliseconds,
            ["capacity"] = limit.Capacity,
            ["cost"] = cost,
        };
        if (limit.Rate.Window is CalendarUnit window)
        {
            described.Remove("refillPeriodMs"); // The length of a window of the calendar varies.
            described["window"] = JsonNamingPolicy.CamelCase.ConvertName(window.ToString());
            described["timeZone"] = limit.Rate.TimeZone;
        }

        return described;
    }
}
