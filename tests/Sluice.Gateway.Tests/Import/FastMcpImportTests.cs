namespace Sluice.Gateway.Tests;

public sealed class FastMcpImportTests
{
    [Fact]
    public void Import_BucketWithoutClients_IsOneSharedBucketOverEveryRequest()
    {
        Imported imported = Imported.From("fastmcp", """
            # mcp.add_middleware(RateLimitingMiddleware(max_requests_per_second=99))
            '''RateLimitingMiddleware(max_requests_per_second=98)'''
            from fastmcp.server.middleware.rate_limiting import RateLimitingMiddleware
            mcp.add_middleware(RateLimitingMiddleware(
                max_requests_per_second=0.4,  # slow
                burst_capacity=2,
            ))
            """);

        imported.Limits.Shared.ShouldBe((RateList?)new Rate(2, TimeSpan.FromSeconds(5), RateLimitAlgorithm.TokenBucket, burst: 2, align: false));
        imported.Limits.PerUser.ShouldBeNull();
        imported.Limits.Meter.ShouldBe(MeteredRequests.All);
        imported.Comments.ShouldContain("line 4, RateLimitingMiddleware: has no get_client_id");
        imported.Decide("any", 0, 0, 0, 2.4, 2.5).ShouldBe([true, true, false, false, true]);
    }

    [Fact]
    public void Import_WindowWithClients_IsASlidingWindowPerUser()
    {
        Imported imported = Imported.From(
            "fastmcp", "mcp.add_middleware(rate.SlidingWindowRateLimitingMiddleware(2, 1, get_client_id=lambda c: who(c, \"(\")))");

        imported.Limits.PerUser.ShouldBe((RateList?)new Rate(2, TimeSpan.FromMinutes(1), RateLimitAlgorithm.SlidingWindow, burst: null, align: false));
        imported.Comments.ShouldContain("get_client_id: is 'lambda c: who(c, \"(\")'");
        imported.Decide("any", 0, 30, 59, 60, 61).ShouldBe([true, true, false, true, false]);
    }

    [Fact]
    public void Import_QuotientAndNoBurst_HasTwiceTheRateAsBurst() =>
        Imported.From("fastmcp", "RateLimitingMiddleware(100 / 60)").Limits.Shared
            .ShouldBe((RateList?)new Rate(5, TimeSpan.FromSeconds(3), RateLimitAlgorithm.TokenBucket, burst: 3, align: false));

    [Theory]
    [InlineData("RateLimitingMiddleware(max_requests_per_second=-1)", "source.yaml:1:1 RateLimitingMiddleware.max_requests_per_second: '-1' is negative")]
    [InlineData("\nRateLimitingMiddleware(LIMIT)", "source.yaml:2:1 RateLimitingMiddleware.max_requests_per_second: 'LIMIT' is not a number. The code is not run")]
    [InlineData("RateLimitingMiddleware(global_limit=100.0, get_client_id=f)", "'100.0' is neither True nor False")]
    [InlineData("RateLimitingMiddleware(0)", "is not a rate from 1 call in 366 days")]
    [InlineData("SlidingWindowRateLimitingMiddleware()", "max_requests: is absent")]
    [InlineData("SlidingWindowRateLimitingMiddleware(max_requests=5, window_minutes=-2)", "'-2' is negative")]
    [InlineData("print('RateLimitingMiddleware(5)')", "is not Python source that calls")]
    [InlineData("class RateLimitingMiddleware(Middleware): pass", "is not Python source that calls")]
    public void Import_WrongSource_IsRejected(string source, string message) => Imported.FaultsOf("fastmcp", source).ShouldContain(message);

    [Fact]
    public void Import_UnknownArgument_IsReported() =>
        Imported.From("fastmcp", "RateLimitingMiddleware(5, colour=3)").Comments.ShouldContain("RateLimitingMiddleware.colour: is left out: this importer does not know");
}
