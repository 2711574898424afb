using Sluice.Documents;

namespace Sluice.Gateway.Tests.Commands;

public sealed class FirstConfigurationTests
{
    private static readonly NewApiKey Key = NewApiKey.Create();

    [Fact]
    public void ToYaml_Defaults_IsAValidConfigurationWithALimitPerUser()
    {
        GatewayConfiguration configuration = Read(new());

        configuration.Servers.ShouldHaveSingleItem().Name.ShouldBe("main");
        configuration.Servers[0].Upstream.ShouldBeOfType<HttpUpstreamConfiguration>().Address.ToString().ShouldBe("http://127.0.0.1:3001/mcp");
        configuration.Servers[0].Policy!.Limits.ShouldHaveSingleItem().Name.ShouldBe("perUser");
        new FirstConfiguration().ToYaml(Key).ShouldContain($"{{ user: alice, sha256: {Key.Hash} }}");
    }

    [Fact]
    public void ToYaml_Shared_NeedsNoKeys()
    {
        FirstConfiguration shared = new() { Per = FirstConfiguration.Shared };

        Read(shared).Auth.IdentifiesCallers.ShouldBeFalse();
        Read(shared).Servers[0].Policy!.Limits.ShouldHaveSingleItem().Name.ShouldBe("shared");
    }

    [Fact]
    public void ToYaml_CommandLine_KeepsEachArgument()
    {
        FirstConfiguration command = new() { Upstream = "npx -y \"@example/a server\" 8 ${HOME} true" };

        CommandUpstreamConfiguration upstream = Read(command).Servers[0].Upstream.ShouldBeOfType<CommandUpstreamConfiguration>();

        upstream.Command.ShouldBe("npx");
        upstream.Arguments.ShouldBe(["-y", "@example/a server", "8", "${HOME}", "true"]);
    }

    [Theory]
    [InlineData("O'Neil, \"the: boss\" # 1")]
    [InlineData("null")]
    [InlineData("42")]
    [InlineData("ana@example.com")]
    public void ToYaml_AnyUser_IsReadAsThatText(string user) =>
        Read(new() { User = user }).Auth.ApiKeys.ShouldHaveSingleItem().User.ShouldBe(user);

    [Theory]
    [InlineData("100/1m")]
    [InlineData("5 / 2 hours")]
    [InlineData("1/s")]
    public void ToYaml_AnySpellingOfARate_IsThatRate(string rate) =>
        Read(new() { Rate = rate }).Servers[0].Policy!.Limits[0].Rate.ShouldBe(Rate.Parse(rate));

    [Theory]
    [InlineData("", "no server is named")]
    [InlineData("127.0.0.1:3001/mcp", "is neither a URL nor a command. Write 'http://127.0.0.1:3001/mcp'")]
    [InlineData("ftp://example.com/mcp", "is not an http or https URL")]
    [InlineData("http://example.com/sse", "HTTP+SSE")]
    public void FindError_WrongServer_SaysWhy(string upstream, string why) =>
        new FirstConfiguration { Upstream = upstream }.FindError().ShouldNotBeNull().ShouldContain(why);

    [Theory]
    [InlineData("100")]
    [InlineData("1/fortnite")]
    [InlineData("1/1m\nadmin: {}")]
    public void FindError_WrongRate_SaysThatItIsNotARate(string rate) =>
        new FirstConfiguration { Rate = rate }.FindError().ShouldNotBeNull().ShouldContain("is not a rate");

    [Fact]
    public void FindError_OtherWrongValues_SaysWhy()
    {
        new FirstConfiguration { Per = "tenant" }.FindError().ShouldBe("'tenant' is not what a limit counts by here. Write user or shared.");
        new FirstConfiguration { Server = "a/b" }.FindError().ShouldNotBeNull().ShouldContain("is not a server's name");
        new FirstConfiguration().FindError().ShouldBeNull();
    }

    private static GatewayConfiguration Read(FirstConfiguration first)
    {
        first.FindError().ShouldBeNull();
        return GatewayFile.Parse(first.ToYaml(Key), "sluice.yaml").RequireConfiguration();
    }
}
