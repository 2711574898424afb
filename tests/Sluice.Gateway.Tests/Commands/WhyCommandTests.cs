namespace Sluice.Gateway.Tests;

public sealed class WhyCommandTests
{
    [Theory]
    [InlineData("perUser", "store", "rejected by perUser, decided by the store")]
    [InlineData("perUser", "local", "rejected by perUser, decided by the gateway alone, because the store did not answer")]
    [InlineData(null, "closed", "rejected, because the store did not answer")]
    [InlineData("perUser", "none", "rejected by perUser, because the caller lacks the identity that it counts by")]
    public void Print_Source_SaysWhoDecidedAndWhy(string? limit, string source, string outcome) =>
        Print(limit, source, new WhyLimit("perUser", "user", 0, 2, 1, false, 1000)).ShouldContain($"outcome        {outcome}");

    [Fact]
    public void Print_NoLevels_SaysSoAndHasNoTable()
    {
        string[] lines = Print(null, "closed");

        lines[^1].ShouldBe("The levels of the limits are not known.");
        lines.ShouldNotContain(line => line.Contains("level before", StringComparison.Ordinal));
    }

    [Fact]
    public void Print_CallWithoutAName_NamesTheMethodAndTheServer() =>
        Print("perUser", "store").ShouldContain("call           tools/list of files");

    private static string[] Print(string? limit, string source, params WhyLimit[] limits) => TextConsole.Print(120, console => WhyCommand.Print(
        console,
        new WhyAnswer("id", DateTimeOffset.UnixEpoch, "files", "tools/list", null, null, "refused", limit, 1000, source, "6f1e", limits)));
}
