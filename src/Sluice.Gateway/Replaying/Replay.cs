using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>Replays recorded decisions under the limits of one file or two.</summary>
internal static class Replay
{
    /// <summary>Replays.</summary>
    /// <param name="policies">One: its answers are compared with the recorded ones. Two: their answers are compared.</param>
    /// <param name="file">The files.</param>
    /// <param name="index">What is known of them.</param>
    /// <param name="callTime">How long a call holds its slots where that was not recorded.</param>
    /// <param name="progress">Called from time to time with the number of bytes read; or null.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal static ReplayReport Run(
        HashedPolicies[] policies, TraceFile file, TraceIndex index, TimeSpan callTime, Action<long>? progress, CancellationToken cancellationToken)
    {
        PolicyReplay[] replays = [.. policies.Select(policy => new PolicyReplay(policy, index, callTime))];
        ReplayReport report = new();
        foreach (RecordedEvent recorded in file.Read(progress, cancellationToken))
        {
            switch (recorded)
            {
                case RecordedCall call:
                    ReplayedAnswer first = replays[0].Decide(call);
                    ReplayedAnswer before = replays.Length == 1 ? ReplayedAnswer.Of(call) : first;
                    ReplayedAnswer after = replays.Length == 1 ? first : replays[1].Decide(call);
                    report.UnknownServer += policies.All(policy => policy.Has(call.Server)) ? 0 : 1;
                    report.Add(call, index.NumberOf(call.Caller), before, after);
                    break;
                case RecordedChange change:
                    Array.ForEach(replays, replay => replay.Apply(change));
                    break;
                case RecordedReset reset:
                    Array.ForEach(replays, replay => replay.Apply(reset));
                    break;
                default:
                    throw new InvalidOperationException($"{recorded.GetType()} is an unknown kind of event.");
            }
        }

        report.Unmatched = replays.Max(replay => replay.Unmatched);
        return report;
    }

    /// <summary>What keeps a replay from being exact, and what else is to be known.</summary>
    internal static IEnumerable<string> Notes(string[] names, HashedPolicies[] policies, TraceIndex index, ReplayReport report)
    {
        if (index.Missing > 0)
        {
            yield return $"{SimulationText.Number(index.Missing)} operations are missing in the trace, "
                + "so that the answers are close, not exact.";
        }

        if (index.WithoutRun > 0 && index.Runs == 0)
        {
            yield return $"{SimulationText.Number(index.WithoutRun)} calls were decided by Redis, "
                + "so that the answers are close, not exact.";
        }

        if (index.Versions.Count > 1)
        {
            yield return $"the calls were recorded under {index.Versions.Count} versions of the configuration.";
        }

        if (report.Unmatched > 0)
        {
            yield return $"{SimulationText.Number(report.Unmatched)} refunds and releases belong to calls that the trace does not have.";
        }

        if (report.UnknownServer > 0)
        {
            string[] unknown =
            [
                .. index.Operations.Select(operation => operation.Server).Distinct()
                    .Where(server => policies.Any(policy => !policy.Has(server))).Order(StringComparer.Ordinal),
            ];
            yield return $"{SimulationText.Number(report.UnknownServer)} calls are to servers that {string.Join(" or ", names)} does not "
                + $"have: {Shown.Message(string.Join(", ", unknown))}. Nothing limits them there.";
        }
    }
}
