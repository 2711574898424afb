using System.Diagnostics;

namespace Sluice.EndToEnd;

/// <summary>Three gateways for one server, one user round robin over them, twice as many calls as the user's limit admits.</summary>
public sealed class ThreeGatewaysTests
{
    private const int Tokens = 30;
    private const int Calls = 2 * Tokens;
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData("")]
    [InlineData(", shares: {}")]
    public async Task Calls_OverOneRedis_AdmitWhatOneGatewayWould(string shares)
    {
        using RedisServer redis = RedisServer.Start();

        // A busy machine shall not be taken for an outage.
        (int admitted, int refused, TimeSpan took) = await CallAsync($"store: {{ redis: '{redis.Configuration}', timeout: 5s{shares} }}");

        admitted.ShouldBeInRange(Tokens, Tokens + (int)(took / (Period / Tokens)));
        refused.ShouldBe(Calls - admitted);
    }

    /// <summary>A busy limit that is divided: most calls ask Redis nothing, and all gateways together admit no more than the limit.</summary>
    [Fact]
    public async Task Calls_OverOneRedisWithADividedLimit_AdmitNoMoreThanTheLimit()
    {
        const int Burst = 300;
        const int Rate = 60;
        using RedisServer redis = RedisServer.Start();
        await using DemoProgram upstream = await DemoProgram.StartAsync();
        string limits = $"{{ onStoreFailure: deny, perUser: {{ maxTokens: {Rate}, refillPeriod: 1s, burst: {Burst} }} }}";
        string configuration = SluiceProgram.Configuration(await upstream.ServerEndpointAsync(), limits)
            + $"\nstore: {{ redis: '{redis.Configuration}', timeout: 5s, shares: {{}} }}";
        await using SluiceProgram first = await SluiceProgram.StartAsync(configuration);
        await using SluiceProgram second = await SluiceProgram.StartAsync(configuration);
        await using SluiceProgram third = await SluiceProgram.StartAsync(configuration);
        using HttpClient http = new();
        long start = Stopwatch.GetTimestamp();
        int admitted = 0;
        int calls = 0;
        int runs = 0;
        int id = 0;
        await Eventually.HoldsAsync(
            async () =>
            {
                (int admittedBefore, int callsBefore, int runsBefore) = (admitted, calls, redis.Runs);
                await Task.WhenAll(((SluiceProgram[])[first, second, third]).SelectMany(gateway => Enumerable.Range(0, 8).Select(_ => FloodAsync(gateway))));
                runs = redis.Runs - runsBefore;
                return admitted > admittedBefore && runs < (calls - callsBefore) / 4; // In the first seconds there are no shares: 'deny' decides.
            },
            () => $"{admitted} of {calls} calls admitted; the last round asked Redis {runs} times");
        TimeSpan took = Stopwatch.GetElapsedTime(start);

        admitted.ShouldBeInRange(1, Burst + (int)(Rate * took.TotalSeconds) + 1);

        async Task FloodAsync(SluiceProgram gateway)
        {
            for (int i = 0; i < 10; i++)
            {
                string answer = await EchoCalls.PostAsync(http, gateway.Endpoint, "alice", Interlocked.Increment(ref id));
                Interlocked.Increment(ref calls);
                if (EchoCalls.IsAdmitted(answer))
                {
                    Interlocked.Increment(ref admitted);
                }
            }
        }
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
