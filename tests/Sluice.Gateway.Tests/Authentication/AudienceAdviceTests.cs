using Sluice.Documents;

namespace Sluice.Gateway.Tests;

public sealed class AudienceAdviceTests
{
    [Theory]
    [InlineData("http://127.0.0.1:8080", "", false)]
    [InlineData("http://0.0.0.0:8080", "", true)]
    [InlineData("http://0.0.0.0:8080", ", publicUrl: \"https://mcp.example.com\"", false)]
    [InlineData("http://127.0.0.1:8080", ", trustedProxy: { from: 10.0.0.1 }", true)]
    [InlineData("http://127.0.0.1:8080", ", trustedProxy: { from: 10.0.0.1 }, publicUrl: \"https://mcp.example.com\"", false)]
    public void For_ServersWhoseAddressIsNotKnown_SaysThatTokensForItAreRefused(string listen, string auth, bool warns)
    {
        GatewayConfiguration configuration = Parse(
            listen, $"{{ jwt: {{ issuer: \"https://login.example.com\", audience: x }}{auth} }}");

        string? advice = AudienceAdvice.For(configuration);

        (advice is not null).ShouldBe(warns);
        (advice ?? "auth.publicUrl").ShouldContain("auth.publicUrl");
    }

    [Fact]
    public void For_CallersWithoutTokens_IsSilent() =>
        AudienceAdvice.For(Parse("http://0.0.0.0:8080", "{ origins: \"app://*\" }")).ShouldBeNull();

    private static GatewayConfiguration Parse(string listen, string auth) => GatewayFile.Parse(
        $$"""
        listen: {{listen}}
        auth: {{auth}}
        servers:
          - { name: one, upstream: "http://127.0.0.1:1/mcp", rateLimiting: { shared: 1/1s } }
        """,
        "test.yaml").RequireConfiguration();
}
