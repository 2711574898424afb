using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Mcp;

namespace Sluice.Gateway.Tests.Journals;

public sealed class SharedStoreRecordTests
{
    [Fact]
    public async Task Record_StoreThatDoesNotTellItsInstants_HasALineForEachAnswerWithoutARun()
    {
        ManualTimeProvider time = new();
        TestSink sink = new();
        DecisionRecorder recorder = new(sink, new CallerHashes("a salt of the test, 32 bytes long"u8), time, NullLogger.Instance);
        CallerIdentity alice = new("i", "alice", null, null);
        using (CallGate gate = new(
            RateLimitPolicy.Build("one", limits => limits.PerUser("1/1d").Tool("free", tool => tool.Shared("1/1d").Mode(LimitMode.Permissive))),
            new InProcessStore(new InProcessStoreOptions { MaxKeys = 100 }, time), // It has no recorder, as a store of Redis has none.
            time,
            NullLogger.Instance,
            recorder))
        {
            (await gate.DecideAsync("tools/call", "search", alice, default)).Lease.Dispose();
            (await gate.DecideAsync("tools/call", "search", alice, default)).Lease.Dispose();
            (await gate.DecideAsync("tools/list", null, alice, default)).Lease.Dispose(); // No limit applies to it.
        }

        await recorder.DisposeAsync();

        RecordedCall[] calls = [.. sink.Lines.Select(Read)];
        calls.Select(call => call.Outcome).ShouldBe([RateLimitOutcome.Allowed, RateLimitOutcome.Denied]);
        calls.ShouldAllBe(call => call.Run == null && call.Number == 0 && call.At == time.GetUtcNow() && call.Cost == 1);
        calls[1].Limit.ShouldBe("perUser");
        calls[1].RetryAfter.ShouldBe(TimeSpan.FromDays(1));
        calls[1].Source.ShouldBe(DecisionSource.Store);
    }

    [Theory]
    [InlineData("alice", null, null, "user", true)]
    [InlineData("alice", "acme", "cli", "tenant", true)]
    [InlineData("alice", "acme", "cli", "client", true)]
    [InlineData("alice", "acme", "cli", "claim:team", true)]
    [InlineData(null, null, null, "user", false)]
    public void Names_OfABucketsOwner_AreOfThePartOfItsKey(string? user, string? tenant, string? client, string part, bool isKnown)
    {
        CallerHashes hashes = new("a salt of the test, 32 bytes long"u8);
        CallerIdentity caller = new CallerIdentity("i", user, tenant, client).WithClaim("team", "red");
        LimitKey key = RateLimitPolicy.Build("one", limits => limits.Limit("l", limit => limit.Per(part).Rate("1/1d"))).Limits[0].Key;

        string? hashed = new CallerNames(hashes, areClear: false).Of(caller, key);
        string? clear = new CallerNames(hashes, areClear: true).Of(caller, key);

        (hashed is not null).ShouldBe(isKnown);
        clear.ShouldBe(part switch { "user" => user, "tenant" => tenant, "client" => client, _ => "red" });
        hashed.ShouldNotBe(isKnown ? clear : "");
    }

    private static RecordedCall Read(string line)
    {
        RecordReader.TryRead(Encoding.UTF8.GetBytes(line), out RecordedEvent? recorded, out string? wrong).ShouldBeTrue(wrong);
        return recorded.ShouldBeOfType<RecordedCall>();
    }
}
