namespace Sluice.StoreContracts;

/// <summary>No two buckets are ever one, whatever characters name them, and no bucket is ever two.</summary>
public abstract class IdentityContract<TStore> : StoreContract<TStore>
    where TStore : StoreUnderTest, new()
{
    private static readonly Rate Once = new(1, TimeSpan.FromDays(1));

    /// <summary>Texts that end, join, quote, escape or imitate the parts of a key in one system or another.</summary>
    private static readonly string[] NastyTexts =
    [
        "a", "A", "b", "ab", "a b", " a", "a ", "anonymous", "null", "none", "shared", "*", "user", "0", "1", "11",
        ":", "::", "a:", ":a", "a:b", "a::b", "|", "a|b", "/", "a/b", "\\", "\\0", "%", "%3A", "{", "}", "{a}", "a}{b",
        "\0", "a\0", "\0a", "a\0b", "\r\n", "\u0001", "\u001f", "\u007f", "'", "\"", "a,b", "a;b", "1:a", "2:ab", "a\u00001:b",
        "é", "e\u0301", "É", "ß", "ss", "ı", "i", "I", "İ", "ﬁ", "fi", "а" /* Cyrillic */, "😀", "\ud83d", "\ude00", "\ufffd",
        "\u200b", "a\u200b", "\u202e", "\ufeff", "\uffff", new string('a', 255), new string('a', 256), new string('a', 5_000),
    ];

    [Fact]
    public async Task Acquire_SubjectsThatDifferInAnyCharacter_HaveBucketsOfTheirOwn()
    {
        ApplicableLimits limits = PerUser(Once);

        foreach (string subject in NastyTexts)
        {
            await ShouldBeNewThenSpent(limits, new CallerIdentity("", subject, null, null), $"subject '{subject}'");
        }
    }

    [Fact]
    public async Task Acquire_IssuersThatDifferInAnyCharacter_HaveBucketsOfTheirOwn()
    {
        ApplicableLimits limits = PerUser(Once);

        foreach (string issuer in NastyTexts.Prepend(""))
        {
            await ShouldBeNewThenSpent(limits, new CallerIdentity(issuer, "alice", null, null), $"issuer '{issuer}'");
        }
    }

    [Fact]
    public async Task Acquire_IssuerAndSubjectCutElsewhere_HaveBucketsOfTheirOwn()
    {
        ApplicableLimits limits = PerUser(Once);
        HashSet<(string Issuer, string Subject)> cuts = [];
        foreach (string text in (string[])["abcd", "a:b:c", "a\0b\0c", "a|b|c", "::::", "\0\0\0", "1:1:1", "éé\u0301"])
        {
            for (int cut = 0; cut < text.Length; cut++)
            {
                cuts.Add((text[..cut], text[cut..]));
            }
        }

        foreach ((string issuer, string subject) in cuts)
        {
            await ShouldBeNewThenSpent(limits, new CallerIdentity(issuer, subject, null, null), $"'{issuer}' + '{subject}'");
        }
    }

    [Fact]
    public async Task Acquire_IssuerAndSubjectSwapped_HaveBucketsOfTheirOwn()
    {
        ApplicableLimits limits = PerUser(Once);

        await ShouldBeNewThenSpent(limits, new CallerIdentity("a", "b", null, null), "a, b");
        await ShouldBeNewThenSpent(limits, new CallerIdentity("b", "a", null, null), "b, a");
    }

    [Fact]
    public async Task Acquire_TheSameTextAsUserTenantAndClient_AreThreeBuckets()
    {
        ApplicableLimits users = Limits(policy => policy.PerUser(Once));
        ApplicableLimits tenants = Limits(policy => policy.PerTenant(Once));
        ApplicableLimits clients = Limits(policy => policy.PerClient(Once));
        ApplicableLimits everybody = Limits(policy => policy.Shared(Once));
        CallerIdentity caller = new("x", "x", "x", "x");

        await ShouldBeNewThenSpent(users, caller, "user");
        await ShouldBeNewThenSpent(tenants, caller, "tenant");
        await ShouldBeNewThenSpent(clients, caller, "client");
        await ShouldBeNewThenSpent(everybody, caller, "shared");
    }

    [Theory]
    [InlineData("anonymous")]
    [InlineData("null")]
    [InlineData("none")]
    [InlineData("pool")]
    [InlineData("*")]
    [InlineData("\0")]
    public async Task Acquire_NamedLikeAnUnknownCaller_IsApartFromThePool(string subject)
    {
        ApplicableLimits limits = PerUser(Once);
        await ShouldBeNewThenSpent(limits, CallerIdentity.None, "the pool");

        await ShouldBeNewThenSpent(limits, new CallerIdentity("", subject, null, null), subject);
    }

    [Fact]
    public async Task Acquire_CallersWithoutTheIdentity_ShareOneBucketAcrossIssuers()
    {
        ApplicableLimits limits = PerUser(Once);
        await ShouldBeNewThenSpent(limits, CallerIdentity.None, "the pool");

        (await Acquire(limits, new CallerIdentity("https://issuer.example", null, null, null))).Decision.IsAllowed.ShouldBeFalse();
        (await Acquire(limits, new CallerIdentity("", null, "acme", "desktop"))).Decision.IsAllowed.ShouldBeFalse();
    }

    [Fact]
    public async Task Acquire_CallersWithoutTenantOrClient_HaveAPoolForEachScope()
    {
        ApplicableLimits tenants = Limits(policy => policy.PerTenant(Once));
        ApplicableLimits clients = Limits(policy => policy.PerClient(Once));
        CallerIdentity caller = new("", "alice", null, null);

        await ShouldBeNewThenSpent(tenants, caller, "no tenant");
        await ShouldBeNewThenSpent(clients, caller, "no client");
        (await Acquire(tenants, CallerIdentity.None)).Decision.IsAllowed.ShouldBeFalse();
    }

    [Fact]
    public async Task Acquire_AnotherClient_DoesNotSplitTheBucketOfAUser()
    {
        ApplicableLimits limits = PerUser(Once);
        await ShouldBeNewThenSpent(limits, new CallerIdentity("i", "alice", "acme", "desktop"), "alice");

        (await Acquire(limits, new CallerIdentity("i", "alice", "acme", null))).Decision.IsAllowed.ShouldBeFalse();
        (await Acquire(limits, new CallerIdentity("i", "alice", "acme", "phone"))).Decision.IsAllowed.ShouldBeFalse();
    }

    [Fact]
    public async Task Acquire_OneNameInSeveralTenants_IsAUserInEach()
    {
        ApplicableLimits limits = PerUser(Once);

        await ShouldBeNewThenSpent(limits, new CallerIdentity("i", "alice", null, null), "alice without a tenant");
        foreach (string tenant in NastyTexts)
        {
            await ShouldBeNewThenSpent(limits, new CallerIdentity("i", "alice", tenant, null), $"alice of '{tenant}'");
        }
    }

    [Fact]
    public async Task Acquire_UserWhoSpansTenants_IsOneInAllOfThem()
    {
        ApplicableLimits limits = PerUser(Once);
        ApplicableLimits tenants = Limits(policy => policy.PerTenant(Once));
        CallerIdentity first = new("i", "alice", "acme", null) { UserSpansTenants = true };
        CallerIdentity second = new("i", "alice", "other", null) { UserSpansTenants = true };
        await ShouldBeNewThenSpent(limits, first, "alice");

        (await Acquire(limits, second)).Decision.IsAllowed.ShouldBeFalse();
        (await Acquire(limits, new CallerIdentity("i", "alice", null, null))).Decision.IsAllowed.ShouldBeFalse();
        await ShouldBeNewThenSpent(tenants, first, "acme");
        await ShouldBeNewThenSpent(tenants, second, "other");
        await ShouldBeNewThenSpent(limits, new CallerIdentity("i", "alice", "acme", null), "alice of acme alone");
    }

    [Fact]
    public async Task Acquire_IssuerTenantAndSubjectCutElsewhere_HaveBucketsOfTheirOwn()
    {
        ApplicableLimits limits = PerUser(Once);
        foreach (string text in (string[])["abcd", "::::", "\0\0\0\0", "\uffff\uffff\0\0"])
        {
            for (int first = 0; first < text.Length - 1; first++)
            {
                await ShouldBeNewThenSpent(
                    limits, new CallerIdentity(text[..first], text[first..], null, null), $"'{text}' cut at {first}");
                for (int second = first + 1; second < text.Length; second++)
                {
                    await ShouldBeNewThenSpent(
                        limits,
                        new CallerIdentity(text[..first], text[second..], text[first..second], null),
                        $"'{text}' cut at {first} and {second}");
                }
            }
        }
    }

    [Fact]
    public async Task Acquire_Shared_IsOneBucketForEverybody()
    {
        ApplicableLimits limits = Limits(policy => policy.Shared(Once));
        await ShouldBeNewThenSpent(limits, Alice, "alice");

        (await Acquire(limits, Bob)).Decision.IsAllowed.ShouldBeFalse();
        (await Acquire(limits, CallerIdentity.None)).Decision.IsAllowed.ShouldBeFalse();
    }

    [Fact]
    public async Task Acquire_TargetsThatDifferInAnyPart_HaveBucketsOfTheirOwn()
    {
        foreach (string name in (string[])["a", "b", "a:b", "a b", "perUser", "tool:a", "é", "e\u0301", "a\0b", "files", "*a"])
        {
            foreach (string server in (string[])["files", "Files", "a", "files:a", "files\0a"])
            {
                RateLimitPolicy tool = RateLimitPolicy.Build(server, policy => policy.Tool(name, entry => entry.PerUser(Once)));
                RateLimitPolicy prompt = RateLimitPolicy.Build(server, policy => policy.Prompt(name, entry => entry.PerUser(Once)));
                RateLimitPolicy method = RateLimitPolicy.Build(server, policy => policy.Method(name, entry => entry.PerUser(Once)));
                string called = name.Replace("*", "x", StringComparison.Ordinal);
                await ShouldBeNewThenSpent(tool.Select("tools/call", called, Alice), Alice, $"{server}, tool {name}");
                await ShouldBeNewThenSpent(prompt.Select("prompts/get", called, Alice), Alice, $"{server}, prompt {name}");
                await ShouldBeNewThenSpent(method.Select(called, "", Alice), Alice, $"{server}, method {name}");
            }
        }
    }

    [Fact]
    public async Task Acquire_SpellingsThatMeanTheSame_AreOneBucket()
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("files", limits => limits.Tool("Search", tool => tool.PerUser(Once)));
        RateLimitPolicy reloaded = RateLimitPolicy.Build("files", limits => limits.Tool(" sEARCH ", tool => tool.PerUser(Once)));
        await ShouldBeNewThenSpent(policy.Select("tools/call", "search", Alice), Alice, "Search");

        (await Acquire(policy.Select("tools/call", " SEARCH", Alice), Alice)).Decision.IsAllowed.ShouldBeFalse();
        (await Acquire(reloaded.Select("tools/call", "search", Alice), Alice)).Decision.IsAllowed.ShouldBeFalse();
    }

    [Fact]
    public async Task Acquire_AGlob_IsOneBucketForAllThatItMatches()
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("files", limits => limits.Tool("search_*", tool => tool.PerUser(Once)));
        await ShouldBeNewThenSpent(policy.Select("tools/call", "search_a", Alice), Alice, "search_a");

        (await Acquire(policy.Select("tools/call", "search_b", Alice), Alice)).Decision.IsAllowed.ShouldBeFalse();
    }

    [Fact]
    public async Task Acquire_EqualIdentitiesAndPoliciesBuiltAgain_FindTheSameBucket()
    {
        await ShouldBeNewThenSpent(PerUser(Once), new CallerIdentity("i", "é\0", null, null), "first");

        CallerIdentity again = new(new string("i"), string.Concat("é", "\0"), null, null);
        (await Acquire(PerUser(Once), again)).Decision.IsAllowed.ShouldBeFalse();
    }

    private async Task ShouldBeNewThenSpent(ApplicableLimits limits, CallerIdentity caller, string what)
    {
        (await Acquire(limits, caller)).Decision.IsAllowed.ShouldBeTrue($"The bucket of {what} is shared with another caller.");
        (await Acquire(limits, caller)).Decision.IsAllowed.ShouldBeFalse($"The bucket of {what} was not found again.");
    }
}
