namespace Sluice.Tests;

public sealed class SelectionTests
{
    private static readonly CallerIdentity Alice = new("issuer", "alice", "acme", "agent");

    [Fact]
    public void Select_EveryScopeAndTarget_ComesInTheOrderOfTheLaw()
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("s", limits => limits
            .PerClient("8/1m").PerUser("6/1m").PerTenant("4/1m").Shared("2/1m")
            .Tool("search", t => t.PerClient("9/1m").PerUser("7/1m").PerTenant("5/1m").Shared("3/1m")));

        Names(policy, "tools/call", "search").ShouldBe(
        [
            "shared", "search/shared", "perTenant", "search/perTenant", "perUser", "search/perUser", "perClient", "search/perClient",
        ]);
    }

    [Theory]
    [InlineData("search")]
    [InlineData("SEARCH")]
    [InlineData("  Search\t")]
    public void Select_SpellingOfTheSameTool_MeetsItsLimit(string name) =>
        Names(ToolPolicy(), "tools/call", name).ShouldBe(["shared", "search/perUser"]);

    [Theory]
    [InlineData("searc")]
    [InlineData("search2")]
    [InlineData("sea rch")]
    [InlineData("")]
    [InlineData("söarch")]
    public void Select_AnotherTool_MeetsTheServersLimitsOnly(string name) =>
        Names(ToolPolicy(), "tools/call", name).ShouldBe(["shared"]);

    [Fact]
    public void Select_LettersOutsideAscii_KeepTheirCase()
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("s", limits => limits.Tool("über", t => t.Shared("1/1m")));

        Names(policy, "tools/call", "ÜBER").ShouldBeEmpty();
        Names(policy, "tools/call", "üBER").ShouldBe(["über/shared"]);
    }

    [Fact]
    public void Select_CaseSensitive_TellsSpellingsApart()
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("s", limits => limits
            .CaseSensitive().Tool("search", t => t.Shared("1/1m")).Tool("Search", t => t.Shared("2/1m")));

        Names(policy, "tools/call", "search").ShouldBe(["search/shared"]);
        Names(policy, "tools/call", "Search").ShouldBe(["Search/shared"]);
        Names(policy, "tools/call", "SEARCH").ShouldBeEmpty();
    }

    [Fact]
    public void Select_ManyThreadsAskFirst_AllGetOneList()
    {
        string[] tools = [.. Enumerable.Range(0, 100).Select(number => $"tool-{number}")];
        RateLimitPolicy policy = RateLimitPolicy.Build("s", limits =>
        {
            foreach (string tool in tools)
            {
                limits.Tool(tool, t => t.Shared("1/1m"));
            }
        });

        ApplicableLimits[][] found = new ApplicableLimits[4][];
        using Barrier start = new(found.Length);
        Thread[] threads = [.. Enumerable.Range(0, found.Length).Select(number => new Thread(() =>
        {
            start.SignalAndWait();
            found[number] = [.. tools.Select(tool => policy.Select("tools/call", tool, Alice))];
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());

        found[0].Select(limits => limits[0].Name).ShouldBe(tools.Select(tool => $"{tool}/shared"));
        found.SelectMany(list => list).Distinct(ReferenceEqualityComparer.Instance).Count().ShouldBe(tools.Length);
    }

    [Fact]
    public void Build_SomeCallsAreHeld_TheirLimitsKnowItBeforeTheFirstCall()
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("s", limits => limits
            .PerUser("9/1m")
            .Tool("held", t => t.Shared("1/1m").Wait(TimeSpan.FromSeconds(1)))
            .Tool("held-too", t => t.Shared("1/1m").Wait(TimeSpan.FromSeconds(1)))
            .Tool("other", t => t.Shared("1/1m"))
            .Prompt("other", p => p.Shared("1/1m")));

        policy.Waits.ShouldBeTrue();
        policy.Limits.Where(limit => limit.MayBeHeld).Select(limit => limit.Name).ShouldBe(["perUser", "held/shared", "held-too/shared"]);
    }

    [Fact]
    public void Select_SeveralEntriesMatch_TheMostSpecificAloneApplies()
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("s", limits => limits
            .Tool("*", t => t.Shared("1/1m"))
            .Tool("search_*", t => t.Shared("2/1m"))
            .Tool("search_web_*", t => t.Shared("3/1m"))
            .Tool("search_web_fast", t => t.Shared("4/1m")));

        Names(policy, "tools/call", "search_web_fast").ShouldBe(["search_web_fast/shared"]);
        Names(policy, "tools/call", "SEARCH_web_slow").ShouldBe(["search_web_*/shared"]);
        Names(policy, "tools/call", "search_").ShouldBe(["search_*/shared"]);
        Names(policy, "tools/call", "anything").ShouldBe(["*/shared"]);
    }

    [Fact]
    public void Select_GlobsEquallySpecific_TheFirstWins()
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("s", limits => limits
            .Tool("ab*", t => t.Shared("1/1m")).Tool("*yz", t => t.Shared("2/1m")));

        Names(policy, "tools/call", "abyz").ShouldBe(["ab*/shared"]);
    }

    [Theory]
    [InlineData("a*b*c", "abc", true)]
    [InlineData("a*b*c", "a-b-b-c", true)]
    [InlineData("a*b*c", "a-b-c-", false)]
    [InlineData("*", "", true)]
    [InlineData("**", "x", true)]
    [InlineData("a*", "b", false)]
    [InlineData("*a", "ba", true)]
    [InlineData("*aab", "aaaaab", true)]
    [InlineData("a", "aa", false)]
    public void Matches_Glob_TakesAnyRunForAStar(string pattern, string name, bool matches) =>
        new Glob(pattern, NameComparer.Exact).Matches(name).ShouldBe(matches);

    [Theory]
    [InlineData("initialize")]
    [InlineData("server/discover")]
    [InlineData("ping")]
    [InlineData("tasks/cancel")]
    [InlineData("notifications/initialized")]
    public void Select_MethodThatClientsCannotDoWithout_IsNeverMetered(string method)
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("s", limits => limits
            .Meter(MeteredRequests.All).Shared("1/1m").Method("*", m => m.Shared("1/1m")));

        policy.Select(method, "", Alice).Count.ShouldBe(0);
    }

    [Fact]
    public void Select_ListMethod_IsMeteredWhenNamedOrWhenAllAre()
    {
        RateLimitPolicy byDefault = RateLimitPolicy.Build("s", limits => limits.Shared("1/1m"));
        RateLimitPolicy named = RateLimitPolicy.Build("s", limits => limits
            .Shared("1/1m").Method("tools/list", m => m.PerUser("1/1m")));
        RateLimitPolicy all = RateLimitPolicy.Build("s", limits => limits.Meter(MeteredRequests.All).Shared("1/1m"));

        Names(byDefault, "tools/list", "").ShouldBeEmpty();
        Names(named, "tools/list", "").ShouldBe(["shared", "method:tools/list/perUser"]);
        Names(named, "prompts/list", "").ShouldBeEmpty();
        Names(all, "tools/list", "").ShouldBe(["shared"]);
    }

    [Fact]
    public void Select_MeterTools_ServerLimitsCountToolsOnly()
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("s", limits => limits
            .MeterToolsOnly()
            .Shared("100/1m")
            .Tool("search", t => t.PerUser("1/1m"))
            .Prompt("summarise", p => p.PerUser("2/1m"))
            .Method("tools/list", m => m.PerUser("3/1m")));

        Names(policy, "tools/call", "search").ShouldBe(["shared", "search/perUser"]);
        Names(policy, "tools/call", "other").ShouldBe(["shared"]);
        Names(policy, "prompts/get", "summarise").ShouldBe(["prompt:summarise/perUser"]);
        Names(policy, "prompts/get", "other").ShouldBeEmpty();
        Names(policy, "resources/read", "file:///a").ShouldBeEmpty();
        Names(policy, "tools/list", "").ShouldBe(["method:tools/list/perUser"]);
        Names(policy, "prompts/list", "").ShouldBeEmpty();
    }

    [Fact]
    public void Select_MethodAndTool_BothApply()
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("s", limits => limits
            .Method("tools/*", m => m.PerUser("5/1m")).Tool("search", t => t.PerUser("1/1m")));

        Names(policy, "tools/call", "search").ShouldBe(["method:tools/*/perUser", "search/perUser"]);
        Names(policy, "tools/call", "other").ShouldBe(["method:tools/*/perUser"]);
    }

    [Fact]
    public void Select_SameNameOfAnotherKind_IsAnotherOperation()
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("s", limits => limits
            .Tool("x", t => t.Shared("1/1m")).Prompt("x", p => p.Shared("2/1m")).Resource("x", r => r.Shared("3/1m")));

        Names(policy, "tools/call", "x").ShouldBe(["x/shared"]);
        Names(policy, "prompts/get", "x").ShouldBe(["prompt:x/shared"]);
        Names(policy, "resources/read", "x").ShouldBe(["resource:x/shared"]);
    }

    [Fact]
    public void Select_ToolNamedLikeAnotherKind_HasANameOfItsOwn()
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("s", limits => limits
            .Tool("prompt:x", t => t.Shared("1/1m")).Prompt("x", p => p.Shared("2/1m")));

        policy.Limits.Select(limit => limit.Name).ShouldBe(["tool:prompt:x/shared", "prompt:x/shared"]);
    }

    [Fact]
    public void Select_Cost_IsTheMostSpecificEntrys()
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("s", limits => limits
            .Shared("100/1m").Cost(2)
            .Method("tools/call", m => m.Cost(3))
            .Tool("search", t => t.Cost(10))
            .Tool("echo", t => t.Shared("50/1m")));

        policy.Select("tools/call", "search", Alice).Cost.ShouldBe(10);
        policy.Select("tools/call", "echo", Alice).Cost.ShouldBe(3);
        policy.Select("prompts/get", "any", Alice).Cost.ShouldBe(2);
    }

    [Fact]
    public void Select_CostOfAMethod_IsTheExactEntrysOrTheMostSpecificGlobs()
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("s", limits => limits
            .Shared("100/1m")
            .Method("*", m => m.Cost(2))
            .Method("tools/*", m => m.Cost(3))
            .Method("tools/call", m => m.Cost(4))
            .Method("resources/*", m => m.Cost(5)));

        policy.Select("tools/call", "any", Alice).Cost.ShouldBe(4);
        policy.Select("resources/read", "any", Alice).Cost.ShouldBe(5);
        policy.Select("prompts/get", "any", Alice).Cost.ShouldBe(2);
        policy.Select("tools/list", "", Alice).Cost.ShouldBe(3);
        RateLimitPolicy.Build("s", limits => limits
                .Shared("100/1m").Method("tools/call*", m => m.Cost(2)).Method("tools/call", m => m.Cost(3)))
            .Select("tools/call", "any", Alice).Cost.ShouldBe(3); // The exact one, though the glob fixes as many characters.
    }

    [Fact]
    public void Select_EntryThatSaysHowItFailsAndRefuses_GoesOverThePolicys()
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("s", limits => limits
            .OnStoreFailure(StoreFailureMode.Deny).Rejection(RejectionForm.JsonRpc).Shared("5/1m")
            .Tool("own", t => t.Shared("1/1m").OnStoreFailure(StoreFailureMode.Allow).Rejection(RejectionForm.ToolResult))
            .Tool("plain", t => t.Shared("1/1m")));

        policy.Limits.Select(limit => (limit.Name, limit.OnStoreFailure, limit.Rejection)).ShouldBe(
        [
            ("shared", StoreFailureMode.Deny, RejectionForm.JsonRpc),
            ("own/shared", StoreFailureMode.Allow, RejectionForm.ToolResult),
            ("plain/shared", StoreFailureMode.Deny, RejectionForm.JsonRpc),
        ]);
        policy.Limits[0].Target.ShouldBe(new LimitTarget("s", OperationKind.Server, "", ""));
        policy.Limits[0].Operation.ShouldBe("");
    }

    // A table of a handful of names is searched one by one; one of many, by hash.
    [Fact]
    public void Select_AmongManyTools_MeetsItsLimitInAnySpelling()
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("s", limits =>
        {
            for (int i = 0; i < 200; i++)
            {
                limits = limits.Tool($"Tool_{i}", t => t.Shared("1/1m"));
            }
        });

        Names(policy, "tools/call", "tOOL_17").ShouldBe(["Tool_17/shared"]);
        Names(policy, "tools/call", "tool_200").ShouldBeEmpty();
    }

    [Fact]
    public void Select_ToolNamedLikeAUri_IsComparedByItsCharacters()
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("s", limits => limits.Tool("demo://host/a", t => t.Shared("1/1m")));

        Names(policy, "tools/call", "demo://host/b/../a").ShouldBeEmpty();
        Names(policy, "tools/call", "demo://host/%61").ShouldBeEmpty();
        Names(policy, "tools/call", "DEMO://host/a").ShouldBe(["demo://host/a/shared"]);
    }

    [Fact]
    public void Select_Modes_DropDisabledAndSpreadPermissive()
    {
        RateLimitPolicy entry = RateLimitPolicy.Build("s", limits => limits
            .Shared("5/1m")
            .Tool("off", t => t.Shared("1/1m").Cost(2).Mode(LimitMode.Disabled))
            .Tool("o*", t => t.Shared("1/1m"))
            .Tool("soft", t => t.Shared("1/1m").Mode(LimitMode.Permissive)));
        RateLimitPolicy permissive = RateLimitPolicy.Build("s", limits => limits
            .Mode(LimitMode.Permissive).Shared("5/1m").Tool("hard", t => t.Shared("1/1m").Mode(LimitMode.Enforce)));

        Names(entry, "tools/call", "off").ShouldBe(["shared"]);
        entry.Select("tools/call", "off", Alice).Cost.ShouldBe(2);
        entry.Select("tools/call", "soft", Alice)[1].Mode.ShouldBe(LimitMode.Permissive);
        permissive.Limits.ShouldAllBe(limit => limit.Mode == LimitMode.Permissive);
    }

    [Fact]
    public void Select_AnyCall_AllocatesNothing()
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("s", limits => limits
            .Shared("5/1m").Tool("search", t => t.PerUser("1/1m")).Tool("glob_*", t => t.PerUser("1/1m"))
            .Resource("file:///a", r => r.PerUser("1/1m")));
        string longUri = "file:///" + new string('x', 2_000);

        Allocations.Least(() =>
        {
            policy.Select("tools/call", " SEARCH ", Alice);
            policy.Select("tools/call", "glob_x", Alice);
            policy.Select("tools/call", "unknown", Alice);
            policy.Select("resources/read", "FILE:///x/../%61", Alice);
            policy.Select("resources/read", longUri, Alice);
            policy.Select("tools/list", "", Alice);
        }).ShouldBe(0);
    }

    private static RateLimitPolicy ToolPolicy() =>
        RateLimitPolicy.Build("s", limits => limits.Shared("100/1m").Tool("search", t => t.PerUser("10/1m")));

    private static string[] Names(RateLimitPolicy policy, string method, string operation) =>
        [.. policy.Select(method, operation, Alice).Limits.ToArray().Select(limit => limit.Name)];
}
