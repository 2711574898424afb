using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Mcp;

namespace Sluice.Gateway.Tests.Admin;

public sealed class GatewayCountsTests
{
    private static readonly CallerIdentity Alice = new("", "alice", null, null);

    [Fact]
    public async Task Decided_LimitsThatAreKnown_AllocatesNothing()
    {
        GatewayCounts counts = new(new ManualTimeProvider());
        RateLimitPolicy policy = RateLimitPolicy.Build("server", limits => limits.Shared("1000000/1m").PerUser("1000000/1m"));
        using CallGate gate = new(policy, new InProcessStore(), new ManualTimeProvider(), NullLogger.Instance, counts);
        long least = long.MaxValue;
        for (int call = 0; call < 100; call++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            (await gate.DecideAsync("tools/call", "x", Alice, CancellationToken.None)).Lease.Dispose(); // It completes at once.
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        least.ShouldBe(0);
        counts.Of("server").Read(0).Allowed.ShouldBe(100);
        counts.Of(policy.Limits[0]).Allowed.ShouldBe(100);
    }

    [Fact]
    public void Forget_ServerThatIsGone_ForgetsItsCountsOnly()
    {
        GatewayCounts counts = new(new ManualTimeProvider());
        RateLimitPolicy kept = RateLimitPolicy.Build("kept", limits => limits.Shared("5/1m"));
        RateLimitPolicy gone = RateLimitPolicy.Build("gone", limits => limits.Shared("5/1m"));
        counts.Of(kept.Limits[0]).Count(isAllowed: true, isPermissive: false, 0);
        counts.Of(gone.Limits[0]).Count(isAllowed: true, isPermissive: false, 0);

        counts.Forget([("kept", kept)]);

        counts.Of(RateLimitPolicy.Build("kept", limits => limits.Shared("7/1m")).Limits[0]).Allowed.ShouldBe(1);
        counts.Of(RateLimitPolicy.Build("gone", limits => limits.Shared("7/1m")).Limits[0]).Allowed.ShouldBe(0);
    }
}
