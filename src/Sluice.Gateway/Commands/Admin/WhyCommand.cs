using System.CommandLine;
using Spectre.Console;

namespace Sluice.Gateway;

/// <summary><c>sluice why ID</c>: how a rejection was decided.</summary>
internal static class WhyCommand
{
    internal static Command Create()
    {
        Argument<string> id = new("ID") { Description = "The id that the client got, as data.decisionId." };
        Command command = new(
            "why",
            "Show how a rejection was decided. Rejections have ids where the gateway's file has 'decisionIds: true'. "
            + $"The last 10,000 are kept.\n\n{AdminOptions.Help}\n\nExample:\n  sluice why ID-FROM-THE-CLIENT")
        {
            id,
        };
        AdminOptions options = AdminOptions.AddTo(command);
        command.SetAction((parsed, cancellationToken) => AdminCommand.RunAsync(parsed, options, async client =>
        {
            string why = await client.GetAsync(
                $"/api/v1/why/{Uri.EscapeDataString(parsed.GetRequiredValue(id).Trim())}", cancellationToken);
            if (options.IsJson(parsed))
            {
                Console.WriteLine(why);
                return;
            }

            Print(AdminOutput.Open(), AdminClient.Read(why, ApiJson.Default.WhyAnswer));
        }));
        return command;
    }

    internal static void Print(IAnsiConsole console, WhyAnswer why)
    {
        Grid grid = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn();
        void Row(string name, string? text) =>
            grid.AddRow(new Text(name, new Style(decoration: Decoration.Bold)), AdminOutput.Cell(text).ToText());
        Row("rejection", why.Id);
        Row("at", AdminOutput.Instant(why.At));
        Row("call", $"{why.Operation}{(why.Name is string name ? " " + name : "")} of {why.Server}");
        Row("caller", why.Caller);
        Row("outcome", Word(why.Outcome) + (why.Limit is string limit ? $" by {limit}" : "") + Reason(why.Source));
        Row("retry after", AdminOutput.Duration(why.RetryAfterMs));
        Row("configuration", $"version {why.ConfigVersion}");
        console.Write(grid);
        console.WriteLine();
        if (why.Limits.Count == 0)
        {
            console.WriteLine("The levels of the limits are not known.");
            return;
        }

        PrintLimits(console, why.Limits);
    }

    // The API has the word of the metrics; people read that of the documentation.
    private static string Word(string outcome) => outcome == "refused" ? "rejected" : outcome;

    private static string Reason(string source) => source switch
    {
        "store" => ", decided by the store",
        "local" => ", decided by the gateway alone, because the store did not answer",
        "closed" => ", because the store did not answer",
        "none" => ", because the caller lacks the identity that it counts by",
        _ => $", decided by {source}", // A newer gateway.
    };

    private static void PrintLimits(IAnsiConsole console, IReadOnlyList<WhyLimit> limits)
    {
        AdminTable table = new AdminTable().Text("limit").Text("scope", isDetail: true).Number("level before").Number("size").Number("cost")
            .Text("answer").Number("retry after");
        foreach (WhyLimit limit in limits)
        {
            table.AddRow(
                AdminOutput.Cell(limit.Limit),
                AdminOutput.Cell(limit.Scope),
                AdminOutput.Cell(limit.LevelBefore),
                AdminOutput.Cell(limit.MaxTokens),
                AdminOutput.Cell(limit.Cost),
                AdminOutput.Cell(limit.Allowed ? "allowed" : "rejected", limit.Allowed ? null : Color.Red),
                AdminOutput.Cell(limit.Allowed ? "" : AdminOutput.Duration(limit.RetryAfterMs)));
        }

        table.Write(console);
    }
}
