using System.Globalization;

namespace Sluice.Gateway.Tests.Commands;

public sealed class InitAnswersTests : IDisposable
{
    private readonly StringWriter _screen = new(CultureInfo.InvariantCulture) { NewLine = "\n" };

    public void Dispose() => _screen.Dispose();

    [Fact]
    public void Ask_EmptyLines_TakeTheDefaultsAndAskAgainForTheServer()
    {
        FirstConfiguration configuration = Ask(new(), "\n http://127.0.0.1:9/mcp \n\n\n").ShouldNotBeNull();

        configuration.ShouldBe(new FirstConfiguration { Upstream = "http://127.0.0.1:9/mcp" });
        _screen.ToString().ShouldContain("  no server is named.");
    }

    [Fact]
    public void Ask_WrongAnswer_SaysWhyAndAsksAgain()
    {
        FirstConfiguration configuration = Ask(new(), "server --fast\n100\n10/1h\nall\nshared\n").ShouldNotBeNull();

        configuration.ShouldBe(new FirstConfiguration { Upstream = "server --fast", Rate = "10/1h", Per = "shared" });
        _screen.ToString().ShouldContain("  '100' is not a rate.");
        _screen.ToString().ShouldContain("  'all' is not what a limit counts by here.");
    }

    [Fact]
    public void Ask_OptionGiven_DoesNotAskForIt()
    {
        FirstConfiguration configuration = Ask(new() { Upstream = "http://h/mcp", Per = "shared", User = "bob", Server = "s" }, "7/1m\n").ShouldNotBeNull();

        configuration.ShouldBe(new FirstConfiguration { Upstream = "http://h/mcp", Rate = "7/1m", Per = "shared", User = "bob", Server = "s" });
        _screen.ToString().ShouldBe("Calls allowed (COUNT/PERIOD) [100/1m]: ");
    }

    [Theory]
    [InlineData("")]
    [InlineData("http://h/mcp\n")]
    [InlineData("http://h/mcp\n1/1m\n")]
    public void Ask_InputEndsBeforeTheLastAnswer_IsNull(string typed) => Ask(new(), typed).ShouldBeNull();

    [Fact]
    public void FindError_WrongOption_NamesTheOption()
    {
        new InitAnswers { Rate = "100" }.FindError().ShouldNotBeNull().ShouldStartWith("--rate: '100' is not a rate.");
        new InitAnswers { Upstream = "ftp://h/mcp" }.FindError().ShouldNotBeNull().ShouldStartWith("--upstream: ");
        new InitAnswers { Per = "all" }.FindError().ShouldNotBeNull().ShouldStartWith("--per: ");
        new InitAnswers { User = "" }.FindError().ShouldNotBeNull().ShouldStartWith("--user: ");
        new InitAnswers { Server = "a/b" }.FindError().ShouldNotBeNull().ShouldStartWith("--name: ");
        new InitAnswers().FindError().ShouldBeNull();
    }

    private FirstConfiguration? Ask(InitAnswers given, string typed)
    {
        using StringReader input = new(typed);
        return given.Ask(new Questions(input, _screen));
    }
}
