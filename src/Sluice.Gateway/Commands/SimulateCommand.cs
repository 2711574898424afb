using System.CommandLine;

namespace Sluice.Gateway;

/// <summary><c>sluice simulate FILE</c>: what limits would do to a load, decided by the engine on simulated time.</summary>
internal static class SimulateCommand
{
    private const string Name = "sluice simulate";

    internal static Command Create()
    {
        Argument<string> file = new("FILE") { Description = "The configuration." };
        Option<string?> server = new("--server", "-s") { Description = "The server; may be left out where the file has one.", HelpName = "NAME" };
        LoadOptions load = new();
        SimulationOptions options = new(Name);
        Command command = new(
            "simulate",
            "Show what limits would do to a load: how many calls pass and how many are refused, by limit, by user and over time. "
            + "The engine decides every call, on simulated time; no server is called.\n\n"
            + "The load is synthetic (--rate and what goes with it).\n\n"
            + "Example:\n  sluice simulate sluice.yaml --rate 30/s --users 20 --for 10m\n"
            + "  sluice simulate sluice.yaml --rate 5/s --arrivals burst --burst 50 --suggest 1% --svg load.svg")
        {
            file,
            server,
        };
        load.AddTo(command);
        options.AddTo(command);
        command.SetAction((parsed, cancellationToken) => Task.Run(
            () =>
            {
                if (PolicyFile.Load(parsed.GetRequiredValue(file)) is not PolicyFile policies)
                {
                    return CommandLine.Failure;
                }

                List<string> notes = [];
                if (policies.Find(parsed.GetValue(server), out string? why) is not PolicyOfServer found
                    || load.Read(parsed, policies, found, notes, out why) is not SyntheticLoad traffic)
                {
                    return CommandLine.FailUsage(Name, why!);
                }

                return options.Run(parsed, traffic, notes, $"{found.Name}: {parsed.GetValue<string>("--rate")} by {ExplainedWords.Count(traffic.Callers.Length, "caller")}", cancellationToken);
            },
            cancellationToken));
        return command;
    }
}
