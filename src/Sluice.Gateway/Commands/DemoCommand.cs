using System.CommandLine;
using Sluice.Documents;
using Spectre.Console;

namespace Sluice.Gateway;

/// <summary><c>sluice demo</c>: the gateway in front of a built-in MCP server.</summary>
internal static class DemoCommand
{
    internal static Command Create()
    {
        Option<ushort> port = new("--port", "-p")
        {
            Description = "The gateway's port on 127.0.0.1; 0 for any free one.",
            DefaultValueFactory = _ => 8080,
            HelpName = "PORT",
        };
        Option<bool> isVirtual = new("--virtual")
        {
            Description = "Show a virtual server instead: two servers behind one endpoint, a list, calls, "
                + "a rejection and a server that dies. Then stop.",
        };
        Option<bool> verbose = LogOptions.CreateVerbose();
        Command command = new(
            "demo",
            "Run the gateway in front of a built-in MCP server, with limits small enough to hit.\n\n"
            + "Example:\n  sluice demo --port 8081\n  sluice demo --virtual")
        {
            port,
            isVirtual,
            verbose,
        };
        command.SetAction((parsed, cancellationToken) => !LogOptions.TryRead(parsed, verbose, out LogSettings log) ? Task.FromResult(CommandLine.Failure)
            : parsed.GetValue(isVirtual) ? ShowVirtualAsync(
                parsed.GetRequiredValue(port), parsed.GetValue(verbose) ? log : LogSettings.Quiet, cancellationToken)
            : RunAsync(parsed.GetRequiredValue(port), log, cancellationToken));
        return command;
    }

    private static Task<int> ShowVirtualAsync(ushort port, LogSettings log, CancellationToken cancellationToken) =>
        new VirtualDemo(new VirtualDemoPrinter(AnsiConsole.Create(new AnsiConsoleSettings())), TimeProvider.System).RunAsync(
            port, PortInUse(port, " --virtual"), log, cancellationToken);

    private static string PortInUse(ushort port, string options = "") =>
        $"port {port} on 127.0.0.1 is in use. Choose another: sluice demo{options} --port {(port == ushort.MaxValue ? 0 : port + 1)}";

    private static async Task<int> RunAsync(ushort port, LogSettings log, CancellationToken cancellationToken)
    {
        TimeProvider time = TimeProvider.System;
        await using DemoServer server = await DemoServer.StartAsync(time, cancellationToken);
        Uri listen = new($"http://127.0.0.1:{port}");
        GatewayConfiguration configuration = GatewayFile.Parse(
            DemoGuide.Configuration(listen, server.Endpoint), "demo.yaml").RequireConfiguration();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings());
        console.Profile.Width = int.MaxValue / 2; // Lines are for copying: never break one.
        CallTable calls = new(console, time);
        return await GatewayRunner.RunAsync(
            configuration,
            source: null,
            time,
            calls,
            onListening: (clients, admin) =>
            {
                Console.WriteLine(DemoGuide.Text(admin!, new Uri(clients, "/mcp"), server.Endpoint));
                calls.PrintHeader();
            },
            PortInUse(port),
            log,
            cancellationToken);
    }
}
