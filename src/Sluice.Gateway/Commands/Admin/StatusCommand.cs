using System.CommandLine;
using Spectre.Console;

namespace Sluice.Gateway;

/// <summary><c>sluice status</c>: what a running gateway does.</summary>
internal static class StatusCommand
{
    internal static Command Create()
    {
        Command command = new(
            "status",
            $"Show what a running gateway does: its calls, store, configuration and servers.\n\n{AdminOptions.Help}\n\n"
            + "Example:\n  sluice status\n  sluice status --admin http://127.0.0.1:9191 --json");
        AdminOptions options = AdminOptions.AddTo(command);
        command.SetAction((parsed, cancellationToken) => AdminCommand.RunAsync(parsed, options, async client =>
        {
            string status = await client.GetAsync("/api/v1/status", cancellationToken);
            if (options.IsJson(parsed))
            {
                Console.WriteLine(status);
                return;
            }

            string servers = await client.GetAsync("/api/v1/servers", cancellationToken);
            Print(
                AdminOutput.Open(),
                client.Address,
                AdminClient.Read(status, ApiJson.Default.StatusAnswer),
                AdminClient.Read(servers, ApiJson.Default.ServersAnswer));
        }));
        return command;
    }

    internal static void Print(IAnsiConsole console, Uri address, StatusAnswer status, ServersAnswer servers)
    {
        Grid grid = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn();
        void Row(string name, string text, Color? color = null) =>
            grid.AddRow(new Text(name, new Style(decoration: Decoration.Bold)), AdminOutput.Cell(text, color).ToText());
        StoreStatus store = status.Store;
        Row(
            "gateway",
            $"{address.GetLeftPart(UriPartial.Authority)}, version {status.Version}, "
                + $"up {AdminOutput.Duration(status.UptimeMs / 1000 * 1000)}");
        Row("configuration", $"version {status.Config.Version}, loaded {AdminOutput.Instant(status.Config.LoadedAt)}, "
            + $"{AdminOutput.Count(status.Config.Servers, "server")}, {AdminOutput.Count(status.Config.Limits, "limit")}");
        if (status.Config.LastReload is ReloadStatus reload)
        {
            bool isLoaded = reload.Result == "loaded";
            Row(
                "last reload",
                AdminOutput.Instant(reload.At) + (isLoaded ? ", loaded" : ", rejected: the previous configuration stays in use"),
                isLoaded ? null : Color.Red);
            foreach (string fault in reload.Faults)
            {
                Row("", fault, Color.Red);
            }

            if (reload.NeedsRestart.Count > 0)
            {
                Row("needs restart", string.Join(", ", reload.NeedsRestart), Color.Yellow);
            }
        }

        Row(
            "store",
            $"{store.Kind}, {(store.Available ? "available" : "not available")} since {AdminOutput.Instant(store.Since)}"
            + (store.Kind == "memory"
                ? $", {AdminOutput.Number(store.Keys)} of {AdminOutput.Number(store.MaxKeys)} keys"
                : $", {AdminOutput.Count(store.Outages, "outage")}, {AdminOutput.Count(store.DecidedWithout, "call")} decided without it"),
            store.Available ? null : Color.Red);
        CallCounts calls = status.Calls;
        Row("calls", $"{AdminOutput.Number(calls.Allowed)} allowed ({AdminOutput.PerSecond(calls.PerSecond.Allowed)}), "
            + $"{AdminOutput.Number(calls.Refused)} rejected ({AdminOutput.PerSecond(calls.PerSecond.Refused)}), "
            + $"{AdminOutput.Number(calls.WouldRefuse)} would be rejected, {AdminOutput.Number(calls.Unmetered)} unmetered, "
            + $"{AdminOutput.Number(calls.Invalid)} invalid");
        Row("now", $"{status.Held} held, {status.Slots} with a slot");
        console.Write(grid);
        console.WriteLine();
        PrintServers(console, servers);
    }

    private static void PrintServers(IAnsiConsole console, ServersAnswer servers)
    {
        AdminTable table = new AdminTable().Text("server").Text("upstream", isDetail: true).Text("reached")
            .Number("allowed").Number("rejected").Number("would reject").Number("unmetered").Number("invalid").Number("per second")
            .Number("held", isDetail: true).Number("active", isDetail: true);
        foreach (ServerAnswer server in servers.Servers)
        {
            table.AddRow(
                AdminOutput.Cell(server.Name),
                AdminOutput.Cell(server.Upstream),
                AdminOutput.Cell(
                    server.Reachable switch { true => "yes", false => "no", _ => null }, server.Reachable == false ? Color.Red : null),
                AdminOutput.Cell(server.Calls.Allowed),
                AdminOutput.Cell(server.Calls.Refused, isBad: true),
                AdminOutput.Cell(server.Calls.WouldRefuse),
                AdminOutput.Cell(server.Calls.Unmetered),
                AdminOutput.Cell(server.Calls.Invalid),
                AdminOutput.Cell(AdminOutput.PerSecond(server.Calls.PerSecond.Allowed + server.Calls.PerSecond.Refused)),
                AdminOutput.Cell(server.Held),
                AdminOutput.Cell(server.Active));
        }

        table.Write(console);
    }
}
