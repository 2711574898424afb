using System.CommandLine;
using Sluice.Configuration;
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
        Option<bool> verbose = LogOptions.CreateVerbose();
        Command command = new(
            "demo",
            "Run the gateway in front of a built-in MCP server, with limits small enough to hit.\n\n"
            + "Example:\n  sluice demo --port 8081")
        {
            port,
            verbose,
        };
        command.SetAction((parsed, cancellationToken) => LogOptions.TryRead(parsed, verbose, out LogSettings log)
            ? RunAsync(parsed.GetRequiredValue(port), log, cancellationToken)
            : Task.FromResult(CommandLine.Failure));
        return command;
    }

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
            portInUse: $"port {port} on 127.0.0.1 is in use. Choose another: sluice demo --port {(port == ushort.MaxValue ? 0 : port + 1)}",
            log,
            cancellationToken);
    }
}
