using System.Collections.Immutable;

namespace Sluice.Tests;

/// <summary>Which limits apply to a call when overrides and entries of <c>limits</c> ask who calls.</summary>
public sealed class CallerSelectionTests
{
    private static readonly CallerIdentity Plain = new("issuer", "plain", null, null);
    private static readonly CallerIdentity Pro = new CallerIdentity("issuer", "pro", null, null).WithClaim("tier", "pro").WithClaim("team", "a", "b");
    private static readonly Rate Rate = new(10, TimeSpan.FromMinutes(1));

    [Fact]
    public void Select_OverrideAndClaimKey_GiveEachCallerItsLimits()
    {
        RateLimitPolicy policy = Policy();

        Names(policy, Plain, "search_web").ShouldBe(["perUser/1m=10", "perUser/1d=100", "by-team=5"]);
        Names(policy, Pro, "search_web").ShouldBe(["perUser=20", "by-team=5"]);
        Names(policy, Pro, "echo").ShouldBe(["perUser=20"]);
    }

    [Fact]
    public void Select_OverrideAndClaimKey_AllocatesNothing()
    {
        RateLimitPolicy policy = Policy();

        Allocations.Least(() => // Not the first, which finds the class of each caller.
        {
            policy.Select("tools/call", "search_web", Plain);
            policy.Select("tools/call", " SEARCH_web ", Pro);
            policy.Select("tools/call", "echo", Pro);
            policy.Select("prompts/get", "any", Pro);
        }).ShouldBe(0);
    }

    [Fact]
    public void Compile_ThirtyTwoLimitsForACall_IsAcceptedAndOneMoreIsAFault()
    {
        ImmutableArray<LimitSettings> limits = [.. Entries(16, (entry, _) => entry with { Rate = Two(1) })];

        RateLimitPolicy.Compile("s", new() { Limits = limits }, out _)!.Select("tools/call", "x", Plain).Count.ShouldBe(32);
        Faults(new() { Limits = limits, Shared = Rate }).ShouldBe(
            ["limits: 33 limits may apply to one call, and at most 32 can. Remove rates of the server, of the method or of the operation, or entries of 'limits'."]);
    }

    [Fact]
    public void Compile_OverrideWithMoreRates_CountsAsTheLongestList()
    {
        LimitOverrideSettings longer = new() { When = new() { Users = ["pro"] }, Rate = Two(1) };
        ImmutableArray<LimitSettings> limits = [.. Entries(32, (entry, _) => entry)];

        Faults(new() { Limits = limits }).ShouldBeEmpty();
        Faults(new() { Limits = limits.SetItem(0, limits[0] with { Overrides = [longer] }) })
            .ShouldHaveSingleItem().ShouldStartWith("limits: 33 limits may apply to one call, and at most 32 can.");
    }

    [Fact]
    public void Compile_EntriesThatNoCallMeetsTogether_AreNotCountedTogether()
    {
        Faults(new() { Limits = [.. Entries(100, (entry, i) => entry with { When = new() { Callers = new() { Users = [$"u{i}"] } } })] }).ShouldBeEmpty();
        Faults(new() { Limits = [.. Entries(100, (entry, i) => entry with { When = new() { Tools = [$"tool{i}_*"] } })] }).ShouldBeEmpty();

        // A claim may have several values, so one caller may meet all of these.
        Faults(new() { Limits = [.. Entries(33, (entry, i) => entry with { When = new() { Callers = new() { Claims = [new("team", [$"t{i}"])] } } })] })
            .ShouldHaveSingleItem().ShouldStartWith("limits: 33 limits may apply");
        Faults(new() { Limits = [.. Entries(33, (entry, i) => entry with { When = new() { Tools = [$"*{i}*"] } })] })
            .ShouldHaveSingleItem().ShouldStartWith("limits: 33 limits may apply");
    }

    [Fact]
    public void Select_EntryOfLimitsHasAWait_CallsThatItCountsMayWaitUnlessTheirOperationSaysOtherwise()
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("s", limits => limits
            .PerUser("10/1m")
            .Wait(TimeSpan.FromSeconds(1))
            .Tool("search_fast", tool => tool.Wait(TimeSpan.Zero))
            .Limit("first", limit => limit.Tools("search_*").When(when => when.Claim("tier", "free")).Rate("5/1m").Wait(TimeSpan.FromSeconds(2)))
            .Limit("second", limit => limit.Tools("search_*", "other").Rate("5/1m").Wait(TimeSpan.FromSeconds(3))));
        CallerIdentity free = new CallerIdentity("issuer", "alice", null, null).WithClaim("tier", "free");
        CallerIdentity other = new("issuer", "bob", null, null);

        (string, CallerIdentity, int)[] cases =
            [("search_web", free, 2), ("search_web", other, 3), ("search_fast", free, 0), ("other", free, 3), ("third", free, 1)];

        foreach ((string tool, CallerIdentity caller, int seconds) in cases)
        {
            policy.Select("tools/call", tool, caller).Wait.ShouldBe(TimeSpan.FromSeconds(seconds), tool);
        }
    }

    [Fact]
    public void Compile_EntryOfLimitsHasAWaitOutOfRange_IsAFaultOfTheEntry() =>
        Faults(new() { Limits = [new() { Name = "a", Rate = Rate, Wait = TimeSpan.FromMinutes(10) }] })
            .ShouldHaveSingleItem().ShouldStartWith("limits[0].wait: 600 s is not a time from 0 to 60 s.");

    private static RateLimitPolicy Policy() => RateLimitPolicy.Build("s", limits => limits
        .PerUser("10/1m", "100/1d")
        .Override(when => when.Claim("tier", "pro", "team"), numbers => numbers.PerUser("20/1m"))
        .Limit("by-team", limit => limit.Per("claim:team").Tools("search_*").Rate("5/1m")));

    private static string[] Names(RateLimitPolicy policy, CallerIdentity caller, string tool) =>
        [.. policy.Select("tools/call", tool, caller).Limits.ToArray().Select(limit => $"{limit.Name}={limit.Rate.Capacity}")];

    private static IEnumerable<LimitSettings> Entries(int count, Func<LimitSettings, int, LimitSettings> change) =>
        Enumerable.Range(0, count).Select(i => change(new() { Name = $"limit-{i}", Rate = Rate }, i));

    private static RateList Two(int tokens) => RateList.Create(new(tokens, TimeSpan.FromMinutes(1)), new(tokens, TimeSpan.FromDays(1)));

    private static string[] Faults(RateLimitingSettings settings)
    {
        _ = RateLimitPolicy.Compile("s", settings, out ImmutableArray<SettingsFault> faults);
        return [.. faults.Select(fault => fault.ToString())];
    }
}
