namespace Sluice.Gateway;

/// <summary><c>GET /api/v1/held</c>: calls that are held, and slots that are in use.</summary>
internal static class HeldResource
{
    /// <summary>The most held calls, and the most buckets of slots, in one answer.</summary>
    internal const int Max = 200;

    internal static void Map(WebApplication application, RunningGateway gateway, BucketSurvey survey) =>
        application.MapRead("/api/v1/held", async context => await (ApiQuery.Of(context) is { Fault: string fault }
            ? ApiErrors.WriteAsync(context, StatusCodes.Status400BadRequest, fault)
            : ApiJson.WriteAsync(context, Read(gateway, await survey.ReadAsync(context.RequestAborted)), ApiJson.Default.HeldAnswer)));

    /// <summary>What is held now.</summary>
    internal static HeldAnswer Read(RunningGateway gateway, SurveyReport report)
    {
        HeldCallAnswer[] held =
        [
            .. gateway.Servers
                .SelectMany(server => server.Gate.Held(Max + 1))
                .Select(call => new HeldCallAnswer(
                    call.Limit.Server,
                    call.Limit.Name,
                    gateway.Names.Of(call.Caller),
                    ApiTime.Milliseconds(gateway.Time.GetElapsedTime(call.Since)),
                    Math.Max(0, ApiTime.Milliseconds(gateway.Time.GetElapsedTime(gateway.Time.GetTimestamp(), call.Due)))))
                .OrderBy(call => call.WaitMs)
                .Take(Max + 1),
        ];
        return new HeldAnswer(
            [.. held.Take(Max)],
            [
                .. report.Slots.Take(Max).Select(bucket => new SlotsAnswer(
                    bucket.Limit.Server,
                    bucket.Limit.Name,
                    CallerNaming.Of(gateway.Names, bucket),
                    bucket.Limit.Capacity - bucket.Remaining,
                    bucket.Limit.Capacity)),
            ],
            held.Length > Max || report.Slots.Count > Max,
            Math.Max(0, gateway.Servers.Sum(server => server.Gate.HeldCount) - Max),
            Math.Max(0, report.Slots.Count - Max));
    }
}

/// <summary>Calls that are held, and slots in use.</summary>
/// <param name="Held">The calls, the next to go first.</param>
/// <param name="Slots">Buckets of slots of which some are in use, the fullest first.</param>
/// <param name="Truncated">Whether there are more.</param>
/// <param name="HeldLeftOut">How many calls are held and not in the answer.</param>
/// <param name="SlotsLeftOut">How many buckets were found and are not in the answer. No more than 500 are looked for.</param>
internal sealed record HeldAnswer(
    IReadOnlyList<HeldCallAnswer> Held, IReadOnlyList<SlotsAnswer> Slots, bool Truncated, int HeldLeftOut, int SlotsLeftOut);

/// <summary>A held call.</summary>
/// <param name="Server">The server.</param>
/// <param name="Limit">The limit with the smallest part left.</param>
/// <param name="Caller">The caller; null where nothing is known about them.</param>
/// <param name="SinceMs">For how long it has been held.</param>
/// <param name="WaitMs">How long it still waits.</param>
internal sealed record HeldCallAnswer(string Server, string Limit, string? Caller, long SinceMs, long WaitMs);

/// <summary>Slots of one bucket.</summary>
/// <param name="Server">The server.</param>
/// <param name="Limit">The limit.</param>
/// <param name="Caller">The caller who has the bucket; null for a shared one.</param>
/// <param name="Used">How many are in use.</param>
/// <param name="Of">How many there are.</param>
internal sealed record SlotsAnswer(string Server, string Limit, string? Caller, int Used, int Of);
