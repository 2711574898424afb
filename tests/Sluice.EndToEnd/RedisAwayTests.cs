namespace Sluice.EndToEnd;

/// <summary>A gateway whose Redis goes, or cannot be what its file says.</summary>
public sealed class RedisAwayTests
{
    private const int Tokens = 30;

    [Fact]
    public async Task Calls_RedisGoesAway_GoOnFromWhatTheGatewaySaw()
    {
        await using DemoProgram upstream = await DemoProgram.StartAsync();
        using RedisServer redis = RedisServer.Start();
        await using SluiceProgram gateway = await SluiceProgram.StartAsync(
            SluiceProgram.Configuration(await upstream.ServerEndpointAsync(), $"{{ perUser: {Tokens}/1d }}")
            + $"\nstore: {{ redis: '{redis.Configuration}', timeout: 1s }}");
        using HttpClient http = new();
        for (int id = 0; id < 10; id++)
        {
            EchoCalls.IsAdmitted(await EchoCalls.PostAsync(http, gateway.Endpoint, "alice", id)).ShouldBeTrue();
        }

        redis.Kill();
        List<string> answers = [];
        for (int id = 0; id < Tokens; id++)
        {
            answers.Add(await EchoCalls.PostAsync(http, gateway.Endpoint, "alice", id));
        }

        answers.Count(EchoCalls.IsAdmitted).ShouldBe(Tokens - 10);
        answers.Skip(Tokens - 10).ShouldAllBe(answer => EchoCalls.IsRefused(answer));
    }

    [Fact]
    public async Task Run_WhatTheRedisClientCannotDo_EndsWithTheReason()
    {
        string file = Path.Combine(Path.GetTempPath(), $"sluice-{Guid.NewGuid():N}.yaml");
        await File.WriteAllTextAsync(
            file,
            SluiceProgram.Configuration(new Uri("http://127.0.0.1:1/mcp"), "{ perUser: 1/1d }")
            + "\nstore: { redis: '127.0.0.1:6379,nonsense=1,password=secret' }");

        ProgramResult result = await SluiceProgram.RunAsync("run", file);
        File.Delete(file);

        result.ExitCode.ShouldBe(1);
        result.Error.ShouldContain("store.redis: 'nonsense' is not an option.");
        result.Error.ShouldNotContain("secret");
    }
}
