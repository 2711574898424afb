using System.CommandLine;
using Spectre.Console;

namespace Sluice.Gateway;

/// <summary><c>sluice limits</c>: the limits of a running gateway, and what they answered.</summary>
internal static class LimitsCommand
{
    private const int Bars = 12;

    internal static Command Create()
    {
        Option<string?> server = new("--server", "-s") { Description = "The limits of one server.", HelpName = "NAME" };
        Option<string?> limit = new("--limit", "-l") { Description = "One limit, by its name.", HelpName = "NAME" };
        Command command = new(
            "limits",
            "Show the limits of a running gateway: their numbers, what they answered, and who was rejected in the last hour.\n\n"
            + $"{AdminOptions.Help}\n\nExample:\n  sluice limits\n  sluice limits --server files --json")
        {
            server,
            limit,
        };
        AdminOptions options = AdminOptions.AddTo(command);
        command.SetAction((parsed, cancellationToken) => AdminCommand.RunAsync(parsed, options, async client =>
        {
            string limits = await client.GetAsync(
                $"/api/v1/limits{Query(("server", parsed.GetValue(server)), ("limit", parsed.GetValue(limit)))}", cancellationToken);
            if (options.IsJson(parsed))
            {
                Console.WriteLine(limits);
                return;
            }

            Print(AdminOutput.Open(), AdminClient.Read(limits, ApiJson.Default.LimitsAnswer));
        }));
        return command;
    }

    private static string Query(params (string Name, string? Value)[] parameters)
    {
        string[] set = [.. parameters.Where(one => one.Value is not null).Select(one => $"{one.Name}={Uri.EscapeDataString(one.Value!)}")];
        return set.Length == 0 ? "" : "?" + string.Join('&', set);
    }

    internal static void Print(IAnsiConsole console, LimitsAnswer answer)
    {
        if (answer.Limits.Count == 0)
        {
            console.WriteLine("There are no such limits.");
            return;
        }

        AdminTable table = new AdminTable().Text("server").Text("limit").Text("numbers", isDetail: true).Text("mode", isDetail: true)
            .Number("allowed").Number("rejected").Number("would reject").Text("rejected, last hour");
        foreach (LimitAnswer limit in answer.Limits)
        {
            table.AddRow(
                AdminOutput.Cell(limit.Server),
                AdminOutput.Cell(limit.Limit),
                AdminOutput.Cell(limit.Text),
                AdminOutput.Cell(limit.Mode),
                AdminOutput.Cell(limit.Allowed),
                AdminOutput.Cell(limit.Refused, isBad: true),
                AdminOutput.Cell(limit.WouldRefuse),
                AdminOutput.Cell(limit.History is MinuteHistory history ? AdminOutput.Chart(history.Refused, Bars) : ""));
        }

        table.Write(console);
        if (answer.Truncated)
        {
            console.WriteLine("There are more. Name a server: sluice limits --server NAME");
        }
    }
}
