using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Mcp;

namespace Sluice.Gateway.Tests;

/// <summary>Recorded decisions, decided again.</summary>
public sealed class ReplayTests : IDisposable
{
    private const string Limits =
        """
        auth: { jwt: { issuer: https://login.example.com, audience: a } }
        servers:
          - name: s
            upstream: http://127.0.0.1:3001/mcp
            rateLimiting:
              shared: { maxTokens: 20000, refillPeriod: 1s, algorithm: slidingWindowCounter }
              perTenant: { maxTokens: 100000, window: hour, timeZone: Asia/Tokyo }
              perUser: [400/100ms, 4000/1s]
              concurrency: { perUser: 3 }
              overrides:
                - { when: { claims: { tier: [pro] } }, perUser: 3000/1s }
                - { when: { users: [user-3] }, perUser: 0 }
              tools:
                - { name: search, cost: 2, perUser: { maxTokens: 50, refillPeriod: 1s, algorithm: fixedWindow, align: true } }
                - { name: "held*", perUser: 200/100ms, wait: 3ms }
              limits:
                - { name: by-tier, per: [claim:tier], when: { tools: [search] }, rate: { maxTokens: 100, refillPeriod: 1s, algorithm: slidingWindow } }
                - { name: watched, per: [user], rate: 100/1s, mode: permissive }
        """;

    private static readonly byte[] Salt = RandomNumberGenerator.GetBytes(32);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sluice-replay-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Replay_OfALiveRunWithConcurrency_GivesTheRecordedAnswersToTheTick()
    {
        // SLUICE_REPLAY_CALLS=1000000 makes it a million.
        int calls = int.Parse(Environment.GetEnvironmentVariable("SLUICE_REPLAY_CALLS") ?? "100000", CultureInfo.InvariantCulture);
        string trace = await RecordAsync(Limits, calls);

        (ReplayReport report, TraceIndex index, TraceFile file) = Replayed(trace, Limits);

        file.BadLines.ShouldBe(0);
        index.Calls.ShouldBeInRange(calls * 9L / 10, calls); // A call that is given up while it waits for a slot has no line.
        (index.Missing, index.Runs).ShouldBe((0, 1));
        report.Unmatched.ShouldBe(0);
        report.Different.ShouldBe(0, ReplayText.Write(report, index, "recorded", "replayed"));
        report.AllowedBefore.ShouldBeInRange(calls / 100, calls * 99 / 100);
        string[] rejecting = [.. report.Limits.Select(limit => limit.Key)];
        rejecting.ShouldContain("s: perUser/concurrency");
        rejecting.ShouldContain("s: search/perUser");
        rejecting.ShouldContain("s: by-tier");
    }

    [Fact]
    public async Task Replay_UnderOtherLimits_SaysWhatChangesForWhom()
    {
        string trace = await RecordAsync(Limits, 5_000);

        (ReplayReport report, TraceIndex index, _) = Replayed(trace, Limits.Replace("perUser: [400/100ms, 4000/1s]", "perUser: 5/1h", StringComparison.Ordinal));

        report.NewlyRefused.ShouldBeGreaterThan(100);
        report.AllowedAfter.ShouldBe(report.AllowedBefore - report.NewlyRefused + report.NewlyAllowed);
        report.Callers.ShouldNotBeEmpty();
        report.Callers.Sum(caller => caller.Value.NewlyRefused).ShouldBe(report.NewlyRefused);
        report.FirstDifference!.Value.ShouldBeGreaterThanOrEqualTo(index.First);
        string text = ReplayText.Write(report, index, "recorded", "new.yaml");
        text.ShouldContain("newly rejected,");
        text.ShouldNotContain("user-1");
    }

    [Fact]
    public async Task Replay_OfTwoFiles_ComparesTheirAnswers()
    {
        string trace = await RecordAsync(Limits, 2_000);
        HashedPolicies first = Policies(Limits);
        HashedPolicies second = Policies(Limits.Replace("20000", "10", StringComparison.Ordinal));
        TraceFile file = new([trace]);
        TraceIndex index = TraceIndex.Of(file, progress: null, CancellationToken.None);

        Run([first, first]).Different.ShouldBe(0);
        Run([first, second]).NewlyRefused.ShouldBeGreaterThan(0);
        Run([second, first]).NewlyAllowed.ShouldBe(Run([first, second]).NewlyRefused);

        ReplayReport Run(HashedPolicies[] policies) => Replay.Run(policies, file, index, TimeSpan.FromSeconds(1), progress: null, CancellationToken.None);
    }

