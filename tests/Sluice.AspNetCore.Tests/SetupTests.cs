using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Sluice.AspNetCore.Tests;

public sealed class SetupTests
{
    [Fact]
    public async Task UseSluice_WithoutAddSluice_NamesTheMissingCall() =>
        (await Should.ThrowAsync<InvalidOperationException>(() => RunningApp.StartAsync(_ => { }, app => app.UseSluice())))
            .Message.ShouldBe("UseSluice needs a store. Call services.AddSluice(…) before the app is built.");

    [Fact]
    public async Task RequireRateLimits_WithoutAddSluice_NamesTheMissingCall()
    {
        await using RunningApp app = await RunningApp.StartAsync(
            _ => { }, web => web.MapPost("/mcp", (RequestDelegate)RunningApp.EchoAsync).RequireRateLimits("weather"));

        (await Should.ThrowAsync<InvalidOperationException>(() => app.PostAsync(RunningApp.Call("1"))))
            .Message.ShouldContain("RequireRateLimits needs a store. Call services.AddSluice(…)");
    }

    [Fact]
    public async Task UseSluice_APolicyThatIsNotThere_ListsThoseThatAre() =>
        (await Should.ThrowAsync<InvalidOperationException>(() => RunningApp.StartAsync(AddTwo, app => app.UseSluice("wether"))))
            .Message.ShouldBe("UseSluice names the policy 'wether'; known are: 'time', 'weather'.");

    [Fact]
    public async Task UseSluice_WithoutANameAmongSeveral_AsksForOne() =>
        (await Should.ThrowAsync<InvalidOperationException>(() => RunningApp.StartAsync(AddTwo, app => app.UseSluice())))
            .Message.ShouldBe("UseSluice without a name needs exactly one policy; known are: 'time', 'weather'.");

    [Fact]
    public async Task UseSluice_WithoutAnyPolicy_SaysHowToAddOne() =>
        (await Should.ThrowAsync<InvalidOperationException>(() => RunningApp.StartAsync(services => services.AddSluice(), app => app.UseSluice())))
            .Message.ShouldContain("Add one with AddSluice(options => options.AddPolicy(…)).");

    [Fact]
    public async Task AddSluice_WithFaults_KeepsTheHostFromStartingWithAllOfThem()
    {
        OptionsValidationException exception = await Should.ThrowAsync<OptionsValidationException>(() => RunningApp.StartAsync(
            services => services.AddSluice(options =>
            {
                options.MaxKeys = 0;
                options.AddPolicy("one", limits => limits.PerUser("10/fortnite"));
                options.AddPolicy("two", limits => limits.PerUser("1/1m").Cost(5));
                options.AddPolicy("three", limits => limits.PerUser("1/1m"));
                options.AddPolicy("three", limits => limits.PerUser("2/1m"));
            }),
            _ => { }));

        exception.Failures.Count().ShouldBe(4);
        exception.Message.ShouldContain("0 is outside 1 to 134217728.");
        exception.Message.ShouldContain("policy 'one': '10/fortnite' is not a rate");
        exception.Message.ShouldContain("policy 'two'.cost: 5 tokens can never be met by the limit 'perUser'");
        exception.Message.ShouldContain("policy 'three': is added twice.");
    }

    [Theory]
    [InlineData(1023)]
    [InlineData(1024 * 1024 * 1024 + 1)]
    [InlineData(-1)]
    public async Task ConfigureHttp_OutsideTheRange_KeepsTheHostFromStarting(int bytes) =>
        (await Should.ThrowAsync<OptionsValidationException>(() => RunningApp.StartAsync(
            services => services.AddSluice().ConfigureHttp(options => options.MaxRequestBytes = bytes), _ => { })))
            .Message.ShouldContain($"MaxRequestBytes: {bytes} is outside 1024 to 1073741824.");

    [Fact]
    public void SluiceHttpOptions_Defaults_AreTheDocumentedOnes() => new SluiceHttpOptions().MaxRequestBytes.ShouldBe(4 * 1024 * 1024);

