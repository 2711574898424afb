using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Server;
using Sluice.DependencyInjection;
using Sluice.Documents;
using Sluice.Redis;

namespace Sluice.ModelContextProtocol.Tests;

public sealed class SetupTests
{
    [Fact]
    public async Task WithRateLimits_ASection_MeansWhatYamlMeans()
    {
        IConfiguration configuration = Json("""
            { "RateLimiting": { "PerUser": { "maxTokens": 100, "refillPeriod": "1d", "burst": 20 }, "missingIdentity": "reject",
              "tools": [{ "name": "echo", "perUser": "1/1d", "cost": 1 }], "caseSensitive": true } }
            """);
        await using RunningServer server = await RunningServer.StartAsync(
            builder => builder.WithRateLimits(configuration.GetSection("RateLimiting")));

        await server.CallAsync("echo");

        (await server.RefusedAsync("echo")).Data["limit"].ShouldBe("echo/perUser");
    }

    [Fact]
    public async Task WithRateLimits_ASectionWithFaults_KeepsTheHostFromStartingWithTheMessagesOfYaml()
    {
        IConfiguration configuration = Json("""
            { "RateLimiting": { "perUser": "10/fortnite", "shard": "1/1m", "meter": "some", "errorCode": -32000,
              "tools": [{ "name": "echo" }, { "name": "ECHO", "perUser": "0/1m" }] } }
            """);
        string yaml = """
            servers:
              - name: s
                upstream: http://127.0.0.1:1/mcp
                rateLimiting:
                  { perUser: 10/fortnite, shard: 1/1m, meter: some, errorCode: -32000, tools: [{ name: echo }, { name: ECHO, perUser: 0/1m }] }
            auth: { apiKeys: [{ user: a, sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" }] }
            """;

        OptionsValidationException exception = await Should.ThrowAsync<OptionsValidationException>(() => RunningServer.StartAsync(
            builder => builder.WithRateLimits(configuration.GetSection("RateLimiting"))));

        IEnumerable<string> expected = GatewayFile.Parse(yaml, "f").Faults.Select(
            fault => fault.Path.Replace("servers[0].rateLimiting", "rate limits.RateLimiting", StringComparison.Ordinal) + ": " + fault.Message);
        exception.Failures.Order(StringComparer.Ordinal).ShouldBe(expected.Order(StringComparer.Ordinal));
        exception.Failures.Count().ShouldBeGreaterThanOrEqualTo(6);
    }

    [Fact]
    public async Task WithRateLimits_ASectionThatIsNotThere_KeepsTheHostFromStarting()
    {
        OptionsValidationException exception = await Should.ThrowAsync<OptionsValidationException>(() => RunningServer.StartAsync(
            builder => builder.WithRateLimits(Json("{}").GetSection("RateLimiting"))));

        exception.Message.ShouldContain("RateLimiting: is not in the configuration.");
    }

    [Fact]
    public async Task WithRateLimits_ARateThatIsNone_KeepsTheHostFromStarting() =>
        (await Should.ThrowAsync<OptionsValidationException>(() => RunningServer.StartAsync(
            builder => builder.WithRateLimits(limits => limits.PerUser("often"))))).Message.ShouldContain("'often'");

    [Fact]
    public async Task WithRateLimitAttributes_WithoutAny_KeepsTheHostFromStarting() =>
        (await Should.ThrowAsync<OptionsValidationException>(() => RunningServer.StartAsync(
            builder => builder.WithRateLimitAttributes()))).Message.ShouldContain("holds no limit");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WithRateLimitAttributes_BesideASection_AddsToItsLimits(bool isLast)
    {
        IConfiguration section = Json("""{ "RateLimiting": { "tools": [{ "name": "echo", "shared": "2/1d" }] } }""").GetSection("RateLimiting");
        await using RunningServer server = await RunningServer.StartAsync(builder =>
        {
            builder.WithTools<AttributedTools>();
            _ = isLast
                ? builder.WithRateLimits(section).WithRateLimitAttributes()
                : builder.WithRateLimitAttributes().WithRateLimits(section);
        });

        await server.CallAsync("echo");
        await server.CallAsync("echo");
        await server.CallAsync("limited");
        await server.CallAsync("limited");

        (await server.RefusedAsync("echo")).Data["limit"].ShouldBe("echo/shared");
        (await server.RefusedAsync("limited")).Data["limit"].ShouldBe("limited/perUser");
    }

    [Fact]
    public async Task WithRateLimits_CalledTwice_KeepsTheHostFromStarting()
    {
        OptionsValidationException exception = await Should.ThrowAsync<OptionsValidationException>(() => RunningServer.StartAsync(
            builder => builder.WithRateLimits(limits => limits.Shared("1/1d")).WithRateLimits(RateLimits.FromFastMcp())));

        exception.Failures.ShouldBe(
            ["rate limits: WithRateLimits is called twice, and a server has one set of limits. Put them into one call; attributes add to it."]);
    }

