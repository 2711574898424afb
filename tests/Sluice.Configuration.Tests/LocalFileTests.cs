namespace Sluice.Configuration.Tests;

public sealed class LocalFileTests
{
    [Fact]
    public void Parse_LimitsAtTheRoot_AreTheServers()
    {
        LocalConfiguration configuration = Read("rateLimiting: { perUser: 5/1m, tools: [ { name: echo, shared: 1/s } ] }");

        configuration.Policy.ShouldNotBeNull().Server.ShouldBe("stdio");
        configuration.Policy.Settings.PerUser.ShouldBe(new Rate(5, TimeSpan.FromMinutes(1)));
        configuration.Command.ShouldBeNull();
        configuration.Store.ShouldBe(StoreConfiguration.Memory);
    }

    [Fact]
    public void Parse_GatewayFileWithOneServer_GivesItsLimitsCommandAndStore()
    {
        LocalConfiguration configuration = Read(
            """
            store: { maxKeys: 10 }
            servers: [ { name: a, upstream: { command: npx, args: [x] }, rateLimiting: { shared: 1/s, perUser: 1/s } } ]
            """);

        configuration.Policy.ShouldNotBeNull().Server.ShouldBe("a");
        configuration.Command.ShouldNotBeNull().Command.ShouldBe("npx");
        configuration.Store.MaxKeys.ShouldBe(10);
    }

    [Theory]
    [InlineData(
        "rateLimiting: { perTenant: 1/s }",
        "rateLimiting.perTenant: needs a tenant or a client, and over stdio there is only the user who runs the server. Use 'perUser' or 'shared'.")]
    [InlineData(
        "servers: [ { name: a, upstream: { command: npx }, rateLimiting: { perTenant: 1/s } } ]",
        "servers[0].rateLimiting.perTenant: needs a tenant or a client, and over stdio there is only the user who runs the server.")]
    [InlineData("rateLimiting: { shared: 1/s }\nservers: []", "servers: 'servers' is not a field. Known: rateLimiting.")]
    [InlineData(
        "servers: [ { name: a, upstream: 'http://a' }, { name: b, upstream: 'http://b' } ]",
        "servers: holds 2 servers, and over stdio there is one. Keep one, or write 'rateLimiting' at the root.")]
    [InlineData(
        "servers: [ { name: a, upstream: { command: npx }, allow: [ { tools: ['*'] } ] } ]",
        "servers[0].allow: is for callers with claims, and over stdio there is only the user who runs the server.")]
    [InlineData("rateLimiting: {}", "rateLimiting: ")]
    [InlineData("", "")]
    [InlineData("servers: []", "servers: is an empty list. Add an entry, or remove the field.")]
    public void Parse_Wrong_SaysWhyAndWhatToDo(string text, string expected)
    {
        LocalFileResult result = LocalFile.Parse(text, "f", new FixedValues());

        result.Configuration.ShouldBeNull();
        result.Faults.ShouldHaveSingleItem().ToString().ShouldContain(expected);
    }

    [Fact]
    public void Load_NoFile_IsAFault() =>
        LocalFile.Load("/nowhere/sluice.yaml").Faults.ShouldHaveSingleItem().Message.ShouldContain("does not exist");

    private static LocalConfiguration Read(string text) =>
        LocalFile.Parse(text, "f", new FixedValues()).Configuration.ShouldNotBeNull();
}
