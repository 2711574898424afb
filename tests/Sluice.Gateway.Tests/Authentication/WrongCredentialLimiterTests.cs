using System.Net;
using Microsoft.AspNetCore.Http;
using Sluice.Documents;

namespace Sluice.Gateway.Tests;

public sealed class WrongCredentialLimiterTests
{
    private const string Client = "203.0.113.9";
    private static readonly TrustedProxies Proxies = new([IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("fd00::/8")]);
    private readonly MovableClock _clock = new();
    private readonly WrongCredentialLimiter _limiter;
    private int _guesses;

    public WrongCredentialLimiterTests() =>
        _limiter = new WrongCredentialLimiter(AuthConfiguration.None.Failures, Proxies, _clock);

    [Fact]
    public void Count_MoreThanTenDifferentCredentials_BlocksFurtherOnesUntilTimeHasPassed()
    {
        for (int i = 0; i < 10; i++)
        {
            Guess(Client).Outcome.ShouldBe(AuthenticationOutcome.Failed);
        }

        AuthenticationResult blocked = Guess(Client);
        blocked.Outcome.ShouldBe(AuthenticationOutcome.Blocked);
        blocked.RetryAfter.ShouldBe(TimeSpan.FromSeconds(6));

        _clock.Advance(blocked.RetryAfter - TimeSpan.FromTicks(1));
        Guess(Client).Outcome.ShouldBe(AuthenticationOutcome.Blocked);
        _clock.Advance(TimeSpan.FromTicks(1));
        Guess(Client).Outcome.ShouldBe(AuthenticationOutcome.Failed);
        Guess(Client).Outcome.ShouldBe(AuthenticationOutcome.Blocked);
    }

    [Fact]
    public void Count_OneCredentialAgainAndAgain_CountsOnce()
    {
        for (int i = 0; i < 50; i++)
        {
            Count(Client, "the old key").Outcome.ShouldBe(AuthenticationOutcome.Failed);
        }

        for (int i = 0; i < 9; i++)
        {
            Guess(Client).Outcome.ShouldBe(AuthenticationOutcome.Failed);
        }

        Guess(Client).Outcome.ShouldBe(AuthenticationOutcome.Blocked);
        Count(Client, "the old key").Outcome.ShouldBe(AuthenticationOutcome.Failed, "it was counted before");
    }

