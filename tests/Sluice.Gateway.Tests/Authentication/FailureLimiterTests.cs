using System.Net;
using Microsoft.AspNetCore.Http;
using Sluice.Configuration;

namespace Sluice.Gateway.Tests;

public sealed class FailureLimiterTests
{
    private const string Client = "203.0.113.9";
    private static readonly TrustedProxies Proxies = new([IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("fd00::/8")]);
    private readonly MovableClock _clock = new();
    private readonly FixedAuthenticator _inner = new();
    private readonly FailureLimiter _limiter;

    public FailureLimiterTests() =>
        _limiter = new FailureLimiter(_inner, AuthConfiguration.None.Failures, Proxies, _clock);

    [Fact]
    public async Task Failures_BeyondTen_AreBlockedWithoutBeingLookedAtUntilTimeHasPassed()
    {
        for (int i = 0; i < 10; i++)
        {
            (await AttemptAsync(Client)).Outcome.ShouldBe(AuthenticationOutcome.Failed);
        }

        AuthenticationResult blocked = await AttemptAsync(Client);
        blocked.Outcome.ShouldBe(AuthenticationOutcome.Blocked);
        blocked.RetryAfter.ShouldBe(TimeSpan.FromSeconds(6));
        _inner.Attempts.ShouldBe(10);

        _clock.Advance(blocked.RetryAfter - TimeSpan.FromTicks(1));
        (await AttemptAsync(Client)).Outcome.ShouldBe(AuthenticationOutcome.Blocked);
        _clock.Advance(TimeSpan.FromTicks(1));
        (await AttemptAsync(Client)).Outcome.ShouldBe(AuthenticationOutcome.Failed);
        (await AttemptAsync(Client)).Outcome.ShouldBe(AuthenticationOutcome.Blocked);
    }

    [Theory]
    [InlineData("success")]
    [InlineData("nothing sent")]
    [InlineData("unavailable")]
    public async Task Attempts_ThatAreNoFailures_CostNothing(string kind)
    {
        _inner.Result = kind switch
        {
            "success" => AuthenticationResult.NotAsked,
            "nothing sent" => AuthenticationResult.NoCredentials("x"),
            _ => AuthenticationResult.Unavailable("x", TimeSpan.FromSeconds(1)),
        };
        for (int i = 0; i < 50; i++)
        {
            (await AttemptAsync(Client)).ShouldBe(_inner.Result);
        }
    }

    [Theory]
    [InlineData("203.0.113.9", "203.0.113.10", false)]
    [InlineData("203.0.113.9", "::ffff:203.0.113.9", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    public async Task Addresses_AreOneByTheirNetwork(string first, string second, bool areOne)
    {
        await SpendAsync(first);

        (await AttemptAsync(second)).Outcome.ShouldBe(areOne ? AuthenticationOutcome.Blocked : AuthenticationOutcome.Failed);
    }

    [Theory]
    [InlineData("203.0.113.9", "203.0.113.9")]
    [InlineData("198.51.100.1, 203.0.113.9", "203.0.113.9")]
    [InlineData("203.0.113.9, 10.1.1.1, fd00::7", "203.0.113.9")]
    [InlineData("203.0.113.9:4711", "203.0.113.9")]
    [InlineData("[2001:db8:1:2::1]:443", "2001:db8:1:2::9")]
    [InlineData("203.0.113.9, unknown", "10.0.0.1")]
    [InlineData("", "10.0.0.1")]
    public async Task Address_BehindATrustedProxy_IsTheLastThatIsNotAProxys(string forwardedFor, string client)
    {
        for (int i = 0; i < 10; i++)
        {
            await AttemptAsync("10.0.0.1", forwardedFor);
        }

        (await AttemptAsync(client)).Outcome.ShouldBe(AuthenticationOutcome.Blocked);
        (await AttemptAsync("198.51.100.1")).Outcome.ShouldBe(AuthenticationOutcome.Failed);
    }

    [Fact]
    public async Task Address_OfAnUntrustedConnection_CannotBeInvented()
    {
        await SpendAsync(Client);

        (await AttemptAsync(Client, forwardedFor: "198.51.100.1")).Outcome.ShouldBe(AuthenticationOutcome.Blocked);
    }

    [Fact]
    public async Task Gateway_BlockedAddress_Is429EvenForTheRightKeyAndOtherAddressesAreServed()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using GatewayFixture gateway = await GatewayFixture.StartWithKeysAsync(upstream.Endpoint, "{ perUser: 100/1d }");
        for (int i = 0; i < 10; i++)
        {
            (await gateway.SendAsync(TokenScene.CallWith($"guess-{i}"))).Status.ShouldBe(HttpStatusCode.Unauthorized);
        }

        using HttpRequestMessage request = TokenScene.CallWith(GatewayFixture.AliceKey);
        using HttpResponseMessage response = await gateway.Client.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        response.Headers.RetryAfter!.Delta!.Value.TotalSeconds.ShouldBeInRange(1, 6);
        (await response.Content.ReadAsStringAsync()).ShouldContain(
            "\"code\":429,\"message\":\"Not now: too many attempts from this address have failed.\"");
        upstream.Received.ShouldBeEmpty();
        using HttpClient other = gateway.ClientFrom(IPAddress.Parse("127.0.0.3"));
        using HttpRequestMessage elsewhere = TokenScene.CallWith(GatewayFixture.AliceKey);
        using HttpResponseMessage served = await other.SendAsync(elsewhere);
        served.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private async Task SpendAsync(string address)
    {
        for (int i = 0; i < 10; i++)
        {
            (await AttemptAsync(address)).Outcome.ShouldBe(AuthenticationOutcome.Failed);
        }
    }

    private ValueTask<AuthenticationResult> AttemptAsync(string address, string forwardedFor = "")
    {
        DefaultHttpContext context = new();
        context.Connection.RemoteIpAddress = IPAddress.Parse(address);
        if (forwardedFor.Length > 0)
        {
            context.Request.Headers["X-Forwarded-For"] = forwardedFor;
        }

        return _limiter.AuthenticateAsync(context);
    }

    private sealed class FixedAuthenticator : IAuthenticator
    {
        internal AuthenticationResult Result { get; set; } = AuthenticationResult.Failed("x");

        internal int Attempts { get; private set; }

        public ValueTask<AuthenticationResult> AuthenticateAsync(HttpContext context)
        {
            Attempts++;
            return ValueTask.FromResult(Result);
        }
    }
}
