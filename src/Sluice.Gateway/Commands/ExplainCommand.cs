using System.CommandLine;
using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary><c>sluice explain FILE</c>: which limits apply to a call, in which order and why, and how a refusal looks.</summary>
internal static class ExplainCommand
{
    private const string Name = "sluice explain";

    internal static Command Create()
    {
        Argument<string> file = new("FILE") { Description = "The configuration: a file or a folder." };
        Option<string?> server = new("--server", "-s") { Description = "The server; may be left out where the file has one.", HelpName = "NAME" };
        OperationOptions operations = new();
        CallerOptions caller = new();
        Option<string?> start = StartOption.Create(
            "What the wall clock shows when the call comes, for windows of the calendar; now when it is left out.");
        Option<bool> json = new("--json") { Description = "Print the explanation as JSON." };
        Command command = new(
            "explain",
            "Show which limits apply to a call, in which order, and why: the line of the file, the key, the numbers and the cost. "
            + "Also show the refusal in each form. Nothing is called.\n\n"
            + "Exits with 0 when the call is explained, with 1 when the file is not valid.\n\n"
            + "Example:\n  sluice explain sluice.yaml --server weather --tool search --user alice\n"
            + "  sluice explain sluice.yaml --tool search --user alice --tenant acme --claim tier=pro --json")
        {
            file,
            server,
        };
        operations.AddTo(command);
        caller.AddTo(command);
        command.Add(start);
        command.Add(json);
        command.SetAction(parsed =>
        {
            ExplainedRequest? request = operations.Read(parsed, out string? why);
            DescribedCaller? described = why is null ? caller.Read(parsed, out why) : null;
            DateTimeOffset at = default;
            if (request is null || described is null || !StartOption.TryRead(parsed, start, TimeProvider.System.GetUtcNow(), out at, out why))
            {
                return CommandLine.FailUsage(Name, why!);
            }

            if (PolicyFile.Load(parsed.GetRequiredValue(file)) is not PolicyFile policies)
            {
                return CommandLine.Failure;
            }

            return policies.Find(parsed.GetValue(server), out why) is PolicyOfServer found
                ? Print(Explanation.Of(policies, found, request, described, at), parsed.GetValue(json))
                : CommandLine.FailUsage(Name, why!);
        });
        return command;
    }

    private static int Print(Explanation explanation, bool asJson)
    {
        foreach (string note in explanation.Notes)
        {
            Console.Error.WriteLine($"sluice: note: {Shown.Message(note)}");
        }

        Console.Out.Write(asJson ? ExplanationJson.Write(explanation) + "\n" : ExplanationText.Write(explanation));
        return CommandLine.Success;
    }
}
