using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.IdentityModel.Tokens;
using Sluice.Documents;

namespace Sluice.Gateway.Tests;

/// <summary>How many signatures are checked, and when.</summary>
public sealed class SignatureWorkTests : IDisposable
{
    private static readonly TrustedProxies Proxies = new([]);
    private readonly string _keyFile = Path.GetTempFileName();
    private readonly MovableClock _clock = new();
    private readonly DocumentClient _documents;
    private readonly WrongCredentialLimiter _limiter;
    private readonly JwtAuthenticator _authenticator;

    public SignatureWorkTests()
    {
        File.WriteAllText(_keyFile, TestKey.Usual.PublicPem);
        AuthConfiguration auth = GatewayFile.Parse(
            $$"""
            listen: http://127.0.0.1:0
            auth: { jwt: { issuer: internal, audience: mcp, key: {{_keyFile}} } }
            servers: [ { name: one, upstream: "http://127.0.0.1:1/mcp" } ]
            """,
            "test.yaml").RequireConfiguration().Auth;
        _documents = new DocumentClient(_clock);
        _limiter = new WrongCredentialLimiter(auth.Failures, Proxies, _clock);
        TokenAudiences audiences = new(new ServerPaths([]), new PublicAddress(new Uri("https://mcp.example.com"), listensOnLoopback: true, Proxies));
        IssuerKeys keys = IssuerKeys.Open(auth, _documents, previous: null, _clock, NullLogger<JwtAuthenticator>.Instance);
        _authenticator = new JwtAuthenticator(auth, claimNames: [], keys, audiences, _limiter, _clock);
    }

    public void Dispose()
    {
        _documents.Dispose();
        File.Delete(_keyFile);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(-10, false)]
    public async Task Token_SentAgain_HasItsSignatureCheckedOnce(int expiresAfterMinutes, bool isAccepted)
    {
        CheckCount checks = CheckCount.Begin();
        string token = TestKey.Usual.Sign(Claims(expiresAfterMinutes));

        for (int call = 0; call < 5; call++)
        {
            (await SendAsync(token)).IsSuccess.ShouldBe(isAccepted);
        }

        checks.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Token_KnownToBeWrong_WaitsForItsTurnAndOtherTokensDoNot()
    {
        CheckCount checks = CheckCount.Begin();
        string forged = TestKey.OfAStranger.Sign(Claims());
        _limiter.Count(Request(forged), await SendAsync(forged)).Outcome.ShouldBe(AuthenticationOutcome.Failed);
        int turns = 0;
        while (_authenticator.SuspectTurns.Wait(TimeSpan.Zero))
        {
            turns++;
        }

        Task<AuthenticationResult> suspect = SendAsync(forged);
        (await SendAsync(TestKey.Usual.Sign(Claims()))).Outcome.ShouldBe(AuthenticationOutcome.Succeeded);

        checks.Count.ShouldBe(2, "The suspect token's signature is not checked yet.");
        _authenticator.SuspectTurns.Release(turns);
        (await suspect).Outcome.ShouldBe(AuthenticationOutcome.Failed);
        checks.Count.ShouldBe(3);
        _authenticator.SuspectTurns.CurrentCount.ShouldBe(turns, "The turn is given back.");
    }

    private static JsonObject Claims(int expiresAfterMinutes = 1) => new()
    {
        ["iss"] = "internal",
        ["aud"] = "mcp",
        ["sub"] = "alice",
        ["exp"] = OidcProvider.Seconds(TimeSpan.FromMinutes(expiresAfterMinutes)),
    };

    private Task<AuthenticationResult> SendAsync(string token) => _authenticator.AuthenticateAsync(Request(token), "one").AsTask();

    private static DefaultHttpContext Request(string token)
    {
        DefaultHttpContext context = new();
        context.Connection.RemoteIpAddress = IPAddress.Loopback;
        context.Request.Headers.Authorization = $"Bearer {token}";
        return context;
    }

    /// <summary>Counts the signatures that the library checks for one test.</summary>
    private sealed class CheckCount
    {
        private static readonly AsyncLocal<CheckCount?> OfTest = new();
        private int _count;

        static CheckCount() => CryptoProviderFactory.Default.CustomCryptoProvider = new CountingProvider();

        internal int Count => Volatile.Read(ref _count);

        internal static CheckCount Begin() => OfTest.Value = new CheckCount();

        /// <summary>What the library does itself, for tests that count.</summary>
        private sealed class CountingProvider : ICryptoProvider
        {
            public bool IsSupportedAlgorithm(string algorithm, params object[] args) => OfTest.Value is not null && args is [SecurityKey, ..];

            public object Create(string algorithm, params object[] args)
            {
                Interlocked.Increment(ref OfTest.Value!._count);
                return new AsymmetricSignatureProvider((SecurityKey)args[0], algorithm);
            }

            public void Release(object cryptoInstance) => (cryptoInstance as IDisposable)?.Dispose();
        }
    }
}
