namespace Sluice.Gateway.Tests;

public sealed class KuadrantImportTests
{
    [Fact]
    public void Import_LimitsWithCountersAndConditions_BecomeEntriesOfLimits()
    {
        Imported imported = Imported.From("kuadrant", Policy("""
            whole-route:
              rates: [{ limit: 200, window: 10s }, { limit: 5000, window: 1h }]
            free-search:
              when:
                - predicate: auth.identity.plan == "free" && request.headers['x-mcp-toolname'] == 'search'
              counters:
                - expression: auth.identity.userid
              rates: [{ limit: 3, window: 500ms }]
            by-path:
              when: [{ predicate: request.path.startsWith("/x") }]
              rates: [{ limit: 3, window: 1m }]
            by-address:
              counters: [{ expression: source.address }]
              rates: [{ limit: 3, window: 1m }]
            """));

        imported.Limits.Limits.Select(limit => limit.Name).ShouldBe(["whole-route", "free-search"]);
        imported.Limits.Limits[0].Rate!.Count.ShouldBe(2);
        LimitSettings free = imported.Limits.Limits[1];
        free.Rate.ShouldBe((RateList?)new Rate(3, TimeSpan.FromMilliseconds(500), RateLimitAlgorithm.FixedWindow, burst: null, align: false));
        imported.Configuration.Servers[0].Policy!.Limits.ShouldContain(limit => limit.Name == "free-search");
        imported.Yaml.ShouldContain("per: [user]");
        imported.Yaml.ShouldContain("tools: [search]");
        imported.Yaml.ShouldContain("plan: [free]");
        imported.Comments.ShouldContain("spec.limits.by-path: is left out: its condition has no equivalent");
        imported.Comments.ShouldContain("spec.limits.by-address: is left out: its counter 'source.address' has no equivalent");
        imported.Comments.ShouldContain("Limitador counts in whole seconds");
    }

    [Fact]
    public void Import_Window_BeginsWithTheFirstCallAndIsFixed() =>
        Imported.From("kuadrant", Policy("all: { rates: [{ limit: 2, window: 10s }] }"))
            .Decide("any", 3, 12, 12.5, 13, 13, 13).ShouldBe([true, true, false, true, true, false]);

    [Fact]
    public void Import_WindowInDays_IsTakenAndReported() =>
        Imported.From("kuadrant", Policy("all: { rates: [{ limit: 2, window: 1d }] }")).Comments
            .ShouldContain("'1d' is taken as it reads, but durations of Kuadrant have no days and weeks: it rejects this file.");

    [Theory]
    [InlineData("all: { rates: [{ limit: -2, window: 10s }] }", "spec.limits.all.rates[0].limit: '-2' is negative")]
    [InlineData("all: { rates: [{ limit: 2, window: -10s }] }", "'-10s' is negative")]
    [InlineData("all: { rates: [{ limit: 0, window: 10s }] }", "admits no call at all")]
    [InlineData("all: { rates: [{ limit: 2 }] }", "a rate needs limit and window")]
    [InlineData("all: { counters: [{ expression: source.address }], rates: [{ limit: 3, window: 1m }] }", "has no limit that can be expressed here")]
    public void Import_WrongLimit_IsRejectedWithItsPlace(string limits, string message) =>
        Imported.FaultsOf("kuadrant", Policy(limits)).ShouldContain(message);

    [Fact]
    public void Import_TokenRateLimitPolicy_IsRejected() =>
        Imported.FaultsOf("kuadrant", "apiVersion: kuadrant.io/v1alpha1\nkind: TokenRateLimitPolicy\nspec: {}\n").ShouldContain("counts tokens of language models");

    [Fact]
    public void Import_DefaultsAndUnknownFields_AreReadAndReported()
    {
        Imported imported = Imported.From("kuadrant", """
            apiVersion: kuadrant.io/v1
            kind: RateLimitPolicy
            metadata: { name: p }
            spec:
              targetRef: { group: gateway.networking.k8s.io, kind: HTTPRoute, name: tools }
              defaults:
                strategy: merge
                limits:
                  all:
                    rates: [{ limit: 7, window: 1m, jitter: 2 }]
            """);

        imported.Configuration.Servers.ShouldHaveSingleItem().Name.ShouldBe("tools");
        imported.Comments.ShouldContain("spec.defaults.strategy: is left out");
        imported.Comments.ShouldContain("rates[0].jitter: is left out: this importer does not know the field.");
    }

    private static string Policy(string limits) =>
        "apiVersion: kuadrant.io/v1\nkind: RateLimitPolicy\nmetadata: { name: p }\nspec:\n  targetRef: { group: gateway.networking.k8s.io, kind: HTTPRoute, name: mcp }\n  limits:\n"
        + string.Concat(limits.Split('\n').Select(line => $"    {line}\n"));
}
