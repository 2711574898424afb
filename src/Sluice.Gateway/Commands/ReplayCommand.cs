using System.CommandLine;

namespace Sluice.Gateway;

/// <summary><c>sluice replay FILE [FILE2]</c>: what the limits of a file would have answered to recorded calls.</summary>
internal static class ReplayCommand
{
    private const string Name = "sluice replay";

    internal static Command Create()
    {
        Argument<string[]> files = new("FILE")
        {
            Description = "The configuration: a file or a folder. "
                + "With a second one, the answers of the two are compared instead of the recorded ones.",
            Arity = new ArgumentArity(1, 2),
        };
        TraceOptions trace = new();
        Option<string?> callTime = CallTimeOption.Create();
        Option<bool> exact = new("--exact") { Description = "Exit with 1 when an answer differs." };
        Option<bool> json = new("--json") { Description = "Print the report as JSON." };
        Command command = new(
            "replay",
            "Decide recorded calls again by the limits of a file, each at its own instant, "
                + "and show what changes: for whom (hashed), when,\n"
            + "and by which limit. The engine decides; no server is called.\n\n"
            + "Under the limits that recorded the calls, the answers are the recorded ones, to the tick.\n\n"
            + "Exits with 0 when the calls were replayed, and with 1 when a file is not valid, a line cannot be read (unless --skip-bad),\n"
            + "or with --exact when an answer differs.\n\n"
            + "Example:\n  sluice replay sluice.yaml --trace decisions.jsonl\n  sluice replay old.yaml new.yaml --trace "
            + "decisions.jsonl --json")
        {
            files,
        };
        trace.AddTo(command);
        command.Add(callTime);
        command.Add(exact);
        command.Add(json);
        command.SetAction((parsed, cancellationToken) => Task.Run(
            () =>
            {
                if (!CallTimeOption.TryRead(parsed, callTime, out TimeSpan time, out string? why) || !trace.IsGiven(parsed))
                {
                    return CommandLine.FailUsage(Name, why ?? "no recorded decisions are named. Add --trace FILE.");
                }

                string[] names = parsed.GetRequiredValue(files);
                HashedPolicies[] policies = new HashedPolicies[names.Length];
                for (int i = 0; i < names.Length; i++)
                {
                    if (trace.LoadPolicies(parsed, names[i]) is not HashedPolicies loaded)
                    {
                        return CommandLine.Failure;
                    }

                    policies[i] = loaded;
                }

                return trace.Open(parsed, cancellationToken) is (TraceFile file, TraceIndex index)
                    ? Run(names, policies, file, index, time, parsed.GetValue(exact), parsed.GetValue(json), cancellationToken)
                    : CommandLine.Failure;
            },
            cancellationToken));
        return command;
    }

    private static int Run(
        string[] names,
        HashedPolicies[] policies,
        TraceFile file,
        TraceIndex index,
        TimeSpan callTime,
        bool isExact,
        bool asJson,
        CancellationToken cancellationToken)
    {
        ReplayReport report;
        using (ProgressLine progress = new(file.Bytes, "bytes"))
        {
            report = Replay.Run(policies, file, index, callTime, progress.Report, cancellationToken);
        }

        string before = names.Length == 1 ? ReplayText.Recorded : names[0];
        foreach (string note in Replay.Notes(names, policies, index, report))
        {
            Console.Error.WriteLine($"sluice: note: {note}");
        }

        Console.Out.Write(asJson
            ? ReplayJson.Write(report, index, file, before, names[^1]) + "\n"
            : ReplayText.Write(report, index, before, names[^1]));
        return isExact && report.Different > 0 ? CommandLine.Failure : CommandLine.Success;
    }
}
