using System.Globalization;
using System.Text.Json.Nodes;

namespace Sluice.EndToEnd;

/// <summary>What a client is told of a window of the calendar, by <c>sluice run</c>.</summary>
public sealed class CalendarOnTheWireTests
{
    private const string Limits = "{ perUser: [100/1m, { maxTokens: 1, window: year, timeZone: Asia/Tokyo }], headers: { style: draft11 } }";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rejection_WindowUsedUp_TellsTheEdgeInTheZoneAndTheWaitUntilIt(bool isShared)
    {
        using RedisServer? redis = isShared ? RedisServer.Start() : null;
        string store = redis is null ? "" : $"\nstore: {{ redis: '{redis.Configuration}', timeout: 5s }}";
        await using DemoProgram upstream = await DemoProgram.StartAsync();
        string configuration = SluiceProgram.Configuration(await upstream.ServerEndpointAsync(), Limits) + store;
        await using SluiceProgram sluice = await SluiceProgram.StartAsync(configuration);
        await using SluiceProgram another = await SluiceProgram.StartAsync(configuration);
        using HttpClient http = new();
        EchoCalls.IsAdmitted(await EchoCalls.PostAsync(http, sluice.Endpoint, "alice", 1)).ShouldBeTrue();

        // With Redis, the window is used up for the other gateway as well.
        DateTimeOffset before = DateTimeOffset.UtcNow;
        string rejection = await EchoCalls.PostAsync(http, (isShared ? another : sluice).Endpoint, "alice", 2);

        JsonNode data = JsonNode.Parse(rejection)!["error"]!["data"]!;
        string resetsAt = data["resetsAt"]!.GetValue<string>();
        resetsAt.ShouldMatch(@"^\d{4}-01-01T00:00:00\+09:00$");
        data["limit"]!.GetValue<string>().ShouldBe("perUser/year");
        DateTimeOffset edge = DateTimeOffset.Parse(resetsAt, CultureInfo.InvariantCulture);
        DateTimeOffset told = before + TimeSpan.FromMilliseconds(data["retryAfterMs"]!.GetValue<long>());
        (edge - told).Duration().ShouldBeLessThan(TimeSpan.FromMinutes(1));
        rejection.ShouldNotContain("alice");
    }
}