    [Fact]
    public async Task IdentifyBy_CalledTwice_KeepsTheHostFromStarting()
    {
        OptionsValidationException exception = await Should.ThrowAsync<OptionsValidationException>(() => RunningServer.StartAsync(
            builder => builder
                .WithRateLimits(limits => limits.Shared("1/1d"), options => options.IdentifyBy(_ => CallerIdentity.None))
                .WithRateLimitAttributes(options => options.IdentifyBy((_, _) => new ValueTask<CallerIdentity?>(CallerIdentity.None)))));

        exception.Failures.ShouldBe(["rate limits: IdentifyBy is called twice, and a call has one caller. Remove one of the two."]);
    }

    [Fact]
    public async Task PerUser_SetTwiceInOnePolicy_KeepsTheHostFromStarting() =>
        (await Should.ThrowAsync<InvalidOperationException>(() => RunningServer.StartAsync(
            builder => builder.WithRateLimits(limits => limits.PerUser("1/1m").PerUser("1000/1m"))))).Message.ShouldBe(
            "PerUser of the server is set twice, to '1/1m' and to '1000/1m'. Remove one of the two calls.");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task MaxKeys_OfAddSluiceBesideAPreset_IsTheOneOfAddSluice(bool isPresetLast)
    {
        await using RunningServer server = await RunningServer.StartAsync(builder =>
        {
            if (!isPresetLast)
            {
                builder.WithRateLimits(RateLimits.FromFastMcp(maxClients: 50));
            }

            builder.Services.AddSluice(options => options.MaxKeys = 70);
            if (isPresetLast)
            {
                builder.WithRateLimits(RateLimits.FromFastMcp(maxClients: 50));
            }
        });

        server.Services.GetRequiredService<IOptions<SluiceOptions>>().Value.MaxKeys.ShouldBe(70);
    }

    [Fact]
    public void Store_ChosenTwice_IsRefused()
    {
        Should.Throw<InvalidOperationException>(() => new ServiceCollection().AddSluice().UseStore(Undecided).UseStore(Undecided))
            .Message.ShouldStartWith("This host has a store already, and can have one only.");
        Should.Throw<InvalidOperationException>(() => new ServiceCollection().AddSluice().UseRedis("one:6379").UseRedis("two:6379"));
        Should.Throw<InvalidOperationException>(() => new ServiceCollection().AddSluice().UseStore(Undecided).UseRedis("one:6379"));
        Should.Throw<InvalidOperationException>(
            () => new ServiceCollection().AddSingleton<IRateLimitStore, UndecidedStore>().AddSluice().UseRedis("one:6379"));

        static IRateLimitStore Undecided(IServiceProvider provider) => new UndecidedStore();
    }

    [Fact]
    public void UseRedis_WithOptionsThatNameAnotherRedis_IsRefusedWithoutNamingEither()
    {
        ServiceCollection services = [];
        services.AddSluice().UseRedis("one:6379", options => options.Configuration = "two:6379,password=secret");
        using ServiceProvider provider = services.BuildServiceProvider();

        Should.Throw<InvalidOperationException>(() => provider.GetRequiredService<IOptions<RedisStoreOptions>>().Value)
            .Message.ShouldBe("UseRedis is given one Redis, and its options name another in Configuration. Remove one of the two.");
    }

    [Fact]
    public void UseStore_AfterAddSluiceTwice_ReplacesTheStoreOfThisProcess()
    {
        ServiceCollection services = [];
        services.AddSluice();
        services.AddSluice().UseStore(_ => new UndecidedStore());
        services.AddSluice();

        using ServiceProvider provider = services.BuildServiceProvider();
        provider.GetServices<IRateLimitStore>().ShouldHaveSingleItem().ShouldBeOfType<UndecidedStore>();
    }

    [Fact]
    public async Task WithRateLimits_OptionsMadeForEverySession_ShareOnePolicy()
    {
        await using RunningServer server = await RunningServer.StartAsync(builder => builder
            .WithTools<AttributedTools>()
            .WithRateLimits(limits => limits.Shared("10/1d")));
        IOptionsFactory<McpServerOptions> factory = server.Services.GetRequiredService<IOptionsFactory<McpServerOptions>>();

        McpServerOptions one = factory.Create(Options.DefaultName);
        McpServerOptions two = factory.Create(Options.DefaultName);

        ServerLimitsFactory.Find(one).ShouldNotBeNull().ShouldBeSameAs(ServerLimitsFactory.Find(two));
        one.Filters.Request.CallToolFilters.Count.ShouldBe(1);
    }

