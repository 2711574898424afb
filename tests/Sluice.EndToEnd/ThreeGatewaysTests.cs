using System.Diagnostics;
using Sluice.Redis.Tests;

namespace Sluice.EndToEnd;

/// <summary>Three gateways for one server, one user round robin over them, twice as many calls as the user's limit admits.</summary>
public sealed class ThreeGatewaysTests
{
    private const int Tokens = 30;
    private const int Calls = 2 * Tokens;
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Calls_OverOneRedis_AdmitWhatOneGatewayWould()
    {
        using RedisServer redis = RedisServer.Start();

        // A busy machine shall not be taken for an outage.
        (int admitted, int refused, TimeSpan took) = await CallAsync($"store: {{ redis: '{redis.Configuration}', timeout: 5s }}");

        admitted.ShouldBeInRange(Tokens, Tokens + (int)(took / (Period / Tokens)));
        refused.ShouldBe(Calls - admitted);
    }

    /// <summary>What the one line changes: without it every gateway counts for itself.</summary>
    [Fact]
    public async Task Calls_EachGatewayWithItsOwnMemory_AdmitAll()
    {
        (int admitted, _, _) = await CallAsync("");

        admitted.ShouldBe(Calls);
    }

    private static async Task<(int Admitted, int Refused, TimeSpan Took)> CallAsync(string store)
    {
        await using DemoProgram upstream = await DemoProgram.StartAsync();
        string configuration = SluiceProgram.Configuration(await upstream.ServerEndpointAsync(), $"{{ perUser: {Tokens}/1m }}");
        await using SluiceProgram first = await SluiceProgram.StartAsync($"{configuration}\n{store}");
        await using SluiceProgram second = await SluiceProgram.StartAsync($"{configuration}\n{store}");
        await using SluiceProgram third = await SluiceProgram.StartAsync($"{configuration}\n{store}");
        SluiceProgram[] gateways = [first, second, third];
        using HttpClient http = new();
        long start = Stopwatch.GetTimestamp();
        List<string> answers = [];
        for (int id = 0; id < Calls; id++)
        {
            answers.Add(await EchoCalls.PostAsync(http, gateways[id % gateways.Length].Endpoint, "alice", id));
        }

        return (answers.Count(EchoCalls.IsAdmitted), answers.Count(EchoCalls.IsRefused), Stopwatch.GetElapsedTime(start));
    }
}
