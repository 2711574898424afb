using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Sluice.Kubernetes.Tests.Api;

namespace Sluice.Kubernetes.Tests.Status;

/// <summary>Of several gateways one leads, whatever becomes of it and of the API server.</summary>
public sealed class LeaderLeaseTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly List<(CancellationTokenSource Ends, Task Running)> _started = [];
    private ApiServerDouble _server = null!;
    private ClusterConnection _connection = null!;

    public async Task InitializeAsync()
    {
        _server = await ApiServerDouble.StartAsync();
        _connection = _server.Connect();
    }

    public async Task DisposeAsync()
    {
        foreach ((CancellationTokenSource ends, Task running) in _started)
        {
            await StopAsync(ends, running);
            ends.Dispose();
        }

        _connection.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Run_FirstGateway_CreatesTheLeaseAndRenewsIt()
    {
        LeaderLease lease = Start("a").Lease;

        await Until.TrueAsync(() => lease.IsLeader, "the lead");
        await Until.TrueAsync(() => _server.Holders.Count > 5, "renewals", _time);

        lease.IsLeader.ShouldBeTrue();
        _server.Lease!["kind"]!.GetValue<string>().ShouldBe("Lease");
        _server.Lease["spec"]!["leaseDurationSeconds"]!.GetValue<int>().ShouldBe(15);
    }

    [Fact]
    public async Task Run_SecondGateway_LeadsOnlyOnceTheFirstHasNotRenewedForTheWholeLease()
    {
        (LeaderLease first, CancellationTokenSource ends, Task running) = Start("a");
        await Until.TrueAsync(() => first.IsLeader, "the lead of the first");
        LeaderLease second = Start("b").Lease;
        await Until.TrueAsync(() => _server.Count("get", "leases") > 3, "attempts of the second", _time);
        second.IsLeader.ShouldBeFalse();

        await KillAsync(ends, running); // It gives nothing back.
        DateTimeOffset killed = _time.GetUtcNow();
        await Until.TrueAsync(
            () =>
            {
                (first.IsLeader && second.IsLeader).ShouldBeFalse();
                return second.IsLeader;
            },
            "the lead of the second",
            _time);

        (_time.GetUtcNow() - killed).ShouldBeGreaterThanOrEqualTo(LeaderLease.LeadingTime);
        _server.Lease!["spec"]!["leaseTransitions"]!.GetValue<int>().ShouldBe(1);
    }

    [Fact]
    public async Task Run_GatewayThatIsStopped_GivesTheLeaseBackByAnEmptyHolder()
    {
        (LeaderLease first, CancellationTokenSource ends, Task running) = Start("a");
        await Until.TrueAsync(() => first.IsLeader, "the lead of the first");

        await StopAsync(ends, running);
        ((string)_server.Lease!["spec"]!["holderIdentity"]!).ShouldBe("");
        LeaderLease second = Start("b").Lease;

        await Until.TrueAsync(() => second.IsLeader, "the lead of the second, while the clock stands");
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    public async Task Run_LeaseWithoutAHolder_IsTaken(string? holder)
    {
        _server.Lease = new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = "sluice", ["resourceVersion"] = "7" },
            ["spec"] = new JsonObject { ["holderIdentity"] = holder, ["leaseDurationSeconds"] = 15 },
        };

        LeaderLease lease = Start("a").Lease;

        await Until.TrueAsync(() => lease.IsLeader, "the lead");
    }

    [Theory]
    [InlineData(HttpStatusCode.ServiceUnavailable)]
    [InlineData(HttpStatusCode.Forbidden)]
    [InlineData(HttpStatusCode.Unauthorized)]
    public async Task Run_LeaderThatCannotRenew_LeadsForLessThanTheLease_AndLeadsAgainLater(HttpStatusCode status)
    {
        LeaderLease lease = Start("a").Lease;
        await Until.TrueAsync(() => lease.IsLeader, "the lead");

        _server.Fail("leases", status);
        DateTimeOffset failed = _time.GetUtcNow();
        await Until.TrueAsync(() => !lease.IsLeader, "the end of the lead", _time);
        (_time.GetUtcNow() - failed).ShouldBeLessThan(LeaderLease.Duration - LeaderLease.RequestTime);
        _server.Recover("leases");

        await Until.TrueAsync(() => lease.IsLeader, "the lead again", _time);
    }

    [Fact]
    public async Task Run_LeaderWhoseLeaseWasTaken_NoLongerLeads()
    {
        LeaderLease lease = Start("a").Lease;
        await Until.TrueAsync(() => lease.IsLeader, "the lead");

        JsonObject taken = (JsonObject)_server.Lease!.DeepClone();
        taken["spec"]!["holderIdentity"] = "b";
        taken["metadata"]!["resourceVersion"] = "999999";
        _server.Lease = taken;

        await Until.TrueAsync(() => !lease.IsLeader, "the end of the lead", _time);
    }

    private (LeaderLease Lease, CancellationTokenSource Ends, Task Running) Start(string identity)
    {
        LeaderLease lease = new("tools", "sluice", identity, new ApiRequests(_connection, _time), _time, NullLogger<LeaderLease>.Instance);
        CancellationTokenSource ends = new();
        Task running = Task.Run(() => lease.RunAsync(ends.Token));
        _started.Add((ends, running));
        return (lease, ends, running);
    }

    private static async Task StopAsync(CancellationTokenSource ends, Task running)
    {
        await ends.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task KillAsync(CancellationTokenSource ends, Task running)
    {
        _server.Fail("leases", HttpStatusCode.ServiceUnavailable);
        await StopAsync(ends, running);
        _server.Recover("leases");
    }
}
