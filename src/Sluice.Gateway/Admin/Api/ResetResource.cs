namespace Sluice.Gateway;

/// <summary><c>POST /api/v1/reset</c>: makes the buckets of one caller full again.</summary>
internal static partial class ResetResource
{
    private static readonly string[] Fields = ["server", "limit", .. NamedCaller.Fields];

    internal static void Map(WebApplication application, RunningGateway gateway, BucketSurvey survey, ILogger logger) =>
        application.MapPost("/api/v1/reset", context => AnswerAsync(context, gateway, survey, logger));

    private static async Task AnswerAsync(HttpContext context, RunningGateway gateway, BucketSurvey survey, ILogger logger)
    {
        if (await ApiBody.ReadAsync(context, gateway.Configuration.Admin?.Token is not null, Fields) is not ApiBody body)
        {
            return;
        }

        string name = body.Required("server");
        string? only = body.Text("limit");
        CallerIdentity caller = NamedCaller.Read(body, gateway.Configuration.Auth, isRequired: true);
        if (body.Fault is string fault)
        {
            await ApiErrors.WriteAsync(context, StatusCodes.Status400BadRequest, fault);
            return;
        }

        if (gateway.Servers.FirstOrDefault(known => known.Name == name) is not GatewayServer server)
        {
            await ServersResource.WriteUnknownAsync(context, gateway, name);
            return;
        }

        RateLimit[] own = [.. server.Gate.Policy.Limits.Where(limit => limit.Concurrency is null && CountsOnly(limit, caller))];
        RateLimit[] limits = [.. own.Where(limit => only is null || limit.Name == only)];
        if (limits.Length == 0)
        {
            await ApiErrors.WriteAsync(context, StatusCodes.Status404NotFound, WhyNone(server, own, only));
            return;
        }

        try
        {
            foreach (CallerIdentity meant in Meant(gateway, caller))
            {
                await gateway.Store.ResetAsync(limits, meant, context.RequestAborted);
            }
        }
        catch (IOException failure) when (!context.RequestAborted.IsCancellationRequested)
        {
            await ApiErrors.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, failure.Message);
            return;
        }
        finally
        {
            survey.Forget(); // A reset that was not confirmed may have been made.
        }

        string[] names = [.. limits.Select(limit => limit.Name).Distinct(StringComparer.Ordinal)];
        Log.Reset(logger, server.Name, gateway.Names.Of(caller), string.Join(", ", names));
        await ApiJson.WriteAsync(context, new ResetAnswer(names.Length, names), ApiJson.Default.ResetAnswer);
    }

    // A shared bucket is not the caller's own.
    private static bool CountsOnly(RateLimit limit, CallerIdentity caller) =>
        limit.Key.Form != LimitKeyForm.Shared && limit.Key.IsKnown(caller);

    /// <summary>The caller as named, and recent callers of whom more is known, such as the user's tenant.</summary>
    private static IEnumerable<CallerIdentity> Meant(RunningGateway gateway, CallerIdentity named) =>
        gateway.Recent.All
            .Select(call => call.Caller)
            .Where(caller => named.Subject is not null && NamedCaller.IsMeant(named, caller))
            .Append(named)
            .Distinct();

    private static string WhyNone(GatewayServer server, RateLimit[] own, string? only)
    {
        string[] names = [.. own.Select(limit => limit.Name).Distinct(StringComparer.Ordinal)];
        return only is not null && names.Length > 0
            ? $"No limit {Configuration.Shown.Quote(only)} of '{server.Name}' counts this caller alone. {NearestName.Advice(only, names)}"
            : $"No limit of '{server.Name}' counts by what is named. Its limits count by: {string.Join(
                ", ", server.Gate.Policy.Limits.Select(limit => limit.ScopeName).Distinct(StringComparer.Ordinal).DefaultIfEmpty("nothing, it has none"))}.";
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "An operator has reset buckets of '{Server}' of the caller {Caller}: {Limits}.")]
        internal static partial void Reset(ILogger logger, string server, string? caller, string limits);
    }
}

/// <summary>What was reset.</summary>
/// <param name="Reset">How many limits.</param>
/// <param name="Limits">Their names.</param>
internal sealed record ResetAnswer(int Reset, IReadOnlyList<string> Limits);