    [Fact]
    public async Task IdentifyBy_ThatThrows_RefusesTheCallLogsItAndChargesNothing()
    {
        CapturedLog log = new();
        bool fails = true;
        await using RunningServer server = await RunningServer.StartAsync(builder =>
        {
            builder.Services.AddLogging(logging => logging.AddProvider(log));
            builder.WithRateLimits(
                limits => limits.Shared("1/1d"),
                options => options.IdentifyBy(_ => fails ? throw new InvalidOperationException("secret") : CallerIdentity.None));
        });

        McpProtocolException rejection = await server.RefusedAsync("echo");
        fails = false;

        rejection.ErrorCode.ShouldBe(McpErrorCode.InternalError);
        rejection.Message.ShouldContain("The caller could not be identified, so the call was not made.");
        rejection.Message.ShouldNotContain("secret");
        log.Entries.ShouldContain(line => line.Level == LogLevel.Error && line.Exception is InvalidOperationException);
        (await server.CallAsync("echo")).ShouldBe("hi");
    }

    [Fact]
    public async Task AdvertiseLimits_InTheListOfTools_TellsEachToolsLimits()
    {
        await using RunningServer server = await RunningServer.StartAsync(builder => builder.WithRateLimits(
            limits => limits.Shared("1000/1m").Tool("search", tool => tool.PerUser("10/1m").Cost(2)),
            options => options.AdvertiseLimits = true));

        IList<McpClientTool> tools = await server.Client.ListToolsAsync();

        JsonArray search = tools.Single(tool => tool.Name == "search").ProtocolTool.Meta.ShouldNotBeNull()["sluice/rateLimits"]!.AsArray();
        search.Count.ShouldBe(2);
        search[1]!.ToJsonString().ShouldBe(
            """{"limit":"search/perUser","limitType":"perUser","limitKind":"rate","maxTokens":10,"refillPeriodMs":60000,"capacity":10,"cost":2}""");
        tools.Single(tool => tool.Name == "echo").ProtocolTool.Meta!["sluice/rateLimits"]!.AsArray().Count.ShouldBe(1);
    }

    [Fact]
    public async Task Call_WhileNoStoreAnswers_IsRefusedWithAnErrorOfItsOwn()
    {
        await using RunningServer server = await RunningServer.StartAsync(builder =>
        {
            builder.Services.AddSingleton<IRateLimitStore, UndecidedStore>();
            builder.WithRateLimits(limits => limits.Shared("1/1d"));
        });

        McpProtocolException rejection = await server.RefusedAsync("echo");

        ((int)rejection.ErrorCode).ShouldBe(503);
        rejection.Message.ShouldNotContain("Rate limit");
    }

    [Fact]
    public void AddSluice_CalledTwice_RegistersOneStore()
    {
        ServiceCollection services = [];
        services.AddSluice(options => options.MaxKeys = 5);
        services.AddSluice();

        services.Count(service => service.ServiceType == typeof(IRateLimitStore)).ShouldBe(1);
        services.Count(service => service.ServiceType == typeof(IValidateOptions<SluiceOptions>)).ShouldBe(1);
        using ServiceProvider provider = services.BuildServiceProvider();
        provider.GetRequiredService<IOptions<SluiceOptions>>().Value.MaxKeys.ShouldBe(5);
        provider.GetRequiredService<IRateLimitStore>().ShouldBeOfType<InProcessStore>();
    }

    [Fact]
    public void SluiceOptions_Defaults_AreTheDocumentedOnes() => new SluiceOptions().MaxKeys.ShouldBe(1_000_000);

    private static IConfiguration Json(string text) =>
        new ConfigurationBuilder().AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(text))).Build();

    /// <summary>A store that cannot decide: its decisions are the default ones.</summary>
    private sealed class UndecidedStore : IRateLimitStore
    {
        public ValueTask<RateLimitDecision> AcquireAsync(
            RateLimitRequest request, Memory<LimitState> states, CancellationToken cancellationToken) => default;

        public ValueTask<RateLimitDecision> PeekAsync(
            RateLimitRequest request, Memory<LimitState> states, CancellationToken cancellationToken) => default;

        public ValueTask ReleaseAsync(RateLimitRequest request, CancellationToken cancellationToken) => default;

        public ValueTask RefundAsync(RateLimitRequest request, CancellationToken cancellationToken) => default;

        public ValueTask ChargeAsync(RateLimitRequest request, CancellationToken cancellationToken) => default;

        public ValueTask ResetAsync(
            ReadOnlyMemory<RateLimit> limits, CallerIdentity caller, CancellationToken cancellationToken) => default;
    }
}
