using System.Collections.Immutable;

namespace Sluice.Tests;

public sealed class SettingsFaultTests
{
    private static readonly Rate Rate = new(10, TimeSpan.FromMinutes(1));

    [Fact]
    public void Compile_NoLimit_IsAFault() => Faults(new()).ShouldBe(
        ["holds no limit. Add shared, perTenant, perUser, perClient or concurrency, for the server or for one of its operations, or an entry of 'limits'."]);

    [Fact]
    public void Compile_CostWithoutAnyLimit_IsAFault() =>
        Faults(new() { Tools = [new() { Name = "x", Cost = 2 }] }).ShouldHaveSingleItem().ShouldStartWith("holds no limit.");

    [Theory]
    [InlineData("search", " SEARCH ")]
    [InlineData("a_*", "A_*")]
    public void Compile_TwoNamesThatMeanTheSame_NamesBoth(string first, string second) =>
        Faults(new() { Tools = [Entry(first), Entry("other"), Entry(second)] })
            .ShouldBe([$"tools[2].name: '{second}' means the same tool as '{first}' of tools[0]. Merge the two entries, or set caseSensitive: true to tell the two names apart."]);

    [Fact]
    public void Compile_SameNameTwice_DoesNotSuggestCase() =>
        Faults(new() { Tools = [Entry("search"), Entry(" search")] })
            .ShouldBe(["tools[1].name: ' search' means the same tool as 'search' of tools[0]. Merge the two entries."]);

    [Fact]
    public void Compile_EquivalentResources_NamesBoth() =>
        Faults(new() { Resources = [Entry("file:///a"), Entry("FILE:///b/../%61")] })
            .ShouldBe(["resources[1].name: 'FILE:///b/../%61' means the same resource as 'file:///a' of resources[0]. Merge the two entries."]);

    [Fact]
    public void Compile_NameLengthLadder_AcceptsOneTo256()
    {
        Faults(new() { Tools = [Entry("   ")] }).ShouldBe(["tools[0].name: has 0 characters, and a name must have 1 to 256."]);
        Faults(new() { Tools = [Entry("x")] }).ShouldBeEmpty();
        Faults(new() { Tools = [Entry(new string('x', 256))] }).ShouldBeEmpty();
        Faults(new() { Tools = [Entry(new string('x', 257))] })
            .ShouldBe(["tools[0].name: has 257 characters, and a name must have 1 to 256."]);
    }

    [Fact]
    public void Compile_EntryCountLadder_AcceptsAThousand()
    {
        Faults(new() { Prompts = Entries(1_000) }).ShouldBeEmpty();
        Faults(new() { Prompts = Entries(1_001) }).ShouldBe(["prompts: 1001 entries are more than 1000. Use a glob."]);
    }

    [Fact]
    public void Compile_EmptyEntry_IsAFault() =>
        Faults(new() { Shared = Rate, Methods = [new() { Name = "tools/list" }] })
            .ShouldBe(["methods[0]: sets nothing. Add shared, perTenant, perUser, perClient, concurrency, cost or wait."]);

    [Fact]
    public void Compile_BrokenRuleAndCostThatNoBucketCanMeet_ReportsBoth() =>
        Faults(new() { Shared = Rate, Tools = [Entry("x"), Entry("X"), new() { Name = "dear", Cost = 11 }] }).ShouldBe(
        [
            "tools[1].name: 'X' means the same tool as 'x' of tools[0]. Merge the two entries, or set caseSensitive: true to tell the two names apart.",
            "tools[2].cost: 11 tokens can never be met by the limit 'shared', whose bucket holds 10. "
                + "Lower the cost, or raise the limit to at least 11.",
        ]);

    [Theory]
    [InlineData("initialize")]
    [InlineData("Ping")]
    [InlineData("server/discover")]
    [InlineData("notifications/cancelled")]
    public void Compile_LimitOnAMethodThatIsNeverLimited_IsAFault(string method) =>
        Faults(new() { Methods = [Entry(method)] })
            .ShouldBe([$"methods[0].name: '{method}' is never limited, because clients break when it is rejected. Remove the entry."]);

    [Fact]
    public void Compile_TwoRatesOfOnePeriodAndAlgorithm_NamesBoth() =>
        Faults(new() { PerUser = RateList.Parse("5/1m", "9/1h", "7/60s") })
            .ShouldBe(["perUser[2]: '7/1m' has the period and the algorithm of '5/1m' of perUser[0]. Remove one of the two, or change its period."]);

    [Fact]
    public void Compile_OnePeriodByTwoAlgorithms_NamesTheAlgorithms() =>
        RateLimitPolicy.Build("s", limits => limits
            .PerUser([new Rate(5, TimeSpan.FromMinutes(1)), new Rate(9, TimeSpan.FromMinutes(1), RateLimitAlgorithm.FixedWindow, null, false)]))
            .Limits.Select(limit => limit.Name)
            .ShouldBe(["perUser/1m/tokenBucket", "perUser/1m/fixedWindow"]);

