using Sluice.Documents;

namespace Sluice.Gateway.Tests;

public sealed class AgentgatewayImportTests
{
    [Fact]
    public void Import_RouteWithTargets_IsRunnable()
    {
        Imported imported = Imported.From("agentgateway", Route(
            "localRateLimit: [{ maxTokens: 4, tokensPerFill: 2, fillInterval: 500ms }]",
            "mcpAuthorization: { rules: [] }",
            "colours: {}"));

        imported.Configuration.Servers.Select(server => server.Name).ShouldBe(["files", "remote"]);
        imported.Configuration.Servers[0].Upstream.ShouldBeOfType<CommandUpstreamConfiguration>().Arguments.ShouldBe(["-y", "files-server"]);
        imported.Configuration.Servers[1].Upstream.ShouldBeOfType<HttpUpstreamConfiguration>().Address.ShouldBe(new Uri("http://mcp.internal:9000/tools"));
        imported.Limits.Limits.ShouldHaveSingleItem().Rate.ShouldBe(
            (RateList?)new Rate(2, TimeSpan.FromMilliseconds(500), RateLimitAlgorithm.TokenBucket, burst: 4, align: false));
        imported.Comments.ShouldContain("policies.mcpAuthorization: is left out");
        imported.Comments.ShouldContain("policies.colours: is left out: it is not a rate limit that this importer knows.");
        imported.Comments.ShouldContain("has several targets, which share the limits");
        imported.Yaml.ShouldNotContain("hunter2");
    }

    [Fact]
    public void Import_ConditionalLimits_ApplyTogetherAndSaySo()
    {
        Imported imported = Imported.From("agentgateway", Route("""
            localRateLimit:
              conditional:
                - { condition: 'jwt.sub == "alice"', maxTokens: 1, tokensPerFill: 1, fillInterval: 1m }
                - { condition: 'request.path == "/x"', maxTokens: 9, tokensPerFill: 9, fillInterval: 1m }
                - { maxTokens: 5, tokensPerFill: 5, fillInterval: 1m }
            """));

        imported.Comments.ShouldContain("applies the first entry that matches, alone. Here every entry that matches applies");
        imported.Comments.ShouldContain("has no equivalent: request.path == \"/x\". The limit is left out.");
        imported.Decide("any", 0, 0).ShouldBe([true, false]);
    }

    [Theory]
    [InlineData("localRateLimit: [{ maxTokens: -4, tokensPerFill: 2, fillInterval: 1s }]", "localRateLimit[0].maxTokens: '-4' is negative")]
    [InlineData("localRateLimit: [{ maxTokens: 1, tokensPerFill: 2, fillInterval: 1s }]", "maxTokens is below tokensPerFill")]
    [InlineData("localRateLimit: [{ maxTokens: 2, tokensPerFill: 2, fillInterval: soon }]", "'soon' is not a duration")]
    [InlineData("localRateLimit: [{ maxTokens: 9, tokensPerFill: 9, fillInterval: 1m, type: tokens }]", "has no route with a localRateLimit that counts requests")]
    public void Import_WrongLimit_IsRejected(string policy, string message) => Imported.FaultsOf("agentgateway", Route(policy)).ShouldContain(message);

    [Fact]
    public void Import_IntervalInDays_IsTakenAndReported() =>
        Imported.From("agentgateway", Route("localRateLimit: [{ maxTokens: 9, tokensPerFill: 9, fillInterval: 1d }]")).Comments
            .ShouldContain("durations of agentgateway have no days and weeks");

    private static string Route(params string[] policies) =>
        "binds:\n- port: 3000\n  listeners:\n  - routes:\n    - policies:\n"
        + string.Concat(policies.SelectMany(policy => policy.Split('\n')).Select(line => $"        {line}\n"))
        + """
              backends:
              - mcp:
                  targets:
                  - name: files
                    stdio: { cmd: npx, args: ["-y", files-server], env: { KEY: hunter2 } }
                  - name: remote
                    mcp: { host: mcp.internal, port: 9000, path: /tools }
        """;
}
