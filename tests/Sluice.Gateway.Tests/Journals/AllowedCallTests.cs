using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Mcp;

namespace Sluice.Gateway.Tests.Journals;

public sealed class AllowedCallTests
{
    [Fact]
    public async Task AllowedCall_WithAuditAndIds_AllocatesNothing()
    {
        CallerIdentity alice = new("i", "alice", null, null);
        CallerNames names = new(new CallerHashes("a salt of the test, 32 bytes long"u8), areClear: false);
        await using AuditLog audit = new(new TestSink(), names, TimeProvider.System, NullLogger.Instance);
        using CallGate gate = new(
            RateLimitPolicy.Build("one", limits => limits.Shared("1000000/1s").PerUser("1000000/1s")),
            new InProcessStore(),
            TimeProvider.System,
            NullLogger.Instance,
            CallObservers.Of(audit, new Rejections(names, givesIds: true, TimeProvider.System)));
        await CallAsync(100);

        Allocations.Least(() => CallAsync(1_000)).ShouldBe(0);

        async ValueTask CallAsync(int count)
        {
            for (int call = 0; call < count; call++)
            {
                GateDecision decision = await gate.DecideAsync("tools/call", "search", alice, default);
                decision.Lease.Dispose();
            }
        }
    }
}
