namespace Sluice.Tests;

public sealed class SetOnceTests
{
    public static TheoryData<string, Action<RateLimitsBuilder>> ServerFieldsSetTwice => new()
    {
        { "Shared of the server is set twice, to '1/1m' and to '2/1m'.", limits => limits.Shared("1/1m").Shared("2/1m") },
        { "PerTenant of the server is set twice, to '1/1m' and to '2/1m'.", limits => limits.PerTenant("1/1m").PerTenant("2/1m") },
        { "PerUser of the server is set twice, to '1/1m' and to '2/1m'.", limits => limits.PerUser("1/1m").PerUser("2/1m") },
        { "PerClient of the server is set twice, to '1/1m' and to '2/1m'.", limits => limits.PerClient("1/1m").PerClient("2/1m") },
        { "Cost of the server is set twice, to '1' and to '2'.", limits => limits.Cost(1).Cost(2) },
        { "Mode of the server is set twice, to 'Permissive' and to 'Enforce'.", limits => limits.Mode(LimitMode.Permissive).Mode(LimitMode.Enforce) },
        { "Meter of the server is set twice, to 'All' and to 'Operations'.", limits => limits.MeterAllRequests().Meter(MeteredRequests.Operations) },
        { "MissingIdentity of the server is set twice", limits => limits.MissingIdentity(MissingIdentity.Reject).MissingIdentity(MissingIdentity.Skip) },
        { "OnStoreFailure of the server is set twice", limits => limits.OnStoreFailure(StoreFailureMode.Deny).OnStoreFailure(StoreFailureMode.Allow) },
        { "Rejection of the server is set twice", limits => limits.Rejection(RejectionForm.JsonRpc).Rejection(RejectionForm.Http429) },
        { "ErrorCode of the server is set twice, to '-1' and to '429'.", limits => limits.ErrorCode(-1).ErrorCode(429) },
        { "Shared of 'echo' is set twice, to '1/1m' and to '2/1m'.", limits => limits.Tool("echo", tool => tool.Shared("1/1m").Shared("2/1m")) },
        { "PerTenant of 'echo' is set twice", limits => limits.Tool("echo", tool => tool.PerTenant("1/1m").PerTenant("2/1m")) },
        { "PerUser of 'echo' is set twice", limits => limits.Prompt("echo", prompt => prompt.PerUser("1/1m").PerUser("2/1m")) },
        { "PerClient of 'a://b' is set twice", limits => limits.Resource("a://b", resource => resource.PerClient("1/1m").PerClient("2/1m")) },
        { "Cost of 'tools/list' is set twice", limits => limits.Method("tools/list", method => method.Cost(1).Cost(2)) },
        { "Mode of 'echo' is set twice", limits => limits.Tool("echo", tool => tool.Mode(LimitMode.Permissive).Mode(LimitMode.Enforce)) },
        { "OnStoreFailure of 'echo' is set twice", limits => limits.Tool("echo", tool => tool.OnStoreFailure(StoreFailureMode.Deny).OnStoreFailure(StoreFailureMode.Allow)) },
        { "Rejection of 'echo' is set twice", limits => limits.Tool("echo", tool => tool.Rejection(RejectionForm.JsonRpc).Rejection(RejectionForm.Http429)) },
    };

    [Theory]
    [MemberData(nameof(ServerFieldsSetTwice))]
    public void Build_AFieldSetToTwoValues_IsRefused(string message, Action<RateLimitsBuilder> limits) =>
        Should.Throw<InvalidOperationException>(() => RateLimitPolicy.Build("s", limits)).Message.ShouldStartWith(message);

    [Fact]
    public void Build_AFieldSetTwiceToOneValue_IsThatValue()
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("s", limits => limits
            .PerUser("1/1m").PerUser(Rate.Parse("1/60s"))
            .MeterAllRequests().Meter(MeteredRequests.All)
            .CaseSensitive().CaseSensitive()
            .Tool("echo", tool => tool.PerUser("3/1m"))
            .Tool("other", tool => tool.PerUser("4/1m")));

        policy.Settings.PerUser.ShouldBe(Rate.Parse("1/1m"));
        policy.Settings.Tools.Length.ShouldBe(2);
    }
}
