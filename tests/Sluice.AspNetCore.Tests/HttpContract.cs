using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Sluice.DependencyInjection;

namespace Sluice.AspNetCore.Tests;

/// <summary>What a limited app does, whatever store it has.</summary>
public abstract class HttpContract
{
    private const string Modern = "2026-07-28";
    private readonly string _policy = $"test-{Guid.NewGuid():N}"; // Buckets of its own in a store that lives on.

    /// <summary>Chooses the store.</summary>
    protected abstract void UseStore(ISluiceBuilder sluice);

    [Theory]
    [InlineData(Modern, HttpStatusCode.TooManyRequests)]
    [InlineData("2025-11-25", HttpStatusCode.OK)]
    [InlineData(null, HttpStatusCode.OK)]
    public async Task Call_BeyondTheLimit_IsRefusedAsItsEraReadsIt(string? version, HttpStatusCode status)
    {
        await using RunningApp app = await StartAsync(limits => limits.PerUser("1/1d"));
        (await app.PostAsync(RunningApp.Call("1"), version: version)).Response.Headers.Contains("X-Served").ShouldBeTrue();

        (HttpStatusCode seen, string body, HttpResponseMessage response) = await app.PostAsync(RunningApp.Call("\"é\\u0041\""), version: version);

        seen.ShouldBe(status);
        response.Headers.Contains("X-Served").ShouldBeFalse();
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/json");
        body.ShouldStartWith("{\"jsonrpc\":\"2.0\",\"id\":\"é\\u0041\",\"error\":{\"code\":429,");
        body.ShouldNotContain("alice");
        long seconds = JsonDocument.Parse(body).RootElement.GetProperty("error").GetProperty("data").GetProperty("retryAfterSeconds").GetInt64();
        response.Headers.RetryAfter!.Delta!.Value.TotalSeconds.ShouldBe(seconds);
        response.Headers.GetValues("RateLimit-Policy").Single().ShouldBe("\"perUser\";q=1;w=86400");
    }

    [Fact]
    public async Task Call_WithinTheLimit_ReachesTheServerByteForByte()
    {
        await using RunningApp app = await StartAsync(limits => limits.PerUser("5/1d"));
        string call = RunningApp.Call("1") + "\n ";

        (_, string body, _) = await app.PostAsync(call);

        body.ShouldBe(call);
    }

    [Fact]
    public async Task Call_OfDifferentCallers_HasABucketForEachAndOneForTheUnknown()
    {
        await using RunningApp app = await StartAsync(limits => limits.PerUser("1/1d"));

        foreach (string? user in new[] { "alice", "bob", "anonymous", null })
        {
            (await app.PostAsync(RunningApp.Call("1"), user, Modern)).Status.ShouldBe(HttpStatusCode.OK);
            (await app.PostAsync(RunningApp.Call("2"), user, Modern)).Status.ShouldBe(HttpStatusCode.TooManyRequests);
        }
    }

    [Fact]
    public async Task Call_ByUsersWithClaims_MeetsTheirOverrideAndTheBucketOfTheirTeam()
    {
        await using RunningApp app = await StartAsync(limits => limits
            .PerUser("1/1d")
            .Override(when => when.Claim("tier", "pro-numbat"), numbers => numbers.PerUser("2/1d", "100/365d"))
            .Override(when => when.Claim("state", "wombat"), numbers => numbers.PerUser("0"))
            .Limit("by-team", limit => limit.Per("claim:team").When(when => when.Claim("team", "quokka", "b")).Rate("3/1d")));

        List<string> seen = [];
        foreach (string user in new[]
        {
            "alice;tier=pro-numbat;team=quokka", "alice;tier=pro-numbat;team=quokka", "alice;tier=pro-numbat;team=quokka", "bob;team=quokka",
            "carol;team=quokka", "carol;team=b", "dave;state=wombat", "carol",
        })
        {
            (HttpStatusCode status, string body, HttpResponseMessage response) = await app.PostAsync(RunningApp.Call("1"), user, Modern);
            seen.Add(status == HttpStatusCode.OK ? "" : JsonDocument.Parse(body).RootElement.GetProperty("error").GetProperty("data").GetProperty("limit").GetString()!);
            response.Headers.Contains("Retry-After").ShouldBe(status != HttpStatusCode.OK && !user.StartsWith("dave", StringComparison.Ordinal));
            $"{response.Headers}{(status == HttpStatusCode.OK ? "" : body)}".ShouldNotContain("quokka");
        }

        seen.ShouldBe(["", "", "perUser/1d", "", "by-team", "", "perUser", "perUser"]);
    }

