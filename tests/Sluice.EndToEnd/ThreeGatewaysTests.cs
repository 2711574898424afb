using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Sluice.EndToEnd;

/// <summary>Three gateways for one server, one user round robin over them, twice as many calls as the user's limit admits.</summary>
public sealed class ThreeGatewaysTests
{
    private const int Tokens = 30;
    private const int Calls = 2 * Tokens;
    private static readonly string Limits = $"{{ perUser: {Tokens}/1m }}";
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);
    private static readonly string Readme = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));

    /// <summary>The file of the README and its one more line: five calls of <c>echo</c> a minute, whichever gateway they reach.</summary>
    [Theory]
    [InlineData("")]
    [InlineData(", shares: {}")]
    public async Task Calls_FileOfTheReadmeAndItsStore_AdmitWhatOneGatewayWould(string shares)
    {
        const int OfEcho = 5;
        const string Upstream = "http://127.0.0.1:3001/mcp";
        using RedisServer redis = RedisServer.Start();
        string file = Regex.Match(Readme, "^```yaml\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline).Groups[1].Value;
        string store = Regex.Match(Readme, "`(store: \\{.*\\})`").Groups[1].Value;
        file.ShouldContain(Upstream);
        file = Regex.Replace(file, "sha256: [0-9a-f]{64}", Regex.Match(SluiceProgram.Configuration("", ""), "sha256: [0-9a-f]{64}").Value); // Of the tests' key.
        store.ShouldBe("store: { redis: \"redis.internal:6379\" }");
        store = store.Replace("redis.internal:6379\"", $"{redis.Configuration}\", timeout: 5s{shares}", StringComparison.Ordinal);

        (int admitted, int refused, TimeSpan took) = await CallAsync(
            upstream => $"listen: http://127.0.0.1:0\n{file.Replace(Upstream, upstream.ToString(), StringComparison.Ordinal)}\n{store}", 3 * OfEcho);

        admitted.ShouldBeInRange(OfEcho, OfEcho + (int)(took / (Period / OfEcho)));
        refused.ShouldBe((3 * OfEcho) - admitted);
    }

    [Theory]
    [InlineData("")]
    [InlineData(", shares: {}")]
    public async Task Calls_OverOneRedis_AdmitWhatOneGatewayWould(string shares)
    {
        using RedisServer redis = RedisServer.Start();

        // A busy machine shall not be taken for an outage.
        (int admitted, int refused, TimeSpan took) = await CallAsync(
            upstream => $"{SluiceProgram.Configuration(upstream, Limits)}\nstore: {{ redis: '{redis.Configuration}', timeout: 5s{shares} }}", Calls);

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
        (int admitted, _, _) = await CallAsync(upstream => SluiceProgram.Configuration(upstream, Limits), Calls);

        admitted.ShouldBe(Calls);
    }

    private static async Task<(int Admitted, int Refused, TimeSpan Took)> CallAsync(Func<Uri, string> configurationOf, int calls)
    {
        await using DemoProgram upstream = await DemoProgram.StartAsync();
        string configuration = configurationOf(await upstream.ServerEndpointAsync());
        await using SluiceProgram first = await SluiceProgram.StartAsync(configuration);
        await using SluiceProgram second = await SluiceProgram.StartAsync(configuration);
        await using SluiceProgram third = await SluiceProgram.StartAsync(configuration);
        SluiceProgram[] gateways = [first, second, third];
        using HttpClient http = new();
        long start = Stopwatch.GetTimestamp();
        List<string> answers = [];
        for (int id = 0; id < calls; id++)
        {
            answers.Add(await EchoCalls.PostAsync(http, gateways[id % gateways.Length].Endpoint, "alice", id));
        }

        return (answers.Count(EchoCalls.IsAdmitted), answers.Count(EchoCalls.IsRefused), Stopwatch.GetElapsedTime(start));
    }
}
