namespace Sluice.Gateway;

/// <summary><c>GET /api/v1/buckets</c>: the buckets with the smallest part left.</summary>
internal static class BucketsResource
{
    private const int UsualTop = 50;

    internal static void Map(WebApplication application, RunningGateway gateway, BucketSurvey survey) =>
        application.MapRead("/api/v1/buckets", context => WriteAsync(context, gateway, survey));

    /// <summary>Buckets as they are shown.</summary>
    internal static BucketsAnswer Of(RunningGateway gateway, SurveyReport report, IEnumerable<SurveyedBucket> buckets) => new(
        [
            .. buckets.Select(bucket => new BucketAnswer(
                bucket.Limit.Server,
                bucket.Limit.Name,
                CallerNaming.Of(gateway.Names, bucket),
                bucket.Remaining,
                bucket.Limit.Capacity,
                ApiTime.Milliseconds(bucket.ResetAfter))),
        ],
        report.IsComplete,
        report.Reason);

    private static async Task WriteAsync(HttpContext context, RunningGateway gateway, BucketSurvey survey)
    {
        ApiQuery query = ApiQuery.Of(context, "server", "limit", "top");
        string? server = query.Text("server");
        string? limit = query.Text("limit");
        int top = query.Number("top", 1, BucketSurvey.MaxFound, UsualTop);
        if (query.Fault is string fault)
        {
            await ApiErrors.WriteAsync(context, StatusCodes.Status400BadRequest, fault);
            return;
        }

        if (server is not null && gateway.Servers.All(known => known.Name != server))
        {
            await ServersResource.WriteUnknownAsync(context, gateway, server);
            return;
        }

        if (limit is not null && LimitsResource.WhyUnknown(gateway, server, limit) is string unknown)
        {
            await ApiErrors.WriteAsync(context, StatusCodes.Status404NotFound, unknown);
            return;
        }

        SurveyReport report = await survey.ReadAsync(context.RequestAborted);
        IEnumerable<SurveyedBucket> buckets = report.Rates
            .Where(bucket => (server is null || bucket.Limit.Server == server) && (limit is null || bucket.Limit.Name == limit))
            .Take(top);
        await ApiJson.WriteAsync(context, Of(gateway, report, buckets), ApiJson.Default.BucketsAnswer);
    }
}

/// <summary>The buckets with the smallest part left, smallest first, without those that are full.</summary>
/// <param name="Buckets">The buckets.</param>
/// <param name="Complete">Whether every bucket was looked at.</param>
/// <param name="Reason">Why not; or null.</param>
internal sealed record BucketsAnswer(IReadOnlyList<BucketAnswer> Buckets, bool Complete, string? Reason);

/// <summary>A bucket.</summary>
/// <param name="Server">The server.</param>
/// <param name="Limit">The limit.</param>
/// <param name="Caller">The caller who has it; null for a shared bucket.</param>
/// <param name="Level">Whole tokens that are left.</param>
/// <param name="MaxTokens">The size.</param>
/// <param name="FullInMs">When it is full, if no call comes.</param>
internal sealed record BucketAnswer(string Server, string Limit, string? Caller, int Level, int MaxTokens, long FullInMs);
