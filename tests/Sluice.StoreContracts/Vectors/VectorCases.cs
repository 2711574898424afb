using System.Collections.Immutable;

namespace Sluice.StoreContracts;

/// <summary>Makes the decision vectors: scripts for the edges of each algorithm, and random histories for the rest.</summary>
internal static class VectorCases
{
    private const int RandomCases = 260;
    private const int RandomCalendarCases = 40;
    private const int MaxSteps = 9;
    private const int MaxLimits = 3;
    private const string About =
        "What every store must decide, in whole microseconds, waits rounded up. Made by eng/write-vectors.sh from the model; "
        + "not to be edited. Absent means the first or zero: verb acquire, caller 0, policy 0, algorithm tokenBucket, "
        + "outcome denied. A wait of -1 never ends.";

    private static readonly VectorStoreUnderTest Model = new();

    /// <summary>The file as the model makes it.</summary>
    internal static async Task<DecisionVectorFile> Make()
    {
        List<VectorCase> cases = [];
        foreach ((string name, History history) in VectorScripts.All.Concat(RandomHistories()).Concat(RandomCalendars()))
        {
            cases.Add(await new VectorRecorder(Model, history).Record(name));
        }

        long wallUs = (VectorRecorder.Wall - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        ImmutableArray<VectorCaller> callers =
            [.. History.Callers.Select(caller => new VectorCaller(caller.Issuer, caller.Subject, caller.Tenant, caller.Client))];
        return new DecisionVectorFile(About, wallUs, callers, [.. cases]);
    }

    private static IEnumerable<(string Name, History History)> RandomHistories()
    {
        HistoryGenerator generator = new(Model);
        int found = 0;
        for (ulong seed = 1; found < RandomCases; seed++)
        {
            History history = generator.Create(seed);
            if (IsWorthKeeping(history))
            {
                found++;
                yield return ($"random history {seed}", history);
            }
        }
    }

    private static IEnumerable<(string Name, History History)> RandomCalendars()
    {
        HistoryGenerator generator = new(Model);
        return Enumerable.Range(1, int.MaxValue)
            .Select(seed => ($"random calendars {seed}", generator.CreateWithCalendars((ulong)seed)))
            .Where(history => IsWorthKeeping(history.Item2))
            .Take(RandomCalendarCases);
    }

    private static bool IsWorthKeeping(History history) =>
        history.Steps.Length is >= 4 and <= MaxSteps
        && history.Policies.All(policy => policy.Limits.Length <= MaxLimits)
        && history.Policies.All(policy => policy.Limits.All(limit => TotalCost(history) <= VectorStoreUnderTest.LargestCost(limit.Rate)));

    private static long TotalCost(History history) =>
        history.Steps.Where(step => step.Verb == HistoryVerb.Charge).Sum(step => (long)step.Cost);
}
