namespace Sluice.Redis.Tests;

/// <summary>A server that answers, and refuses what the script needs.</summary>
public sealed class RejectionTests
{
    private const string Password = "of-the-tests";
    private static readonly TimeSpan OneDay = TimeSpan.FromDays(1);
    public static TheoryData<string> Rights => [.. RedisFaults.MinimumRights.Split(' ')];

    [Fact]
    public async Task WarmUp_UserWithTheDocumentedRights_IsDecidedByRedisForEveryAlgorithm()
    {
        using RedisServer server = RedisServer.Start();
        Allow(server, RedisFaults.MinimumRights);
        await using FaultScene scene = await FaultScene.Open(As(server), timeout: TimeSpan.FromSeconds(5));
        ApplicableLimits limits = RateLimitPolicy.Build("files", policy => policy
                .PerUser("5/1d")
                .PerTenant(new Rate(6, OneDay, RateLimitAlgorithm.SlidingWindow, null, false))
                .PerClient(new Rate(7, OneDay, RateLimitAlgorithm.SlidingWindowCounter, null, false))
                .Shared(new Rate(8, OneDay, RateLimitAlgorithm.FixedWindow, null, false)))
            .Select("tools/call", "search", FaultScene.Alice);
        RateLimitRequest request = new(limits, FaultScene.Alice);

        (await scene.Store.AcquireAsync(request, default, default)).Source.ShouldBe(DecisionSource.Store);
        await scene.Store.ChargeAsync(request, default);
        await scene.Store.RefundAsync(request, default);
        await scene.Store.RefundAsync(request, default);
        await scene.Store.ResetAsync(limits.Limits.ToArray(), FaultScene.Alice, default);

        (await scene.Store.AcquireAsync(request, default, default)).Remaining.ShouldBe(4);
        scene.Store.FallbackDecisions.ShouldBe(0);
    }

    [Theory]
    [MemberData(nameof(Rights))]
    public async Task WarmUp_UserLacksOneOfTheDocumentedRights_IsReportedOnceWithWhatIsNeededAndReadyWhenItIsGiven(string right)
    {
        using RedisServer server = RedisServer.Start();
        Allow(server, string.Join(' ', RedisFaults.MinimumRights.Split(' ').Where(other => other != right)));
        await using FaultScene scene = new(As(server));

        (await scene.Store.WarmUpAsync(Eventually.Patience, default)).ShouldBeFalse();

        string line = scene.Log.Of("StoreNotReached").ShouldHaveSingleItem();
        line.ShouldContain("Refused");
        line.ShouldContain(RedisFaults.MinimumRights);
        line.ShouldNotContain(Password);
        await Eventually.HoldsAsync(() => server.Send("KEYS", "*{*").Length == 0); // What it may not delete expires.

        Allow(server, RedisFaults.MinimumRights);
        await Eventually.HoldsAsync(
            () => scene.Store.WarmUpAsync(TimeSpan.FromSeconds(1), default), () => scene.Log.Of("StoreNotReached")[^1]);
    }

    // The client tells only the first reason why it cannot connect.
    [Fact]
    public async Task WarmUp_ServerWasAwayAndThenDeniesARight_IsReportedWithWhatIsNeededAndReadyWhenItIsGiven()
    {
        string rights = RedisFaults.MinimumRights.Replace("+echo ", "", StringComparison.Ordinal);
        using RedisServer server = RedisServer.StartWithFile($"user sluice on >{Password} ~sluice:* {rights}\n", port: null);
        server.Kill();
        await using FaultScene scene = new(As(server));
        (await scene.Store.WarmUpAsync(TimeSpan.FromSeconds(1), default)).ShouldBeFalse();
        scene.Log.Of("StoreNotReached").ShouldHaveSingleItem().ShouldContain("Connection: ");
        scene.Log.Clear();

        server.Restart();

        (await scene.Store.WarmUpAsync(Eventually.Patience, default)).ShouldBeFalse();
        string line = scene.Log.Of("StoreNotReached").ShouldHaveSingleItem();
        line.ShouldContain("NOPERM");
        line.ShouldContain(RedisFaults.MinimumRights);
        line.ShouldNotContain(Password);

        server.Send("ACL", "SETUSER", "sluice", "+echo").ShouldBe("+OK");
        await Eventually.HoldsAsync(
            () => scene.Store.WarmUpAsync(TimeSpan.FromSeconds(1), default), () => scene.Log.Of("StoreNotReached")[^1]);
    }

    [Fact]
    public async Task Acquire_UserMayNotRunScripts_IsDecidedWithoutRedisAndLoggedOnceUntilTheUserMay()
    {
        using RedisServer server = RedisServer.Start();
        await using FaultScene scene = await FaultScene.Open(server.Configuration);
        await scene.Acquire(40);

        server.Send("ACL", "SETUSER", "default", "-evalsha").ShouldBe("+OK");
        RateLimitDecision[] without = [.. await scene.AcquireUntilItIsKnown(), .. await scene.Acquire(100)];
        without.Count(decision => decision.IsAllowed).ShouldBe(FaultScene.Tokens - 40);
        await SomeChecks(server);
        scene.Store.DecidesCalls.ShouldBeFalse();
        scene.Log.Of("StoreUp").ShouldBeEmpty();

        server.Send("ACL", "SETUSER", "default", "+evalsha").ShouldBe("+OK");
        await scene.UntilRedisDecides();
        scene.ShouldHaveLoggedOneOutage();
        scene.Log.Of("StoreDown").Single().ShouldContain(RedisFaults.MinimumRights);
    }