    [Fact]
    public void Compile_NoRateOrFive_IsAFault() =>
        Faults(new() { Shared = [], PerUser = RateList.Parse("1/1s", "1/1m", "1/1h", "1/1d", "1/1w") }).ShouldBe(
        [
            "shared: has no rate. Add one, such as 100/1m, or remove it.",
            "perUser: has 5 rates, and a list must have 1 to 4. Remove 1, or write further rates as entries of 'limits', each with a name.",
        ]);

    [Fact]
    public void Compile_MoreLimitsOnOneCallThanThereMayBe_IsAFault()
    {
        RateList four = RateList.Parse("1/1s", "1/1m", "1/1h", "1/1d");
        OperationSettings entry = new() { Name = "search", Shared = four, PerTenant = four, PerUser = four, PerClient = four };

        Faults(new() { Shared = four, PerTenant = four, PerUser = four, PerClient = four, Tools = [entry, entry with { Name = "other" }] })
            .ShouldBeEmpty();
        Faults(new() { Shared = four, PerTenant = four, PerUser = four, PerClient = four, Tools = [entry], Methods = [new() { Name = "tools/call", Shared = Rate }] })
            .ShouldHaveSingleItem().ShouldBe(
                "tools[0]: 33 limits apply to one call, and at most 32 can. Remove rates of the server, of the method or of the operation.");
    }

    [Fact]
    public void Compile_CostAboveABucket_NamesTheLimitThatCannotMeetIt()
    {
        Faults(new() { Shared = Rate, Tools = [new() { Name = "x", Cost = 11, PerUser = new Rate(20, TimeSpan.FromMinutes(1)) }] })
            .ShouldBe(
            [
                "tools[0].cost: 11 tokens can never be met by the limit 'shared', whose bucket holds 10. "
                + "Lower the cost, or raise the limit to at least 11.",
            ]);
        Faults(new() { Shared = Rate, Tools = [new() { Name = "x", Cost = 10 }] }).ShouldBeEmpty();
        Faults(new() { Shared = Rate, Cost = 11 }).ShouldHaveSingleItem().ShouldStartWith("cost: 11 tokens can never be met");
    }

    [Fact]
    public void Compile_CostAboveTheBucketOfAnOverride_PointsAtTheOverride() =>
        Faults(new()
        {
            Shared = new Rate(50, TimeSpan.FromMinutes(1)),
            Overrides = [new() { When = new() { Users = ["ci"] }, Shared = Rate }],
            Tools = [new() { Name = "x", Cost = 11 }],
        }).ShouldHaveSingleItem().ShouldStartWith("overrides[0].shared: 10/1m holds 10 tokens, and a call costs 11 by 'tools[0].cost'");

    [Fact]
    public void Compile_MaxWaitingWithoutAWait_IsAFault()
    {
        Faults(new() { Shared = Rate, MaxWaiting = 5 }).ShouldHaveSingleItem().ShouldStartWith("maxWaiting: bounds the calls that are held, and no 'wait'");
        Faults(new() { Shared = Rate, MaxWaiting = 5, Wait = TimeSpan.FromSeconds(1) }).ShouldBeEmpty();
        Faults(new() { Shared = Rate, MaxWaiting = 5, Tools = [new() { Name = "x", Wait = TimeSpan.FromSeconds(1) }] }).ShouldBeEmpty();
        Faults(new() { MaxWaiting = 5, Limits = [new() { Name = "a", Rate = Rate, Wait = TimeSpan.FromSeconds(1) }] }).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("global")]
    [InlineData("Global")]
    [InlineData("shared")]
    [InlineData("PERUSER")]
    public void Compile_LimitNamedAsAScope_IsAFault(string name) =>
        Faults(new() { Limits = [new() { Name = name, Rate = Rate }] }).ShouldHaveSingleItem().ShouldStartWith($"limits[0].name: '{name}' is ");

    [Theory]
    [InlineData(-32768, false)]
    [InlineData(-32029, false)]
    [InlineData(-32000, false)]
    [InlineData(-32769, true)]
    [InlineData(-31999, true)]
    [InlineData(429, true)]
    public void Compile_ErrorCode_MustLieOutsideTheReservedRange(int code, bool valid)
    {
        Faults(new() { Shared = Rate, ErrorCode = code }).IsEmpty.ShouldBe(valid);
        Faults(new() { Shared = Rate, ErrorCode = code, AllowReservedErrorCode = true }).ShouldBeEmpty();
    }

    [Fact]
    public void Compile_CostOfAMethodAboveABucket_PointsAtTheMethod() =>
        Faults(new() { Shared = Rate, Methods = [new() { Name = "tools/*", Cost = 11 }] })
            .ShouldHaveSingleItem().ShouldStartWith("methods[0].cost: 11 tokens can never be met");

