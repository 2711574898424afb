using System.Net;
using Microsoft.AspNetCore.Http;

namespace Sluice.Gateway.Tests;

/// <summary>Servers that redirect: within their origin the gateway follows, and no client is sent to an address inside.</summary>
public sealed class RedirectTests
{
    private const string Call = """{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"x"}}""";

    [Theory]
    [InlineData("POST", 307, false)]
    [InlineData("POST", 308, false)]
    [InlineData("POST", 307, true)]
    [InlineData("GET", 301, false)]
    [InlineData("GET", 302, true)]
    [InlineData("GET", 303, false)]
    [InlineData("GET", 307, true)]
    [InlineData("DELETE", 301, false)]
    [InlineData("DELETE", 308, true)]
    [InlineData("OPTIONS", 307, false)]
    public async Task Send_RedirectWithinTheOrigin_IsFollowedWithTheSameMethodBodyAndHeaders(string method, int status, bool isAbsolute)
    {
        FakeUpstream upstream = null!;
        upstream = await FakeUpstream.StartAsync(context => RedirectAsync(
            context, "/mcp", status, isAbsolute ? new Uri(upstream.Endpoint, "/mcp/?a=b").ToString() : "/mcp/?a=b"));
        await using FakeUpstream running = upstream;
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(upstream.Endpoint, "{ shared: 1/1d }");
        using HttpRequestMessage request = method == "POST" ? GatewayFixture.Post(Call) : new(HttpMethod.Parse(method), "/mcp");
        request.Headers.Add("Mcp-Session-Id", "s");

        (await gateway.SendAsync(request)).ShouldBe((HttpStatusCode.OK, "\"arrived\""));

        (IHeaderDictionary Headers, string Method, string Query, byte[] Body)[] received = [.. upstream.Received];
        received.Length.ShouldBe(2);
        received[1].Method.ShouldBe(method);
        received[1].Query.ShouldBe("?a=b");
        received[1].Headers["Mcp-Session-Id"].ToString().ShouldBe("s");
        received[1].Headers.ContentType.ShouldBe(received[0].Headers.ContentType);
        received[1].Body.ShouldBe(received[0].Body);
    }

    [Fact]
    public async Task Post_ThreeRedirects_AreOneCharge()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(context => context.Request.Path.Value!.Length < "/mcp///".Length
            ? RedirectAsync(context, context.Request.Path, 307, context.Request.Path + "/")
            : context.Response.WriteAsync("\"arrived\""));
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(upstream.Endpoint, "{ shared: 2/1d }");

        (await gateway.SendAsync(GatewayFixture.Post(Call))).Body.ShouldBe("\"arrived\"");
        (await gateway.SendAsync(GatewayFixture.Post(Call))).Body.ShouldBe("\"arrived\"");
        (await gateway.SendAsync(GatewayFixture.Post(Call))).Body.ShouldContain("Rate limit exceeded");
    }

    [Fact]
    public async Task Post_EndlessRedirects_Are502AfterThree()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(context => RedirectAsync(context, "/mcp", 307, "/mcp"));
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(upstream.Endpoint);

        (HttpStatusCode status, string body) = await gateway.SendAsync(GatewayFixture.Post(Call));

        status.ShouldBe(HttpStatusCode.BadGateway);
        body.ShouldContain("\"id\":7");
        body.ShouldContain("it redirects more than 3 times");
        upstream.Received.Count.ShouldBe(4);
    }

    [Theory]
    [InlineData("POST", 307, "http://internal.example:3001/mcp")]
    [InlineData("POST", 302, "http://internal.example:3001/mcp")]
    [InlineData("POST", 303, "//internal.example/mcp")]
    [InlineData("GET", 301, "http://internal.example/mcp")]
    [InlineData("GET", 308, "https://127.0.0.1/internal.example")]
    [InlineData("DELETE", 307, "http://internal.example/mcp")]
    [InlineData("POST", 308, "file:///internal.example")]
    [InlineData("POST", 307, "http://internal.example:x/")]
    public async Task Send_RedirectToAnotherOrigin_Is502ThatDisclosesNoAddress(string method, int status, string location)
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(context => RedirectAsync(context, "/mcp", status, location));
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(upstream.Endpoint);
        using HttpRequestMessage request = method == "POST" ? GatewayFixture.Post(Call) : new(HttpMethod.Parse(method), "/mcp");

        using HttpResponseMessage response = await gateway.Client.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        string body = await response.Content.ReadAsStringAsync();
        body.ShouldContain("it redirects to another address");
        (body + response.Headers).ShouldNotContain("internal.example");
        upstream.Received.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(303)]
    public async Task Post_RedirectThatMakesItAGet_IsPassedOnWithoutTheServersAddress(int status)
    {
        FakeUpstream upstream = null!;
        upstream = await FakeUpstream.StartAsync(context =>
            RedirectAsync(context, "/mcp", status, new Uri(upstream.Endpoint, "/elsewhere?a=b").ToString()));
        await using FakeUpstream running = upstream;
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(upstream.Endpoint);

        using HttpResponseMessage response = await gateway.Client.SendAsync(GatewayFixture.Post(Call));

        ((int)response.StatusCode).ShouldBe(status);
        response.Headers.GetValues("Location").ShouldBe(["/elsewhere?a=b"]);
        upstream.Received.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Post_LocationThatIsNoRedirect_DisclosesNoAddress()
    {
        FakeUpstream upstream = null!;
        upstream = await FakeUpstream.StartAsync(context =>
        {
            context.Response.StatusCode = StatusCodes.Status201Created;
            context.Response.Headers.Location = new Uri(upstream.Endpoint, "/made").ToString();
            context.Response.Headers.ContentLocation = new Uri(upstream.Endpoint, "/made").ToString();
            return Task.CompletedTask;
        });
        await using FakeUpstream running = upstream;
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(upstream.Endpoint);

        using HttpResponseMessage response = await gateway.Client.SendAsync(GatewayFixture.Post(Call));

        response.StatusCode.ShouldBe(HttpStatusCode.Created);
        response.Headers.GetValues("Location").ShouldBe(["/made"]);
        response.Content.Headers.GetValues("Content-Location").ShouldBe(["/made"]);
    }

    private static Task RedirectAsync(HttpContext context, PathString path, int status, string location)
    {
        if (context.Request.Path != path)
        {
            return context.Response.WriteAsync("\"arrived\"");
        }

        context.Response.StatusCode = status;
        context.Response.Headers.Location = location;
        return Task.CompletedTask;
    }
}
