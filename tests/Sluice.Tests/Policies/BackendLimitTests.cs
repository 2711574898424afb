using System.Collections.Immutable;

namespace Sluice.Tests;

/// <summary>Limits of the servers behind a virtual server.</summary>
public sealed class BackendLimitTests
{
    private static readonly CallerIdentity Alice = new("issuer", "alice", null, null);
    private static readonly RateList Hourly = RateList.Create(new Rate(10, TimeSpan.FromHours(1)));

    private static readonly RateLimitingSettings Settings = new()
    {
        Shared = Hourly,
        Tools = [new OperationSettings { Name = "github_*", PerUser = Hourly }],
        Backends = [Backend("github"), Backend("search")],
    };

    [Theory]
    [InlineData("tools/call", "github_issue", "github", new[] { "shared", "backend:github/shared", "github_*/perUser", "backend:github/perUser" })]
    [InlineData("tools/call", "find", "search", new[] { "shared", "backend:search/shared", "backend:search/perUser" })]
    [InlineData("resources/read", "file:///1", "search", new[] { "shared", "backend:search/shared", "backend:search/perUser" })]
    [InlineData("tools/call", "github_issue", null, new[] { "shared", "github_*/perUser" })]
    [InlineData("tools/call", "github_issue", "another", new[] { "shared", "github_*/perUser" })]
    [InlineData("tools/list", "", "github", new string[0])]
    public void Select_ACallToABackend_MeetsItsLimitsBesideTheOthers(string method, string operation, string? backend, string[] expected) =>
        Names(Compile(Settings), method, operation, backend).ShouldBe(expected);

    [Fact]
    public void Select_ForTwoBackends_SharesTheLimitsOfTheServerAndNoOthers()
    {
        RateLimitPolicy policy = Compile(Settings);
        RateLimit[] github = policy.SelectFor("tools/call", "x", "github", Alice).Limits.ToArray();
        RateLimit[] search = policy.SelectFor("tools/call", "x", "search", Alice).Limits.ToArray();

        github.Intersect(search).Select(limit => limit.Name).ShouldBe(["shared"]);
        policy.Limits.Select(limit => limit.Name).ShouldBe(
        [
            "shared", "github_*/perUser", "backend:github/shared", "backend:github/perUser", "backend:search/shared", "backend:search/perUser",
        ]);
        (github[1].Kind, github[1].Operation, github[1].KindName).ShouldBe((OperationKind.Backend, "github", "backend"));
    }

    [Fact]
    public void Select_WhereOnlyToolsCount_LimitsNoResourceOfABackend() =>
        Names(Compile(Settings with { Meter = MeteredRequests.Tools }), "resources/read", "file:///1", "github").ShouldBeEmpty();

    [Fact]
    public void Compile_CostThatNoBackendCanMeet_IsOneFault()
    {
        Faults(Settings with { Cost = 11, Shared = null, Tools = [] }).ShouldBe(
        [
            "cost: 11 tokens can never be met by the limit 'backend:github/shared', whose bucket holds 10. Lower the cost, or raise the limit to at least 11.",
            "cost: 11 tokens can never be met by the limit 'backend:github/perUser', whose bucket holds 10. Lower the cost, or raise the limit to at least 11.",
            "cost: 11 tokens can never be met by the limit 'backend:search/shared', whose bucket holds 10. Lower the cost, or raise the limit to at least 11.",
            "cost: 11 tokens can never be met by the limit 'backend:search/perUser', whose bucket holds 10. Lower the cost, or raise the limit to at least 11.",
        ]);
    }

    [Fact]
    public void Compile_FaultThatIsWrittenOnceForAllBackends_IsReportedOnce() =>
        Faults(Settings with { Backends = [.. Settings.Backends.Select(backend => backend with { Mode = (LimitMode)9 })] })
            .ShouldHaveSingleItem().ShouldStartWith("perBackend.mode: ");

    [Fact]
    public void Name_OfAToolThatReadsLikeABackend_SaysThatItIsATool() =>
        Names(Compile(new() { Tools = [new OperationSettings { Name = "backend:github", Shared = Hourly }] }), "tools/call", "backend:github", null)
            .ShouldBe(["tool:backend:github/shared"]);

    private static OperationSettings Backend(string name) => new() { Name = name, Shared = Hourly, PerUser = Hourly };

    private static RateLimitPolicy Compile(RateLimitingSettings settings)
    {
        RateLimitPolicy? policy = RateLimitPolicy.Compile("toolkit", settings, out ImmutableArray<SettingsFault> faults);
        faults.ShouldBeEmpty();
        return policy!;
    }

    private static string[] Faults(RateLimitingSettings settings)
    {
        RateLimitPolicy.Compile("toolkit", settings, out ImmutableArray<SettingsFault> faults).ShouldBeNull();
        return [.. faults.Select(fault => $"{fault.Path}: {fault.Message}")];
    }

    private static string[] Names(RateLimitPolicy policy, string method, string operation, string? backend) =>
        [.. policy.SelectFor(method, operation, backend, Alice).Limits.ToArray().Select(limit => limit.Name)];
}
