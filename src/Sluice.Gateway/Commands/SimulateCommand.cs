using System.CommandLine;

namespace Sluice.Gateway;

/// <summary><c>sluice simulate FILE</c>: what limits would do to a load, decided by the engine on simulated time.</summary>
internal static class SimulateCommand
{
    private const string Name = "sluice simulate";

    internal static Command Create()
    {
        Argument<string> file = new("FILE") { Description = "The configuration: a file or a folder." };
        Option<string?> server = new("--server", "-s") { Description = "The server; may be left out where the file has one.", HelpName = "NAME" };
        LoadOptions load = new();
        TraceOptions trace = new();
        SimulationOptions options = new(Name);
        Command command = new(
            "simulate",
            "Show what limits would do to a load: how many calls are allowed and how many are rejected, by limit, by user and over time.\n"
            + "The engine decides every call, on simulated time; no server is called.\n\n"
            + "The load is synthetic (--rate and what goes with it), or the calls of recorded decisions (--trace).\n\n"
            + "Example:\n  sluice simulate sluice.yaml --rate 30/s --users 20 --for 10m\n"
            + "  sluice simulate sluice.yaml --rate 5/s --arrivals burst --burst 50 --suggest 1% --svg load.svg\n"
            + "  sluice simulate sluice.yaml --trace decisions.jsonl --suggest 1%")
        {
            file,
            server,
        };
        load.AddTo(command);
        trace.AddTo(command);
        options.AddTo(command);
        command.SetAction((parsed, cancellationToken) => Task.Run(
            () =>
            {
                string? why = !trace.IsGiven(parsed) ? trace.WhyUnused(parsed)
                    : parsed.GetValue(server) is not null ? "--server goes with a synthetic load: a trace names its servers. "
                        + "Remove one of the two."
                    : load.WhyNotWithTrace(parsed);
                string path = parsed.GetRequiredValue(file);
                return why is not null ? CommandLine.FailUsage(Name, why)
                    : trace.IsGiven(parsed) ? RunTrace(parsed, path, trace, options, cancellationToken)
                    : RunLoad(parsed, path, parsed.GetValue(server), load, options, cancellationToken);
            },
            cancellationToken));
        return command;
    }

    private static int RunLoad(
        ParseResult parsed, string path, string? server, LoadOptions load, SimulationOptions options, CancellationToken cancellationToken)
    {
        if (PolicyFile.Load(path) is not PolicyFile policies)
        {
            return CommandLine.Failure;
        }

        List<string> notes = [];
        return policies.Find(server, out string? why) is PolicyOfServer found
            && load.Read(parsed, policies, found, notes, out why) is SyntheticLoad traffic
            ? options.Run(
                parsed,
                traffic,
                notes,
                $"{found.Name}: {parsed.GetValue<string>("--rate")} by {ExplainedWords.Count(traffic.Callers.Length, "caller")}",
                cancellationToken)
            : CommandLine.FailUsage(Name, why!);
    }

    private static int RunTrace(
        ParseResult parsed, string path, TraceOptions trace, SimulationOptions options, CancellationToken cancellationToken) =>
        trace.LoadPolicies(parsed, path) is HashedPolicies policies
            && trace.Open(parsed, cancellationToken) is (TraceFile file, TraceIndex index)
            ? options.Run(
                parsed,
                new TraceTraffic(file, index, policies, cancellationToken),
                notes: [],
                $"{path}: recorded calls of {ExplainedWords.Count(index.Callers.Count, "caller")}",
                cancellationToken)
            : CommandLine.Failure;
}
