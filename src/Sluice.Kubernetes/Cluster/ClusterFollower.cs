using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace Sluice.Kubernetes;

/// <summary>Follows the objects of a cluster that concern a gateway.</summary>
/// <remarks>Thread safety: any number of threads.</remarks>
internal sealed class ClusterFollower : IAsyncDisposable
{
    private readonly ClusterConnection _connection;
    private readonly ImmutableArray<ResourceWatch> _watches;
    private readonly CancellationTokenSource _ends = new();
    private Task _running = Task.CompletedTask;

    /// <param name="connection">The way to the API server; it is closed with this.</param>
    /// <param name="space">The namespace to follow; null for all.</param>
    /// <param name="hasGateway">Whether gateways of the process' own namespace are followed too.</param>
    /// <param name="time">The clock of pauses.</param>
    /// <param name="loggers">Makes the logs.</param>
    internal ClusterFollower(ClusterConnection connection, string? space, bool hasGateway, TimeProvider time, ILoggerFactory loggers)
    {
        _connection = connection;
        Requests = new ApiRequests(connection, time);
        _watches =
        [
            .. FollowedKinds.All.Select(kind => (Kind: kind, Space: space))
                .Concat(hasGateway ? [(FollowedKinds.Gateways, Namespace)] : [])
                .Select(followed => new ResourceWatch(
                    followed.Kind, followed.Space, Requests, Objects, time, loggers.CreateLogger<ResourceWatch>())),
        ];
    }

    /// <summary>The objects, as they are known now.</summary>
    internal ClusterObjects Objects { get; } = new();

    /// <summary>The namespace of this process: that of its pod, or of the context of its kubeconfig.</summary>
    internal string Namespace => _connection.Namespace;

    /// <summary>Sends requests.</summary>
    internal ApiRequests Requests { get; }

    /// <summary>Begins to follow; returns when all objects are known for the first time.</summary>
    internal async Task StartAsync(CancellationToken cancellationToken)
    {
        _running = Task.WhenAll(_watches.Select(watch => Task.Run(() => watch.RunAsync(_ends.Token), CancellationToken.None)));
        Task first = await Task.WhenAny(_running, Task.WhenAll(_watches.Select(watch => watch.Listed)).WaitAsync(cancellationToken));
        await first; // A watch only ends by a bug in this program.
    }

    public async ValueTask DisposeAsync()
    {
        await _ends.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // It ends by being cancelled.
        _ends.Dispose();
        _connection.Dispose();
    }
}
