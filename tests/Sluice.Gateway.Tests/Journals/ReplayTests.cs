using System.Collections.Immutable;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Mcp;

namespace Sluice.Gateway.Tests.Journals;

/// <summary>What a gateway with several threads decided is decided again, to the tick, from its record alone.</summary>
public sealed class ReplayTests
{
    private const int Threads = 8;
    private const int CallsOfThread = 1_500;
    private const int MaxKeys = 1_000;
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly CallerHashes Hashes = new("a salt of the test, 32 bytes long"u8);
    private static readonly string[] Tools = ["search", "held", "slots", "queued", "windows", "months", "never", "other"];

    private static readonly CallerIdentity[] Callers =
    [
        new("https://issuer.test", "alice", "acme", "cli"),
        new("https://issuer.test", "bob", "acme", null),
        new CallerIdentity("https://other.test", "alice", null, null).WithClaim("team", "red", "blue"),
        CallerIdentity.None,
    ];

    [Fact]
    public async Task Replay_OfConcurrentCalls_GivesTheRecordedAnswers()
    {
        TestSink sink = new();
        DecisionRecorder recorder = new(sink, Hashes, TimeProvider.System, NullLogger.Instance, queueLength: 1_000_000);
        InProcessStore store = new(new InProcessStoreOptions { MaxKeys = MaxKeys }, TimeProvider.System, recorder);
        RateLimitPolicy policy = Compile(Settings());
        Counter counter = new(); // A call that its client gives up while it waits for a slot is not decided.
        using (CallGate gate = new(policy, store, TimeProvider.System, NullLogger.Instance, CallObservers.Of(recorder, counter)) { ConfigVersion = "v1" })
        {
            await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(async () =>
            {
                Random random = new(thread);
                for (int call = 0; call < CallsOfThread; call++)
                {
                    await CallAsync(gate, random);
                    if (random.Next(200) == 0)
                    {
                        store.Reset(policy.Limits.AsSpan()[..2], Callers[random.Next(Callers.Length)]);
                    }
                }
            })));
        }

        await recorder.DisposeAsync();
        RecordedEvent[] lines = [.. sink.Lines.Select(Read)];
        RecordedEvent[] operations = [.. lines.Where(line => line.Run is not null)];
        lines.OfType<RecordedCall>().Count(call => call.Again == 0)
            .ShouldBeInRange(counter.Decisions, Threads * CallsOfThread); // More, where a slot came as its client gave up.
        lines.OfType<RecordedCall>().ShouldAllBe(call => call.ConfigVersion == "v1");
        operations.Select(line => line.Number).ShouldBe(Enumerable.Range(1, operations.Length).Select(number => (long)number));
        operations.Select(line => line.Ticks).ShouldBeInOrder();
        string.Concat(sink.Lines).ShouldNotContain("alice");
        ShouldHoldEveryKind(lines);

        RecordPlayer player = new(Compile(HashedSettings.Of(Settings(), Hashes)), operations[0].Run!.Value, MaxKeys);
        foreach (RecordedEvent line in lines)
        {
            player.Play(line);
        }
    }

    private static void ShouldHoldEveryKind(RecordedEvent[] lines)
    {
        lines.OfType<RecordedCall>().Select(call => call.Outcome).Distinct().Count().ShouldBe(3);
        lines.OfType<RecordedCall>().Select(call => call.Caller.ToIdentity()).Distinct().Count().ShouldBe(Callers.Length);
        lines.OfType<RecordedCall>().ShouldContain(call => call.LacksIdentity);
        lines.OfType<RecordedCall>().ShouldContain(call => call.Delay > TimeSpan.Zero);
        lines.OfType<RecordedCall>().ShouldContain(call => !call.WouldRefuse.IsEmpty);
        lines.OfType<RecordedChange>().Select(change => change.Change).Distinct().Order()
            .ShouldBe([StoreChange.Refund, StoreChange.Cancel, StoreChange.Release]);
        lines.OfType<RecordedReset>().ShouldNotBeEmpty();
    }

    private static async Task CallAsync(CallGate gate, Random random)
    {
        string tool = Tools[random.Next(Tools.Length)];
        GateDecision decision = await gate.BeginAsync("tools/call", tool, Callers[random.Next(Callers.Length)], default);
        if (decision.IsHeld)
        {
            try
            {
                decision = await gate.HoldAsync(decision, new CancellationToken(canceled: tool == "held" || random.Next(3) == 0));
            }
            catch (OperationCanceledException)
            {
                return; // Unless its instant has come by now, the call is given up.
            }
        }

        if (decision.IsAllowed && random.Next(4) == 0)
        {
            await decision.Lease.RefundAsync();
        }

        decision.Lease.Dispose();
    }

    private static RateLimitingSettings Settings() => RateLimitPolicy.Build("server", limits => limits
        .Shared(new Rate(2_000, Second, RateLimitAlgorithm.TokenBucket, burst: 50, align: false))
        .PerUser(new Rate(500, Second))
        .MissingIdentity(MissingIdentity.Reject)
        .Override(when => when.Users("alice").Claim("team", "red"), to => to.PerUser("1000/1s"))
        .Override(when => when.Tenants("acme"), to => to.PerUser("50/1s"))
        .Tool("search", tool => tool.PerUser(new Rate(20, Second, RateLimitAlgorithm.SlidingWindow, null, align: false)).Cost(2))
        .Tool("held", tool => tool
            .Shared(new Rate(100, Second, RateLimitAlgorithm.TokenBucket, burst: 1, align: false))
            .Wait(TimeSpan.FromSeconds(5)))
        .Tool("slots", tool => tool.Concurrency(new ConcurrencySettings { PerUser = 2 }))
        .Tool("queued", tool => tool.Concurrency(new ConcurrencySettings { Shared = 1 }).Wait(TimeSpan.FromSeconds(5)))
        .Tool("windows", tool => tool
            .Shared(new Rate(30, Second, RateLimitAlgorithm.FixedWindow, null, align: true))
            .Mode(LimitMode.Permissive))
        .Tool("months", tool => tool.Shared(Rate.Calendar(100, CalendarUnit.Month, "Asia/Tokyo")))
        .Tool("never", tool => tool
            .PerTenant("10/1s")
            .Override(when => when.Tenants("acme"), to => to.PerTenant(RateOverride.Nothing)))).Settings;

    private static RateLimitPolicy Compile(RateLimitingSettings settings) =>
        RateLimitPolicy.Compile("server", settings, out ImmutableArray<SettingsFault> faults) ?? throw new InvalidOperationException(string.Join(", ", faults));

    private sealed class Counter : ICallObserver
    {
        private int _decisions;

        internal int Decisions => Volatile.Read(ref _decisions);

        public void Decided(in DecidedCall call) => Interlocked.Increment(ref _decisions);
    }

    private static RecordedEvent Read(string line)
    {
        RecordReader.TryRead(Encoding.UTF8.GetBytes(line), out RecordedEvent? recorded, out string? wrong).ShouldBeTrue(wrong);
        return recorded;
    }
}