    [Fact]
    public void Compile_CostBelowOne_SaysTheRule()
    {
        Faults(new() { Shared = Rate, Cost = 0 }).ShouldBe(["cost: 0 is not a whole number of at least 1."]);
        Faults(new() { Shared = Rate, Tools = [new() { Name = "x", Cost = -1 }] })
            .ShouldBe(["tools[0].cost: -1 is not a whole number of at least 1."]);
        Faults(new() { Shared = Rate, Cost = 1, Tools = [new() { Name = "x", Cost = 1 }] }).ShouldBeEmpty();
    }

    [Fact]
    public void Compile_ReservedErrorCode_SaysTheWayOut() =>
        Faults(new() { Shared = Rate, ErrorCode = -32029 }).ShouldBe(
        [
            "errorCode: -32029 lies in -32768 to -32000, which JSON-RPC and MCP reserve. "
            + "Use another code, such as 429, or set allowReservedErrorCode: true.",
        ]);

    [Fact]
    public void Compile_ToolNamedLikeAMethodThatIsNeverLimited_IsNone() =>
        Faults(new() { Tools = [Entry("ping")], Methods = [Entry("ping*")] }).ShouldBeEmpty();

    // Only a cast makes such a value; it must not mean "unlimited".
    [Fact]
    public void Compile_ValueThatIsNoneOfItsKind_IsAFault()
    {
        Faults(new()
        {
            Shared = Rate,
            Mode = (LimitMode)7,
            Meter = (MeteredRequests)7,
            MissingIdentity = (MissingIdentity)7,
            OnStoreFailure = (StoreFailureMode)7,
            Rejection = (RejectionForm)7,
            Headers = (LimitHeadersMode)7,
            HeaderStyle = (LimitHeadersStyle)7,
            HeaderReset = (LimitHeadersReset)7,
            Tools = [Entry("x") with { Mode = (LimitMode)7, OnStoreFailure = (StoreFailureMode)(-1), Rejection = (RejectionForm)7 }],
        }).ShouldBe(
        [
            "mode: 7 is not one of Enforce, Permissive, Disabled.",
            "meter: 7 is not one of Operations, All, Tools.",
            "missingIdentity: 7 is not one of Reject, Pool, Skip.",
            "onStoreFailure: 7 is not one of Deny, Local, Allow, Share.",
            "rejection: 7 is not one of Auto, Http429, JsonRpc, ToolResult.",
            "headers: 7 is not one of OnRefusal, Always, Never.",
            "headers.style: 7 is not one of Draft11, XRateLimit, Both.",
            "headers.reset: 7 is not one of Seconds, UnixTime.",
            "tools[0].mode: 7 is not one of Enforce, Permissive, Disabled.",
            "tools[0].onStoreFailure: -1 is not one of Deny, Local, Allow, Share.",
            "tools[0].rejection: 7 is not one of Auto, Http429, JsonRpc, ToolResult.",
        ]);
    }

    [Fact]
    public void Compile_SlidingWindowAboveItsCeiling_RecommendsTheCounter()
    {
        Rate log = new(10_001, TimeSpan.FromMinutes(1), RateLimitAlgorithm.SlidingWindow, burst: null, align: false);

        Faults(new() { PerUser = log }).ShouldBe(
        [
            "perUser: 10001 tokens are too many for slidingWindow, which remembers every call: the ceiling is 10000. "
            + "Use slidingWindowCounter.",
        ]);
        Faults(new() { PerUser = log, SlidingWindowCeiling = 10_001 }).ShouldBeEmpty();
        Faults(new() { Shared = Rate, Tools = [new() { Name = "x", Shared = log }] })
            .ShouldHaveSingleItem().ShouldStartWith("tools[0].shared: 10001 tokens are too many for slidingWindow");
    }

    [Fact]
    public void Compile_SeveralFaults_ReportsThemAllInOrder() =>
        Faults(new() { Cost = 0, ErrorCode = -32000, Shared = Rate, Tools = [Entry(""), new() { Name = "x", Cost = 0 }] })
            .Select(fault => fault.Split(':')[0])
            .ShouldBe(["cost", "errorCode", "tools[0].name", "tools[1].cost"]);

    [Fact]
    public void Build_Faults_ThrowsWithAllOfThem() =>
        Should.Throw<ArgumentException>(() => RateLimitPolicy.Build("s", limits => limits.Cost(0).Tool("x", _ => { })))
            .Message.ShouldContain("tools[0]: sets nothing.");

    private static OperationSettings Entry(string name) => new() { Name = name, PerUser = Rate };

    private static ImmutableArray<OperationSettings> Entries(int count) =>
        [.. Enumerable.Range(0, count).Select(i => Entry($"p{i}"))];

    private static ImmutableArray<string> Faults(RateLimitingSettings settings)
    {
        RateLimitPolicy? policy = RateLimitPolicy.Compile("s", settings, out ImmutableArray<SettingsFault> faults);
        (policy is null).ShouldBe(!faults.IsEmpty);
        return [.. faults.Select(fault => fault.ToString())];
    }
}
