using System.Globalization;
using System.Threading.RateLimiting;
using Sluice;

// The framework's own AddRateLimiter, over the engine: three calls a minute from each address, and 1,000 from everybody.
RateLimitPolicy policy = RateLimitPolicy.Build("api", limits => limits.Shared("1000/1m").PerUser("3/1m").MeterAllRequests());
InProcessStore store = new();

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.Services.AddRateLimiter(options =>
{
    options.GlobalLimiter = new SluicePartitionedRateLimiter<HttpContext>(store, context =>
    {
        CallerIdentity caller = new("address", context.Connection.RemoteIpAddress?.ToString(), tenant: null, client: null);
        return new RateLimitRequest(policy.Select(context.Request.Method, "", caller), caller);
    });
    options.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
    options.OnRejected = (rejected, _) =>
    {
        if (rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out TimeSpan wait))
        {
            rejected.HttpContext.Response.Headers.RetryAfter =
                Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }

        return ValueTask.CompletedTask;
    };
});

WebApplication app = builder.Build();
app.UseRateLimiter();
app.MapGet("/", () => "hello");
await app.RunAsync();