    [Fact]
    public async Task Simulation_OfATrace_DecidesItsCalls()
    {
        string trace = await RecordAsync(Limits, 3_000);
        TraceFile file = new([trace]);
        TraceIndex index = TraceIndex.Of(file, progress: null, CancellationToken.None);
        TraceTraffic traffic = new(file, index, Policies(Limits), CancellationToken.None);

        using Simulation simulation = new(traffic, TimeSpan.FromMilliseconds(1), maxKeys: 10_000);
        SimulationReport report = simulation.Run(replace: null, progress: null, CancellationToken.None);

        report.Calls.ShouldBe(index.Calls);
        report.Limits.Select(limit => limit.Limit).ShouldContain("by-tier");
        report.Users.Length.ShouldBe(index.Callers.Count);
    }

    [Fact]
    public void Trace_BadLines_AreNamedAndCounted()
    {
        string path = Path.Combine(_folder.FullName, "bad.jsonl");
        const string Good = """{"at":"2026-01-01T00:00:00Z","server":"s","operation":"tools/call","name":"x","cost":1,"outcome":"allowed"}""";
        File.WriteAllText(
            path,
            $"{Good}\nnot json\n\n{Good.Replace("\"cost\":1,", "", StringComparison.Ordinal)}\n{new string('x', TraceFile.MaxLineBytes + 70_000)}\n{Good}");
        TraceFile file = new([path]);

        TraceIndex index = TraceIndex.Of(file, progress: null, CancellationToken.None);