    [Fact]
    public async Task IdentifyBy_ThatThrows_RefusesTheCallLogsItAndChargesNothing()
    {
        CapturedLog log = new();
        bool fails = true;
        await using RunningApp app = await RunningApp.StartAsync(
            services => services.AddSluice(options => options.AddPolicy("weather", limits => limits.Shared("1/1d"))).ConfigureHttp(
                options => options.IdentifyBy(_ => fails ? throw new InvalidOperationException("secret") : null)),
            web =>
            {
                web.UseSluice();
                web.Run(RunningApp.EchoAsync);
            },
            log);

        (HttpStatusCode status, string body, _) = await app.PostAsync(RunningApp.Call("7"));
        fails = false;

        status.ShouldBe(HttpStatusCode.InternalServerError);
        body.ShouldBe("""{"jsonrpc":"2.0","id":7,"error":{"code":-32603,"message":"The caller could not be identified, so the call was not made."}}""");
        log.Entries.Where(line => line.Level == LogLevel.Error).ShouldHaveSingleItem().Exception.ShouldBeOfType<InvalidOperationException>();
        (await app.PostAsync(RunningApp.Call("8"), version: "2026-07-28")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task IdentifyBy_CalledTwice_KeepsTheHostFromStarting() =>
        (await Should.ThrowAsync<OptionsValidationException>(() => RunningApp.StartAsync(
            services => services.AddSluice(options => options.AddPolicy("weather", limits => limits.Shared("1/1d")))
                .ConfigureHttp(options => options.IdentifyBy(_ => null))
                .ConfigureHttp(options => options.IdentifyBy((_, _) => default)),
            app => app.UseSluice()))).Message.ShouldContain("IdentifyBy");

    private static void AddTwo(IServiceCollection services) => services.AddSluice(options =>
    {
        options.AddPolicy("weather", limits => limits.Shared("1/1m"));
        options.AddPolicy("time", limits => limits.Shared("1/1m"));
    });

    [Fact]
    public async Task Call_BeyondAPermissiveLimit_ReachesTheAppAndIsReported()
    {
        CapturedLog log = new();
        await using RunningApp app = await RunningApp.StartAsync(
            services => services.AddSluice(options => options.AddPolicy(
                "s", limits => limits.PerUser("1/1d").Mode(LimitMode.Permissive))),
            web =>
            {
                web.UseSluice();
                web.Run(RunningApp.EchoAsync);
            },
            log);

        for (int call = 0; call < 3; call++)
        {
            (await app.PostAsync(RunningApp.Call("1"))).Response.Headers.Contains("X-Served").ShouldBeTrue();
        }

        string report = log.Lines.Single(line => line.Contains("permissive"));
        report.ShouldContain("The permissive limit 'perUser' of 's' would now reject calls.");
        report.ShouldNotContain("alice");
    }

    [Theory]
    [InlineData("2026-07-28", false, 200, "input_required", true)]
    [InlineData("2026-07-28", false, 200, "complete", false)]
    [InlineData("2025-11-25", false, 200, "input_required", false)]
    [InlineData("2025-11-25", true, 404, "", true)]
    [InlineData("2025-11-25", false, 404, "", false)]
    public async Task Call_AnswerOfTheApp_DecidesWhetherItIsRefunded(
        string version, bool hasSession, int status, string resultType, bool isRefunded)
    {
        int served = 0;
        await using RunningApp app = await RunningApp.StartAsync(
            services => services.AddSluice(options => options.AddPolicy("s", limits => limits.PerUser("1/1d"))),
            web =>
            {
                web.Use((context, next) =>
                {
                    if (hasSession)
                    {
                        context.Request.Headers["Mcp-Session-Id"] = "lost";
                    }

                    return next(context);
                });
                web.UseSluice();
                web.Run(async context =>
                {
                    served++;
                    context.Response.StatusCode = status;
                    context.Response.ContentType = "application/json";
                    await context.Response.WriteAsync($$"""{"jsonrpc":"2.0","id":1,"result":{"resultType":"{{resultType}}" } }""");
                });
            });

        await app.PostAsync(RunningApp.Call("1"), version: version);
        await app.PostAsync(RunningApp.Call("1"), version: version);

        served.ShouldBe(isRefunded ? 2 : 1);
    }
}
