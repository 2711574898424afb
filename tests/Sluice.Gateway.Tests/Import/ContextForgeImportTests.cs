namespace Sluice.Gateway.Tests;

public sealed class ContextForgeImportTests
{
    private const string Complete = """
        plugins:
          - name: Limits
            kind: plugins.rate_limiter.rate_limiter.RateLimiterPlugin
            hooks: [tool_pre_invoke, prompt_pre_fetch]
            mode: permissive
            priority: 20
            config:
              by_user: 30/m
              by_tenant: 900/h
              by_tool:
                search: 5/m
                "weird: ${name}": 2/s
              algorithm: sliding_window
              backend: redis
              redis_url: redis://limiter:hunter2@redis.internal:6379/3
              redis_key_prefix: cf
              fail_mode: closed
              burst_windows: 3
        plugin_dirs: [plugins]
        """;

    [Fact]
    public void Import_EveryField_IsWrittenOrReported()
    {
        Imported imported = Imported.From("contextforge", Complete);

        imported.Limits.PerUser.ShouldBe(RateOf(30, 1, RateLimitAlgorithm.SlidingWindow));
        imported.Limits.PerTenant.ShouldBe(RateOf(900, 60, RateLimitAlgorithm.SlidingWindow));
        imported.Limits.Tools.Select(tool => tool.Name).ShouldBe(["search", "weird: ${name}"]);
        imported.Limits.Mode.ShouldBe(LimitMode.Permissive);
        imported.Limits.OnStoreFailure.ShouldBe(StoreFailureMode.Deny);
        foreach (string reported in (string[])
            ["config.by_user:", "A user has a bucket for each tenant in both", "config.by_tool:", "each tool and tenant", "config.fail_mode:", "Unix time", "config.redis_key_prefix:",
                "config.burst_windows: is left out: this importer does not know the field", "plugin_dirs:"])
        {
            imported.Comments.ShouldContain(reported);
        }
    }

    [Fact]
    public void Import_RedisUrlWithPassword_DoesNotPrintThePassword()
    {
        Imported imported = Imported.From("contextforge", Complete);

        imported.Yaml.ShouldNotContain("hunter2");
        imported.Yaml.ShouldContain("redis: redis://redis.internal:6379/3");
        imported.Yaml.ShouldContain("${REDIS_PASSWORD:-change-me}");
    }

    [Fact]
    public void Import_NoAlgorithm_DecidesAsAFixedWindowThatBeginsWithTheFirstCall()
    {
        Imported imported = Imported.From("contextforge", Plugin("by_user: 3/m"));

        imported.Comments.ShouldContain("is absent, which is a fixed window in ContextForge");
        imported.Decide("any", 10, 68, 69, 69.5, 69.9, 70, 70, 70, 70).ShouldBe([true, true, true, false, false, true, true, true, false]);
    }

    [Fact]
    public void Import_ToolOfTwoTenants_HasABucketForEach() =>
        Imported.From("contextforge", Plugin("by_tool: { search: 1/m }")).Limits.Tools.ShouldHaveSingleItem().PerTenant.ShouldNotBeNull();

    [Theory]
    [InlineData("by_user: -5/m", "'-5/m' is negative")]
    [InlineData("by_user: 0/m", "0")]
    [InlineData("by_user: 5/fortnite", "fortnite")]
    [InlineData("by_user: [5/m]", "a list is not a single value")]
    [InlineData("algorithm: leaky", "'leaky' is not an algorithm of ContextForge")]
    [InlineData("by_tool: {}", "has no rate")]
    public void Import_WrongValue_IsRejectedWithItsPlace(string config, string message)
    {
        string faults = Imported.FaultsOf("contextforge", Plugin(config));

        faults.ShouldContain(message);
        faults.ShouldStartWith("source.yaml:");
    }

    [Fact]
    public void Import_RatePerDay_IsTakenAndReported()
    {
        Imported imported = Imported.From("contextforge", Plugin("by_user: 100/1d"));

        imported.Limits.PerUser.ShouldBe(RateOf(100, 24 * 60, RateLimitAlgorithm.FixedWindow));
        imported.Comments.ShouldContain("'100/1d' is taken as it reads, but rates of ContextForge are per s, m or h");
    }

    [Theory]
    [InlineData("servers: []", "is not a plugin configuration of ContextForge, with an entry of the rate limiter under 'plugins'. It looks like a configuration of Sluice")]
    [InlineData("plugins: []", "is not a plugin configuration of ContextForge")]
    [InlineData("", "is not a plugin configuration of ContextForge")]
    [InlineData("plugins:\n  - {", "source.yaml:3:1 is not valid YAML")]
    public void Import_AnotherFile_IsRejected(string text, string message) =>
        Imported.FaultsOf("contextforge", text).ShouldContain(message);

    [Fact]
    public void Import_TextThatWouldEndAComment_StaysInIt()
    {
        Imported imported = Imported.From("contextforge", Plugin("by_user: 5/m", "\"x\\nservers: [evil]\": 1"));

        imported.Configuration.Servers.ShouldHaveSingleItem();
        imported.Yaml.Split('\n').ShouldNotContain(line => line.StartsWith("servers: [evil]", StringComparison.Ordinal));
    }

    private static string Plugin(params string[] config) =>
        $"plugins:\n  - name: Limits\n    kind: cpex_rate_limiter.RateLimiterPlugin\n    config:\n{string.Concat(config.Select(line => $"      {line}\n"))}";

    private static RateList RateOf(int count, double minutes, RateLimitAlgorithm algorithm) =>
        new Rate(count, TimeSpan.FromMinutes(minutes), algorithm, burst: null, align: false);
}
