using System.Collections.Immutable;

namespace Sluice.StoreContracts;

/// <summary>Makes the caller vectors: scripts and random histories of calls with claims and slots, and of calls that wait.</summary>
internal static class CallerVectorCases
{
    private const int RandomCases = 40;
    private const int RandomSteps = 16;
    private const long Second = 1_000_000;
    private const string About =
        "What every store must decide about callers with claims, slots and calls that wait; times in whole microseconds, waits rounded up. "
        + "Made by eng/write-vectors.sh from the model; not to be edited. Absent means the first or zero: verb acquire, outcome denied.";

    private static readonly string[][] Tiers = [[], [], ["pro"], ["pro", "beta"], ["staff"], ["suspended"]];
    private static readonly string[][] Teams = [[], ["a"], ["b"], ["a", "b"], ["b", "a", "b"]];

    /// <summary>The file as the model makes it.</summary>
    internal static async Task<CallerVectorFile> Make()
    {
        List<CallerVectorCase> cases = [];
        foreach ((string name, VectorPolicy policy, CallerVectorStep[] steps) in CallerVectorScripts.All)
        {
            CallerVectorRecorder recorder = new(policy);
            foreach (CallerVectorStep step in steps)
            {
                bool waits = steps.Any(other => other.Verb == CallerVectorVerb.Reserve);
                _ = waits ? recorder.AddWaiting(step) : await recorder.AddAsync(step);
            }

            cases.Add(recorder.Named(name));
        }

        for (int seed = 1; seed <= RandomCases; seed++)
        {
            cases.Add(await RandomCallers(seed));
            cases.Add(RandomWaiting(seed));
        }

        return new CallerVectorFile(About, (VectorRecorder.Wall - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond, [.. cases]);
    }

    private static async Task<CallerVectorCase> RandomCallers(int seed)
    {
        SplitMix random = new((ulong)seed);
        CallerVectorRecorder recorder = new(Policy(random, PeriodAlgorithms.All[seed % PeriodAlgorithms.All.Length], seed <= RandomCases / 2));
        List<int> running = [];
        long now = 0;
        while (recorder.Count < RandomSteps)
        {
            now += random.Next(0, 4) switch { 0 => 0, 1 => 1, 2 => random.Next(0, 300_000), _ => random.Next(0, 2_000_000) };
            int place = random.Next(0, Math.Max(1, running.Count));
            bool ends = running.Count > 0 && random.OneIn(4);
            CallerVectorVerb verb = ends ? CallerVectorVerb.Release : random.Next(0, 12) switch
            {
                < 8 => CallerVectorVerb.Acquire,
                8 => CallerVectorVerb.Peek,
                9 => CallerVectorVerb.Charge,
                10 => CallerVectorVerb.Refund,
                _ => CallerVectorVerb.Reset,
            };
            CallerVectorStep answered = await recorder.AddAsync(new CallerVectorStep(
                now, verb, random.OneIn(3) ? "bob" : "alice", Claims(random), random.Next(1, 3), ends ? running[place] : 0));
            if (ends)
            {
                running.RemoveAt(place);
            }
            else if (verb == CallerVectorVerb.Acquire && answered.Decision!.Outcome == RateLimitOutcome.Allowed)
            {
                running.Add(recorder.Count - 1);
            }
        }

        return recorder.Named($"random callers {seed}");
    }

    private static CallerVectorCase RandomWaiting(int seed)
    {
        SplitMix random = new((ulong)seed);
        RateLimitAlgorithm algorithm = seed % 2 == 0 ? RateLimitAlgorithm.TokenBucket : RateLimitAlgorithm.SlidingWindow;
        CallerVectorRecorder recorder = new(new VectorPolicy(Shared: [Any(random, algorithm)], PerUser: [Any(random, algorithm)]));
        List<(int Call, long AtUs)> held = [];
        long now = 0;
        while (recorder.Count < RandomSteps)
        {
            now += random.Next(0, 4) switch { 0 => 0, 1 => 1, 2 => random.Next(0, 300_000), _ => random.Next(0, 2_000_000) };
            held.RemoveAll(call => call.AtUs <= now);
            if (held.Count > 0 && random.OneIn(4))
            {
                int place = random.Next(0, held.Count);
                recorder.AddWaiting(new CallerVectorStep(now, CallerVectorVerb.Cancel, "alice", null, 1, held[place].Call));
                held.RemoveAt(place);
                continue;
            }

            CallerVectorStep answered = recorder.AddWaiting(new CallerVectorStep(
                now, CallerVectorVerb.Reserve, "alice", null, 1, MaxWaitUs: random.Next(0, 8_000) * 1_000L));
            if (answered.DelayUs > 0)
            {
                held.Add((recorder.Count - 1, now + answered.DelayUs));
            }
        }

        return recorder.Named($"random calls that wait {seed}");
    }

    private static VectorPolicy Policy(SplitMix random, RateLimitAlgorithm algorithm, bool changesNumbers) => new(
        PerUser: [Any(random, algorithm)],
        SlotsShared: random.OneIn(2) ? random.Next(1, 6) : null,
        SlotsPerUser: random.OneIn(2) ? random.Next(1, 4) : null,
        Overrides:
        [
            .. changesNumbers ? [new VectorOverride(Tier("pro"), [Any(random, algorithm)])] : Array.Empty<VectorOverride>(),
            new VectorOverride(Tier("staff"), Unlimited: true),
            .. changesNumbers ? [new VectorOverride(Tier("suspended"), [])] : Array.Empty<VectorOverride>(),
        ],
        Limits:
        [
            new VectorClaimLimit(
                "by-team",
                "team",
                [Any(random, algorithm)],
                Permissive: random.OneIn(4),
                Overrides: changesNumbers ? [new(Tier("pro"), [Any(random, algorithm)])] : null),
            new VectorClaimLimit(
                "at-once-by-team", "team", Slots: random.Next(1, 4), When: random.OneIn(3) ? Tier("pro") : null, Overrides: [new(Tier("beta"), Slots: random.Next(1, 6))]),
        ]);

    private static VectorRate Any(SplitMix random, RateLimitAlgorithm algorithm) =>
        new(algorithm, random.Next(1, 7), random.OneIn(2) ? Second : random.Next(1, 40) * 100_000L);

    private static VectorClaim Tier(string tier) => new("tier", [tier]);

    private static ImmutableArray<VectorClaim>? Claims(SplitMix random)
    {
        VectorClaim[] claims = [new("tier", [.. random.Of(Tiers)]), new("team", [.. random.Of(Teams)])];
        ImmutableArray<VectorClaim> known = [.. claims.Where(claim => claim.Values.Length > 0)];
        return known.IsEmpty ? null : known;
    }
}
