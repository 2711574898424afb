using System.Net;
using System.Net.Http.Headers;
using System.Threading.RateLimiting;

/// <summary>Sends no request that the limiter refuses: the caller gets a 429 with the exact wait, and the server gets nothing.</summary>
internal sealed class ThrottlingHandler(RateLimiter limiter) : DelegatingHandler(new HttpClientHandler())
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using RateLimitLease lease = await limiter.AcquireAsync(permitCount: 1, cancellationToken);
        if (lease.IsAcquired)
        {
            return await base.SendAsync(request, cancellationToken);
        }

        HttpResponseMessage refused = new(HttpStatusCode.TooManyRequests) { RequestMessage = request };
        if (lease.TryGetMetadata(MetadataName.RetryAfter, out TimeSpan wait))
        {
            refused.Headers.RetryAfter = new RetryConditionHeaderValue(TimeSpan.FromSeconds(Math.Ceiling(wait.TotalSeconds)));
        }

        return refused;
    }
}
