using System.CommandLine;
using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary><c>sluice explain FILE</c>: which limits apply to a call, in which order and why, and how a rejection looks.</summary>
internal static class ExplainCommand
{
    private const string Name = "sluice explain";

    internal static Command Create()
    {
        Argument<string> file = new("FILE") { Description = "The configuration: a file or a folder." };
        Option<string?> server = new("--server", "-s") { Description = "The server; may be left out where the file has one.", HelpName = "NAME" };
        Option<string?> backend = new("--backend")
        {
            Description = "Of a virtual server with limits of backends: the backend to which the call goes. "
                + "Left out where its name tells it.",
            HelpName = "NAME",
        };
        OperationOptions operations = new();
        CallerOptions caller = new();
        Option<string?> start = StartOption.Create(
            "What the wall clock shows when the call comes, for windows of the calendar; now when it is left out.");
        Option<bool> json = new("--json") { Description = "Print the explanation as JSON." };
        Command command = new(
            "explain",
            "Show which limits apply to a call, in which order, and why: the line of the file, the key, the numbers and the cost.\n"
            + "Also show the rejection in each form. No server is called.\n\n"
            + "Exits with 0 when the call is explained, with 1 when the file is not valid.\n\n"
            + "Example:\n  sluice explain sluice.yaml --server weather --tool search --user alice\n"
            + "  sluice explain sluice.yaml --tool search --user alice --tenant acme --claim tier=pro --json")
        {
            file,
            server,
        };
        operations.AddTo(command);
        command.Add(backend);
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
                && Route(request, found, parsed.GetValue(backend), out why) is ExplainedRequest routed
                ? Print(Explanation.Of(policies, found, routed, described, at), parsed.GetValue(json))
                : CommandLine.FailUsage(Name, why!);
        });
        return command;
    }

    /// <summary>The request with the backend to which it goes; null when the command line is wrong, and the reason.</summary>
    private static ExplainedRequest? Route(ExplainedRequest request, PolicyOfServer server, string? named, out string? why)
    {
        string[] backends = [.. server.Virtual?.Backends.Select(backend => backend.Server) ?? []];
        why = named is null || backends.Contains(named, StringComparer.Ordinal) ? null
            : backends.Length == 0 ? $"--backend: '{server.Name}' is not a virtual server. Remove the option."
            : $"--backend: {Shown.Quote(named)} is not a backend of '{server.Name}'. {NearestName.Advice(named, backends)}";
        return why is not null ? null : request with { Backend = named ?? server.BackendOf(request.Method, request.Operation) };
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