        index.Calls.ShouldBe(2);
        file.BadLines.ShouldBe(4);
        file.NamedBadLines.Select(line => line[(path.Length + 1)..].Split(' ')[0]).ShouldBe(["2", "3", "4", "5"]);
        file.NamedBadLines[2].ShouldEndWith("lacks 'cost'.");
    }

    [Fact]
    public void Trace_NumbersThatAreMissingOrGoBack_AreSeen()
    {
        static string Line(int number) =>
            $$"""{"at":"2026-01-01T00:00:00Z","run":"2026-01-01T00:00:00Z","n":{{number}},"ticks":{{number}},"server":"s","operation":"tools/call","cost":1,"outcome":"allowed"}""";
        TraceIndex Index(params int[] numbers)
        {
            string path = Path.Combine(_folder.FullName, "numbers.jsonl");
            File.WriteAllLines(path, numbers.Select(Line));
            return TraceIndex.Of(new TraceFile([path]), progress: null, CancellationToken.None);
        }

        Index(1, 2, 3).Missing.ShouldBe(0);
        Index(3, 4, 8).Missing.ShouldBe(5);
        Index(1, 2, 3).IsOutOfOrder.ShouldBeFalse();
        Index(2, 3, 1).IsOutOfOrder.ShouldBeTrue();
    }

    [Theory]
    [InlineData("find", "b", "toolkit: backend:b/shared")]
    [InlineData("b_find", null, "toolkit: backend:b/shared")] // Recorded before backends had limits.
    [InlineData("find", null, "toolkit: shared")]
    public void Replay_CallsOfAVirtualServer_MeetTheLimitsOfTheirBackend(string tool, string? backend, string rejecting)
    {
        string path = Path.Combine(_folder.FullName, "virtual.jsonl");
        string to = backend is null ? "" : $""" "backend":"{backend}", """;
        File.WriteAllLines(path, Enumerable.Range(0, 9).Select(call =>
            $$"""{"at":"2026-01-01T00:00:0{{call}}Z","server":"toolkit","operation":"tools/call","name":"{{tool}}",{{to}}"cost":1,"outcome":"allowed"}"""));

        ReplayReport report = Replayed(
            path,
            """
            servers: [{ name: a, upstream: "http://127.0.0.1:1/mcp" }, { name: b, upstream: "http://127.0.0.1:2/mcp" }]
            virtualServers: [{ name: toolkit, backends: [a, b], rateLimiting: { shared: 6/1h, perBackend: { shared: 5/1h } } }]
            """).Report;

        report.Limits.ShouldHaveSingleItem().Key.ShouldBe(rejecting);
    }

    [Fact]
    public void Policies_ThatNameCallersWithoutASalt_AreNotReplayed()
    {
        PolicyFile file = Load(Limits);

        HashedPolicies.Of(file, () => (null, "no salt"), out string? why).ShouldBeNull();
        why.ShouldBe("no salt");
        PolicyFile plain = Load("servers: [{ name: s, upstream: 'http://127.0.0.1:1/mcp', rateLimiting: { shared: 1/1m } }]");
        HashedPolicies.Of(plain, () => throw new InvalidOperationException(), out _).ShouldNotBeNull();
    }

    private static CallerIdentity Caller(int number)
    {
        CallerIdentity caller = new("https://login.example.com", $"user-{number}", number % 3 == 0 ? null : $"tenant-{number % 2}", null);
        return number % 4 == 0 ? caller.WithClaim("tier", "pro") : number % 4 == 1 ? caller.WithClaim("tier", "free", "trial") : caller;
    }

    private static async Task CallAsync(CallGate gate, int seed, int calls)
    {
        string[] tools = ["search", "held-1", "held-2", "other"];
        Random random = new(seed);
        for (int call = 0; call < calls; call++)
        {
            using CancellationTokenSource gone = new();
            GateDecision decision = await gate.BeginAsync(
                "tools/call", tools[random.Next(tools.Length)], Caller(random.Next(12)), CancellationToken.None);
            using CallLease lease = decision.Lease;
            if (decision.IsHeld && random.Next(3) == 0)
            {
                await gone.CancelAsync();
            }

            try
            {
                decision = await gate.HoldAsync(decision, gone.Token);
            }
            catch (OperationCanceledException)
            {
                continue;
            }

            if (decision.IsAllowed && random.Next(10) == 0)
            {
                await decision.Lease.RefundAsync();
            }

            if (random.Next(50) == 0)
            {
                await Task.Yield(); // While it holds its slots.
            }
        }
    }

    /// <summary>Makes a call be rejected by a slot, by a window and by a log. Whether the threads are fast enough for that depends on the machine.</summary>
    /// <returns>How many calls it made.</returns>
    private static async Task<int> RejectAsync(CallGate gate) =>
        await UntilRejectedAsync(gate, "other", atOnce: true, 1)
        + await UntilRejectedAsync(gate, "search", atOnce: false, 1)
        + await UntilRejectedAsync(gate, "search", atOnce: false, 0, 4, 8);

    private static async Task<int> UntilRejectedAsync(CallGate gate, string tool, bool atOnce, params int[] users)
    {
        List<GateDecision> calls = [];
        do
        {
            calls.Add(await gate.BeginAsync("tools/call", tool, Caller(users[calls.Count % users.Length]), CancellationToken.None));
            if (!atOnce)
            {
                calls[^1].Lease.Dispose();
            }
        }
        while (calls[^1].IsAllowed);

        calls.ForEach(call => call.Lease.Dispose()); // A second time is harmless.
        return calls.Count;
    }

    private async Task<string> RecordAsync(string yaml, int calls)
    {
        string path = Path.Combine(_folder.FullName, $"{Guid.NewGuid():N}.jsonl");
        RateLimitPolicy policy = Load(yaml).Servers[0].Policy!;
        DecisionRecorder recorder = new(
            RotatingFile.Open(path, long.MaxValue, keep: 0), new CallerHashes(Salt), TimeProvider.System, NullLogger.Instance, queueLength: (4 * calls) + 1_000);
        InProcessStore store = new(new InProcessStoreOptions { MaxKeys = 1_000_000 }, TimeProvider.System, recorder);
        using (CallGate gate = new(policy, store, TimeProvider.System, NullLogger.Instance, recorder) { ConfigVersion = "v1" })
        {
            const int Callers = 4;
            int first = await RejectAsync(gate);
            await Task.WhenAll(Enumerable.Range(0, Callers).Select(seed => Task.Run(() => CallAsync(gate, seed, (calls - first) / Callers))));
        }

        await recorder.DisposeAsync();
        return path;
    }

    private (ReplayReport Report, TraceIndex Index, TraceFile File) Replayed(string trace, string yaml)
    {
        TraceFile file = new([trace]);
        TraceIndex index = TraceIndex.Of(file, progress: null, CancellationToken.None);
        return (Replay.Run([Policies(yaml)], file, index, TimeSpan.FromSeconds(1), progress: null, CancellationToken.None), index, file);
    }

    private HashedPolicies Policies(string yaml) => HashedPolicies.Of(Load(yaml), () => (Salt, null), out _)!;

    private PolicyFile Load(string yaml)
    {
        string path = Path.Combine(_folder.FullName, $"{Guid.NewGuid():N}.yaml");
        File.WriteAllText(path, yaml);
        return PolicyFile.Load(path)!;
    }
}