    /// <summary>Token buckets would still work: a check that only charged one would close the breaker again and again.</summary>
    [Fact]
    public async Task Acquire_UserLosesACommandThatSomeLimitsNeed_IsDecidedWithoutRedisUntilTheUserMay()
    {
        using RedisServer server = RedisServer.Start();
        await using FaultScene scene = await FaultScene.Open(server.Configuration);
        ApplicableLimits limits = RateLimitPolicy.Build("files", policy => policy
                .PerUser(new Rate(6, OneDay, RateLimitAlgorithm.SlidingWindow, null, false)))
            .Select("tools/call", "search", FaultScene.Bob);
        RateLimitRequest request = new(limits, FaultScene.Bob);

        server.Send("ACL", "SETUSER", "default", "-rpush").ShouldBe("+OK");
        (await scene.Store.AcquireAsync(request, default, default)).Source.ShouldBe(DecisionSource.Local);
        await Eventually.HoldsAsync(() => !scene.Store.DecidesCalls);
        int before = server.Runs;
        await Eventually.HoldsAsync(() => server.Runs >= before + 3);
        scene.Store.DecidesCalls.ShouldBeFalse();

        server.Send("ACL", "SETUSER", "default", "+rpush").ShouldBe("+OK");
        await scene.UntilRedisDecides();
        scene.ShouldHaveLoggedOneOutage();
    }

    [Theory]
    [InlineData("EVALSHA")]
    [InlineData("SCRIPT")]
    [InlineData("RPUSH")]
    public async Task WarmUp_ServerRenamesACommand_IsReportedWithWhatIsNeeded(string command)
    {
        using RedisServer server = RedisServer.Start("--rename-command", command, "secret-name");
        await using FaultScene scene = new(server.Configuration);

        (await scene.Store.WarmUpAsync(Eventually.Patience, default)).ShouldBeFalse();

        string line = scene.Log.Of("StoreNotReached").ShouldHaveSingleItem();
        line.ShouldContain("under their own names");
        (await scene.Acquire()).Source.ShouldBe(command == "RPUSH" ? DecisionSource.Store : DecisionSource.Local);
    }

    // The script's clock is far behind that of the server: so it is when the server is stopped between the two readings.
    [Fact]
    public async Task WarmUp_KeysOfTheCheckExpireWhileItRuns_IsReady()
    {
        await using StoreScene scene = new(hasClockOfItsOwn: true);

        (await scene.Store.WarmUpAsync(Eventually.Patience, default)).ShouldBeTrue();
    }

    [Fact]
    public void Page_MinimumRights_AreThoseOfTheCode() =>
        File.ReadAllText(Path.Combine(Repository.Root, "docs", "concepts", "redis.md")).ShouldContain("~sluice:* " + RedisFaults.MinimumRights);

    [Fact]
    public async Task WarmUp_ServerAnswers_LogsWhichServerAndVersion()
    {
        using RedisServer server = RedisServer.Start();
        await using FaultScene scene = new(server.Configuration);

        (await scene.Store.WarmUpAsync(Eventually.Patience, default)).ShouldBeTrue();

        string version = server.Send("INFO", "server").Split('\n')
            .Last(line => line.StartsWith("redis_version:", StringComparison.Ordinal) || line.StartsWith("valkey_version:", StringComparison.Ordinal))
            .Split(':')[1].Trim();
        scene.Log.Of("StoreReached").ShouldHaveSingleItem().ShouldContain($"{version} at 127.0.0.1:{server.PortText}");
    }

    [Fact]
    public async Task WarmUp_NoServer_SaysThatThereIsNoConnection()
    {
        using RedisServer server = RedisServer.Start();
        server.Kill();
        await using FaultScene scene = new(server.Configuration);

        (await scene.Store.WarmUpAsync(TimeSpan.FromSeconds(1), default)).ShouldBeFalse();

        scene.Log.Of("StoreNotReached").ShouldHaveSingleItem().ShouldContain("Connection: ");
    }

    private static string As(RedisServer server) => $"{server.Configuration},user=sluice,password={Password}";

    private static void Allow(RedisServer server, string rights) =>
        server.Send([.. "ACL SETUSER sluice on".Split(' '), ">" + Password, "~sluice:*", .. rights.Split(' ')]).ShouldBe("+OK");

    /// <summary>Waits until the server has refused some checks: a connection's rights are looked at with each command.</summary>
    private static Task SomeChecks(RedisServer server)
    {
        int before = server.Runs;
        return Eventually.HoldsAsync(() => server.Runs >= before + 5);
    }
}
