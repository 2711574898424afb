using Microsoft.Extensions.Hosting;

namespace Sluice.Redis;

/// <summary>Lets a host begin with its connections made, so that its first calls are not decided without Redis.</summary>
internal sealed class RedisWarmUp(IRateLimitStore store) : IHostedService
{
    /// <summary>How long a start waits for Redis; without an answer it goes on all the same.</summary>
    private static readonly TimeSpan AtMost = TimeSpan.FromSeconds(2);

    public Task StartAsync(CancellationToken cancellationToken) =>
        store is RedisStore redis ? redis.WarmUpAsync(AtMost, cancellationToken) : Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
