namespace Sluice.Tests;

public sealed class LimitTargetTests
{
    private static readonly LimitTarget Target = new("server", OperationKind.Tool, "Search", "search");

    [Fact]
    public void Equals_OneThatMeansTheSame_WhateverItsSpelling()
    {
        LimitTarget same = Target with { Operation = "SEARCH" };

        Target.Equals(same).ShouldBeTrue();
        Target.GetHashCode().ShouldBe(same.GetHashCode());
    }

    [Fact]
    public void Equals_OneThatDiffersInOnePart_IsFalse()
    {
        Target.Equals(Target with { Server = "other" }).ShouldBeFalse();
        Target.Equals(Target with { Kind = OperationKind.Prompt }).ShouldBeFalse();
        Target.Equals(Target with { Key = "other" }).ShouldBeFalse();
        Target.Equals(null).ShouldBeFalse();
    }

    [Theory]
    [InlineData(OperationKind.Server, "", RateLimitScope.PerClient, "perClient")]
    [InlineData(OperationKind.Tool, "x", RateLimitScope.Shared, "x/shared")]
    [InlineData(OperationKind.Tool, "tool:x", RateLimitScope.PerUser, "tool:tool:x/perUser")]
    [InlineData(OperationKind.Tool, "prompt:x", RateLimitScope.PerUser, "tool:prompt:x/perUser")]
    [InlineData(OperationKind.Tool, "resource:x", RateLimitScope.PerUser, "tool:resource:x/perUser")]
    [InlineData(OperationKind.Tool, "method:x", RateLimitScope.PerUser, "tool:method:x/perUser")]
    [InlineData(OperationKind.Prompt, "x", RateLimitScope.PerTenant, "prompt:x/perTenant")]
    [InlineData(OperationKind.Resource, "x", RateLimitScope.PerTenant, "resource:x/perTenant")]
    [InlineData(OperationKind.Method, "x", RateLimitScope.PerTenant, "method:x/perTenant")]
    public void Name_OfALimit_NoTwoAreAlike(OperationKind kind, string operation, RateLimitScope scope, string name) =>
        LimitNames.Of(new LimitTarget("server", kind, operation, operation), LimitKey.Of(scope)).ShouldBe(name);

    [Fact]
    public void Names_OfNoScopeOrKind_Throw()
    {
        LimitNames.Of(OperationKind.Server).ShouldBe("server");
        Should.Throw<ArgumentOutOfRangeException>(() => LimitNames.Of((RateLimitScope)99)).Message.ShouldStartWith("Not a scope.");
        Should.Throw<ArgumentOutOfRangeException>(() => LimitNames.Of((OperationKind)99)).Message.ShouldStartWith("Not a kind of operation.");
        Should.Throw<ArgumentOutOfRangeException>(() => Methods.Of(OperationKind.Method)).Message.ShouldStartWith("Not a kind that a method names.");
    }
}