    [Fact]
    public async Task Call_ByTheHeadersOfAnotherTool_IsMeteredByItsBody()
    {
        await using RunningApp app = await StartAsync(limits => limits.Tool("search", tool => tool.Shared("1/1d")));
        app.Client.DefaultRequestHeaders.Add("Mcp-Name", "echo");

        await app.PostAsync(RunningApp.Call("1"), version: Modern);

        (await app.PostAsync(RunningApp.Call("2"), version: Modern)).Status.ShouldBe(HttpStatusCode.TooManyRequests);
        (await app.PostAsync(RunningApp.Call("3", "echo"), version: Modern)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","method":"notifications/initialized"}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/list"}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":{}}""")]
    public async Task Message_ThatIsNeverLimited_PassesAClosedLimit(string message)
    {
        await using RunningApp app = await StartAsync(limits => limits.Shared("1/1d"));
        await app.PostAsync(RunningApp.Call("1"));

        (await app.PostAsync(message, version: Modern)).Body.ShouldBe(message);
    }

    [Theory]
    [InlineData("[]", "application/json", HttpStatusCode.BadRequest)]
    [InlineData("{", "application/json", HttpStatusCode.BadRequest)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call"}""", "application/json", HttpStatusCode.BadRequest)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"ping"}""", "text/plain", HttpStatusCode.UnsupportedMediaType)]
    public async Task Body_ThatIsNotOneMessage_NeverReachesTheServer(string body, string mediaType, HttpStatusCode status)
    {
        await using RunningApp app = await StartAsync(limits => limits.Shared("1/1d"));

        (HttpStatusCode seen, _, HttpResponseMessage response) = await app.PostAsync(body, mediaType: mediaType);

        seen.ShouldBe(status);
        response.Headers.Contains("X-Served").ShouldBeFalse();
    }

    [Fact]
    public async Task Body_OfAnotherMediaType_IsRejectedByItsName()
    {
        await using RunningApp app = await StartAsync(limits => limits.Shared("9/1d"));

        (_, string body, _) = await app.PostAsync(RunningApp.Call("1"), mediaType: "text/plain");

        body.ShouldContain("The Content-Type 'text/plain");
    }

    [Theory]
    [InlineData(1024, HttpStatusCode.OK)]
    [InlineData(1025, HttpStatusCode.RequestEntityTooLarge)]
    public async Task Body_AtTheBoundAndBeyond_IsReadOrRefused(int bytes, HttpStatusCode status)
    {
        await using RunningApp app = await StartAsync(limits => limits.Shared("9/1d"), options => options.MaxRequestBytes = 1024);
        string call = RunningApp.Call("1");

        (await app.PostAsync(call + new string(' ', bytes - Encoding.UTF8.GetByteCount(call)))).Status.ShouldBe(status);
    }

    [Fact]
    public async Task Request_ThatIsNoPost_PassesUnread()
    {
        await using RunningApp app = await StartAsync(limits => limits.Shared("1/1d"));
        await app.PostAsync(RunningApp.Call("1"));

        using HttpResponseMessage get = await app.Client.GetAsync(new Uri("/mcp", UriKind.Relative));
        using HttpResponseMessage delete = await app.Client.DeleteAsync(new Uri("/mcp", UriKind.Relative));

        get.Headers.Contains("X-Served").ShouldBeTrue();
        delete.Headers.Contains("X-Served").ShouldBeTrue();
    }

    [Fact]
    public async Task RequireRateLimits_OnOneEndpoint_LimitsItAfterAuthorizationAndNoOther()
    {
        bool isDenied = true;
        await using RunningApp app = await RunningApp.StartAsync(
            services => UseStore(services.AddSluice(options => options.AddPolicy(_policy, limits => limits.Shared("1/1d")))),
            web =>
            {
                web.UseRouting();
                web.Use((context, next) =>
                {
                    context.Response.StatusCode = StatusCodes.Status403Forbidden;
                    return isDenied ? Task.CompletedTask : PassAsync(context, next);
                });
                web.MapPost("/mcp", (RequestDelegate)RunningApp.EchoAsync).RequireRateLimits(_policy);
                web.MapPost("/other", (RequestDelegate)RunningApp.EchoAsync);
            });

        (await app.PostAsync(RunningApp.Call("1"))).Status.ShouldBe(HttpStatusCode.Forbidden);
        isDenied = false;

        (await app.PostAsync(RunningApp.Call("2"), version: Modern)).Status.ShouldBe(HttpStatusCode.OK);
        (await app.PostAsync(RunningApp.Call("3"), version: Modern)).Status.ShouldBe(HttpStatusCode.TooManyRequests);
        (await app.PostAsync("anything", path: "/other")).Body.ShouldBe("anything");
    }

    [Fact]
    public async Task UseSluice_InFrontOfAnEndpointWithAnotherPolicy_LimitsByBoth()
    {
        await using RunningApp app = await RunningApp.StartAsync(
            services => UseStore(services.AddSluice(options =>
            {
                options.AddPolicy(_policy, limits => limits.Shared("2/1d"));
                options.AddPolicy(_policy + "-own", limits => limits.Tool("search", tool => tool.Shared("1/1d")));
            })),
            web =>
            {
                web.UseRouting();
                web.UseSluice(_policy);
                web.MapPost("/mcp", (RequestDelegate)RunningApp.EchoAsync).RequireRateLimits(_policy + "-own");
            });

        (await app.PostAsync(RunningApp.Call("1"), version: Modern)).Status.ShouldBe(HttpStatusCode.OK);
        (await app.PostAsync(RunningApp.Call("2"), version: Modern)).Body.ShouldContain("\"limit\":\"search/shared\"");

        // The second call was not made, so it has cost nothing in the outer policy.
        (await app.PostAsync(RunningApp.Call("3", "other"), version: Modern)).Status.ShouldBe(HttpStatusCode.OK);
        (await app.PostAsync(RunningApp.Call("4", "other"), version: Modern)).Body.ShouldContain("\"limit\":\"shared\"");
    }

    [Fact]
    public async Task RequireRateLimits_ThePolicyOfUseSluiceTwice_CountsACallOnce()
    {
        await using RunningApp app = await RunningApp.StartAsync(
            services => UseStore(services.AddSluice(options => options.AddPolicy(_policy, limits => limits.Shared("2/1d")))),
            web =>
            {
                web.UseRouting();
                web.UseSluice(_policy);
                web.MapPost("/mcp", (RequestDelegate)RunningApp.EchoAsync).RequireRateLimits(_policy).RequireRateLimits(_policy);
            });

        (await app.PostAsync(RunningApp.Call("1"), version: Modern)).Status.ShouldBe(HttpStatusCode.OK);
        (await app.PostAsync(RunningApp.Call("2"), version: Modern)).Status.ShouldBe(HttpStatusCode.OK);
        (await app.PostAsync(RunningApp.Call("3"), version: Modern)).Status.ShouldBe(HttpStatusCode.TooManyRequests);
    }

    [Theory]
    [InlineData("small", "large")]
    [InlineData("large", "small")]
    public async Task RequireRateLimits_TwoPolicies_LimitByBoth(string first, string second)
    {
        await using RunningApp app = await RunningApp.StartAsync(
            services => UseStore(services.AddSluice(options =>
            {
                options.AddPolicy(_policy + "small", limits => limits.Shared("1/1d"));
                options.AddPolicy(_policy + "large", limits => limits.Shared("9/1d"));
            })),
            web =>
            {
                web.UseRouting();
                web.MapPost("/mcp", (RequestDelegate)RunningApp.EchoAsync).RequireRateLimits(_policy + first).RequireRateLimits(_policy + second);
            });

        (await app.PostAsync(RunningApp.Call("1"), version: Modern)).Status.ShouldBe(HttpStatusCode.OK);
        (await app.PostAsync(RunningApp.Call("2"), version: Modern)).Status.ShouldBe(HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task IdentifyBy_AHeaderOfTheApps_IsTheCaller()
    {
        await using RunningApp app = await StartAsync(
            limits => limits.PerTenant("1/1d"),
            options => options.IdentifyBy(async (context, stop) =>
            {
                await Task.Yield();
                stop.ThrowIfCancellationRequested();
                return new CallerIdentity("", null, context.Request.Headers["X-User"], null);
            }));

        (await app.PostAsync(RunningApp.Call("1"), "acme", Modern)).Status.ShouldBe(HttpStatusCode.OK);
        (await app.PostAsync(RunningApp.Call("2"), "acme", Modern)).Status.ShouldBe(HttpStatusCode.TooManyRequests);
        (await app.PostAsync(RunningApp.Call("3"), "other", Modern)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Calls_OfEachOutcome_AreCountedByTheMeterOfTheProcess()
    {
        using Measurements seen = new(_policy);
        await using RunningApp app = await StartAsync(limits => limits.Tool("search", tool => tool.PerUser("1/1d")));

        await app.PostAsync(RunningApp.Call("1"));
        await app.PostAsync(RunningApp.Call("2"));
        await app.PostAsync(RunningApp.Call("3", "echo"));
        await app.PostAsync("{");

        seen.Counted("sluice.calls").ShouldBe(
        [
            "{outcome=allowed,source=store} 1",
            "{outcome=invalid,source=none} 1",
            "{outcome=refused,source=store} 1",
            "{outcome=unmetered,source=none} 1",
        ]);
    }

    private static Task PassAsync(HttpContext context, RequestDelegate next)
    {
        context.Response.StatusCode = StatusCodes.Status200OK;
        return next(context);
    }

    private Task<RunningApp> StartAsync(Action<RateLimitsBuilder> limits, Action<SluiceHttpOptions>? http = null) => RunningApp.StartAsync(
        services =>
        {
            ISluiceBuilder sluice = services.AddSluice(options => options.AddPolicy(_policy, limits));
            sluice.ConfigureHttp(http ?? (_ => { }));
            UseStore(sluice);
        },
        app =>
        {
            app.UseSluice();
            app.Run(RunningApp.EchoAsync);
        });
}

/// <summary>With the store of this process.</summary>
public sealed class InProcessHttpTests : HttpContract
{
    protected override void UseStore(ISluiceBuilder sluice) =>
        sluice.Services.ShouldContain(service => service.ServiceType == typeof(IRateLimitStore));
}

/// <summary>With a real Redis.</summary>
public sealed class RedisHttpTests : HttpContract
{
    protected override void UseStore(ISluiceBuilder sluice) => sluice.UseRedis(
        RedisServer.Shared.Value.Configuration, options => options.Timeout = TimeSpan.FromSeconds(5));
}
