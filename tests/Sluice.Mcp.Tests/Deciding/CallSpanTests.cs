using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;

namespace Sluice.Mcp.Tests.Deciding;

public sealed class CallSpanTests : IDisposable
{
    private static readonly CallerIdentity Alice = new("issuer", "alice", tenant: null, client: null);
    private readonly string _server = $"spans-{Guid.NewGuid():N}";
    private readonly List<Activity> _ended = [];
    private readonly ActivitySource _requests = new($"requests-{Guid.NewGuid():N}");
    private readonly ActivityListener _listener;
    private bool _listensToSluice = true;

    public CallSpanTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source == _requests || source.Name == SluiceTelemetry.Name,
            Sample = (ref options) => options.Source == _requests || _listensToSluice
                ? ActivitySamplingResult.AllDataAndRecorded
                : ActivitySamplingResult.None,
            ActivityStopped = activity =>
            {
                lock (_ended)
                {
                    _ended.Add(activity);
                }
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _requests.Dispose();
    }

    // ToolHive's cases.
    [Theory]
    [InlineData("shared_server")]
    [InlineData("shared_tool")]
    [InlineData("per_user_server")]
    [InlineData("per_user_tool")]
    public async Task Request_AllowedThenRejected_CarriesTheDecisionAndTheLimit(string rejectedBy)
    {
        CallGate gate = Gate(limits => _ = rejectedBy switch
        {
            "shared_server" => limits.Shared("1/1m"),
            "shared_tool" => limits.Tool("search", tool => tool.Shared("1/1m")),
            "per_user_server" => limits.PerUser("1/1m"),
            _ => limits.Tool("search", tool => tool.PerUser("1/1m")),
        });

        Attributes(await RequestAsync(gate)).ShouldBe(("allowed", "none", false));
        Attributes(await RequestAsync(gate)).ShouldBe(("rejected", rejectedBy, false));
    }

    [Fact]
    public async Task Request_NoLimitApplies_IsAllowedByNone()
    {
        CallGate gate = Gate(limits => limits.Tool("search", tool => tool.Shared("1/1m")));

        Activity request = await RequestAsync(gate, "other");

        Attributes(request).ShouldBe(("allowed", "none", false));
        Children(request).ShouldBeEmpty(); // No store was asked.
    }

    [Fact]
    public async Task Request_AllowedBecauseTheStoreFailed_SaysSo()
    {
        CallGate gate = Gate(limits => limits.Shared("1/1m"), new StoreStub { Source = DecisionSource.OnStoreFailure });

        Attributes(await RequestAsync(gate)).ShouldBe(("allowed", "none", true));
    }

    [Fact]
    public async Task Request_WithoutTheIdentityThatALimitNeeds_IsRejectedByThatLimit()
    {
        CallGate gate = Gate(limits => limits.PerUser("1/1m").MissingIdentity(MissingIdentity.Reject));

        Attributes(await RequestAsync(gate, caller: CallerIdentity.None)).ShouldBe(("rejected", "per_user_server", false));
    }

    [Fact]
    public async Task StoreCall_IsAChildOfTheRequest()
    {
        CallGate gate = Gate(limits => limits.PerUser("1/1m"));
        await RequestAsync(gate);

        Activity request = await RequestAsync(gate);

        Activity store = Children(request).ShouldHaveSingleItem();
        store.OperationName.ShouldBe("sluice.store.acquire");
        store.Tags.ShouldBe(
            [new("sluice.server", _server), new("sluice.source", "store"), new("sluice.limit", "perUser")]);
        request.TagObjects.Select(tag => $"{tag.Value}").ShouldNotContain(value => value.Contains("alice"));
    }

    [Fact]
    public async Task StoreCall_AnsweredLater_LeavesTheRequestAsTheCurrentSpan()
    {
        StoreStub slow = new() { IsSlow = true };
        CallGate gate = Gate(limits => limits.Shared("5/1d"), slow);
        using Activity request = _requests.StartActivity("request")!;

        ValueTask<GateDecision> pending = gate.DecideAsync("tools/call", "search", Alice, default);
        Activity.Current.ShouldBe(request);
        slow.Answer();
        (await pending).Lease.Dispose();

        Activity.Current.ShouldBe(request);
        Attributes(request).ShouldBe(("allowed", "none", false));
    }

    [Fact]
    public async Task Request_OfAnotherSourceAlone_CarriesTheDecision()
    {
        _listensToSluice = false;
        CallGate gate = Gate(limits => limits.Shared("1/1m"));

        Activity request = await RequestAsync(gate);

        Attributes(request).ShouldBe(("allowed", "none", false));
        Children(request).ShouldBeEmpty();
    }

    [Fact]
    public async Task StoreCall_WithoutARequestSpan_CarriesTheDecisionItself()
    {
        CallGate gate = Gate(limits => limits.Shared("1/1m"));
        Activity.Current = null;

        (await gate.DecideAsync("tools/call", "search", Alice, default)).Lease.Dispose();

        Attributes(Ended().Single(span => span.GetTagItem("sluice.server") as string == _server)).ShouldBe(("allowed", "none", false));
    }

    private CallGate Gate(Action<RateLimitsBuilder> limits, IRateLimitStore? store = null) =>
        new(RateLimitPolicy.Build(_server, limits), store ?? new InProcessStore(), TimeProvider.System, NullLogger.Instance);

    private async Task<Activity> RequestAsync(CallGate gate, string tool = "search", CallerIdentity? caller = null)
    {
        using Activity request = _requests.StartActivity("request")!;
        (await gate.DecideAsync("tools/call", tool, caller ?? Alice, default)).Lease.Dispose();
        return request;
    }

    private Activity[] Children(Activity request) => [.. Ended().Where(span => span.ParentSpanId == request.SpanId)];

    private Activity[] Ended()
    {
        lock (_ended)
        {
            return [.. _ended];
        }
    }

    private static (object?, object?, object?) Attributes(Activity span) => (
        span.GetTagItem("rate_limit.decision"), span.GetTagItem("rate_limit.rejected_by"), span.GetTagItem("rate_limit.fail_open"));
}
