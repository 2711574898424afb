using Microsoft.Extensions.Logging.Abstractions;

namespace Sluice.Mcp.Tests.Deciding;

public sealed class HeldRequestsTests
{
    private static readonly CallerIdentity Alice = new("issuer", "alice", tenant: null, client: null);

    // At the end of its input, the wrapper of a stdio server closes the server's input when no call is held or pending.
    [Fact]
    public async Task WhenEmpty_CallHasArrivedAndIsNotForwardedYet_WaitsUntilItIs()
    {
        ManualTimeProvider time = new();
        using CallGate gate = new(
            RateLimitPolicy.Build("server", limits => limits.PerUser("1/1s").Wait(TimeSpan.FromSeconds(30))),
            new InProcessStore(new InProcessStoreOptions { MaxKeys = 100 }, time),
            time,
            NullLogger.Instance);
        (await gate.BeginAsync("tools/call", "search", Alice, CancellationToken.None)).IsHeld.ShouldBeFalse();
        GateDecision decision = await gate.BeginAsync("tools/call", "search", Alice, CancellationToken.None);
        HeldRequests requests = new();
        HeldRequests.Stay stay = requests.Enter();
        Task<GateDecision?> held = stay.HoldAsync(gate, decision, new(Alice, "", "2"), CancellationToken.None).AsTask();
        Task empty = requests.WhenEmpty();

        time.Advance(TimeSpan.FromSeconds(1));

        (await held.WaitAsync(Eventually.Patience)).ShouldNotBeNull().IsAllowed.ShouldBeTrue();
        bool wasEmptyBefore = empty.IsCompleted;
        stay.Dispose();
        await empty.WaitAsync(Eventually.Patience);
        wasEmptyBefore.ShouldBeFalse();
        requests.Count.ShouldBe(0);
    }
}