    [Fact]
    public async Task Count_OneCredentialInParallelCalls_CountsOnce()
    {
        await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Task.Run(() => Count(Client, "the old key"))));

        for (int i = 0; i < 9; i++)
        {
            Guess(Client).Outcome.ShouldBe(AuthenticationOutcome.Failed);
        }

        Guess(Client).Outcome.ShouldBe(AuthenticationOutcome.Blocked);
    }

    [Fact]
    public void Count_CredentialThatWasBlocked_CountsWhenItIsSentAgain()
    {
        Spend(Client);
        Count(Client, "eleventh").Outcome.ShouldBe(AuthenticationOutcome.Blocked);
        _clock.Advance(TimeSpan.FromSeconds(6));

        Count(Client, "eleventh").Outcome.ShouldBe(AuthenticationOutcome.Failed);
        Guess(Client).Outcome.ShouldBe(AuthenticationOutcome.Blocked);
    }

    [Theory]
    [InlineData("success")]
    [InlineData("nothing sent")]
    [InlineData("unavailable")]
    [InlineData("expired")]
    public void Count_OutcomeThatIsNoGuess_IsReturnedAndNotCounted(string kind)
    {
        AuthenticationResult result = kind switch
        {
            "success" => AuthenticationResult.NotAsked,
            "nothing sent" => AuthenticationResult.NoCredentials("x"),
            "expired" => AuthenticationResult.Failed("x"),
            _ => AuthenticationResult.Unavailable("x", TimeSpan.FromSeconds(1)),
        };
        for (int i = 0; i < 50; i++)
        {
            _limiter.Count(From(Client), result).ShouldBe(result);
        }

        _limiter.IsSuspect(From(Client), "x").ShouldBeFalse();
        Guess(Client).Outcome.ShouldBe(AuthenticationOutcome.Failed);
    }

    [Fact]
    public void IsSuspect_CredentialKnownToBeWrongOrAddressAtItsLimit_IsTrue()
    {
        Count(Client, "wrong");

        _limiter.IsSuspect(From(Client), "wrong").ShouldBeTrue();
        _limiter.IsSuspect(From(Client), "another").ShouldBeFalse();
        _limiter.IsSuspect(From("198.51.100.1"), "wrong").ShouldBeFalse("another address may have been given it");
        Spend(Client, 9);
        _limiter.IsSuspect(From(Client), "another").ShouldBeTrue();
        _limiter.IsSuspect(From("198.51.100.1"), "another").ShouldBeFalse();
    }

    [Theory]
    [InlineData("203.0.113.9", "203.0.113.10", false)]
    [InlineData("203.0.113.9", "::ffff:203.0.113.9", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    public void Count_Addresses_AreOneByTheirNetwork(string first, string second, bool areOne)
    {
        Spend(first);

        Guess(second).Outcome.ShouldBe(areOne ? AuthenticationOutcome.Blocked : AuthenticationOutcome.Failed);
    }

    [Theory]
    [InlineData("203.0.113.9", "203.0.113.9")]
    [InlineData("198.51.100.1, 203.0.113.9", "203.0.113.9")]
    [InlineData("203.0.113.9, 10.1.1.1, fd00::7", "203.0.113.9")]
    [InlineData("203.0.113.9:4711", "203.0.113.9")]
    [InlineData("[2001:db8:1:2::1]:443", "2001:db8:1:2::9")]
    [InlineData("203.0.113.9, unknown", "10.0.0.1")]
    [InlineData("", "10.0.0.1")]
    public void Count_BehindATrustedProxy_IsOfTheLastAddressThatIsNotAProxys(string forwardedFor, string client)
    {
        for (int i = 0; i < 10; i++)
        {
            Guess("10.0.0.1", forwardedFor);
        }

        Guess(client).Outcome.ShouldBe(AuthenticationOutcome.Blocked);
        Guess("198.51.100.1").Outcome.ShouldBe(AuthenticationOutcome.Failed);
    }

    [Fact]
    public void Count_UntrustedConnection_CannotInventItsAddress()
    {
        Spend(Client);

        Guess(Client, forwardedFor: "198.51.100.1").Outcome.ShouldBe(AuthenticationOutcome.Blocked);
    }

    [Fact]
    public void WrongCredentials_MoreThanFit_EvictTheOldestAndStayBounded()
    {
        WrongCredentials wrong = new();
        for (int i = 0; i < (3 * WrongCredentials.MaxPerGeneration) + 1; i++)
        {
            wrong.TryAdd(Client, i.ToString(System.Globalization.CultureInfo.InvariantCulture)).ShouldBeTrue();
        }

        wrong.Count.ShouldBe(WrongCredentials.MaxPerGeneration + 1);
        wrong.Contains(Client, "0").ShouldBeFalse();
        wrong.TryAdd(Client, "49152").ShouldBeFalse("it is the newest");
        wrong.Remove(Client, "49152");
        wrong.Contains(Client, "49152").ShouldBeFalse();
    }

    private void Spend(string address, int count = 10)
    {
        for (int i = 0; i < count; i++)
        {
            Guess(address).Outcome.ShouldBe(AuthenticationOutcome.Failed);
        }
    }

    private AuthenticationResult Guess(string address, string forwardedFor = "") => Count(address, $"guess-{_guesses++}", forwardedFor);

    private AuthenticationResult Count(string address, string credential, string forwardedFor = "") =>
        _limiter.Count(From(address, forwardedFor), AuthenticationResult.Wrong("the credential is wrong", credential));

    private static DefaultHttpContext From(string address, string forwardedFor = "")
    {
        DefaultHttpContext context = new();
        context.Connection.RemoteIpAddress = IPAddress.Parse(address);
        if (forwardedFor.Length > 0)
        {
            context.Request.Headers["X-Forwarded-For"] = forwardedFor;
        }

        return context;
    }
}
