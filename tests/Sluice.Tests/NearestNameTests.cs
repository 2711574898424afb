namespace Sluice.Tests;

public sealed class NearestNameTests
{
    private static readonly string[] Known = ["shared", "perTenant", "perUser", "perClient", "tools", "cost", "mode"];

    [Theory]
    [InlineData("perUsr", "Did you mean 'perUser'?")]
    [InlineData("prUser", "Did you mean 'perUser'?")]
    [InlineData("pre_user", "Did you mean 'perUser'?")]
    [InlineData("sahred", "Did you mean 'shared'?")]
    [InlineData("tool", "Did you mean 'tools'?")]
    [InlineData("costs", "Did you mean 'cost'?")]
    [InlineData("PERUSER", "Did you mean 'perUser'? Case matters.")]
    [InlineData("Mode", "Did you mean 'mode'? Case matters.")]
    [InlineData("limit", "Known: shared, perTenant, perUser, perClient, tools, cost, mode.")]
    [InlineData("x", "Known: shared, perTenant, perUser, perClient, tools, cost, mode.")]
    [InlineData("", "Known: shared, perTenant, perUser, perClient, tools, cost, mode.")]
    public void Advice_Name_IsTheNearestOrAll(string name, string expected) => NearestName.Advice(name, Known).ShouldBe(expected);

    [Fact]
    public void Find_VeryLongName_IsNotCompared() => NearestName.Find(new string('a', 65), Known).ShouldBeNull();
}
