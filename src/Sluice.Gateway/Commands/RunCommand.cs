using System.CommandLine;
using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary><c>sluice run [FILE]</c>: the gateway.</summary>
internal static class RunCommand
{
    internal static Command Create()
    {
        Argument<string> file = new("FILE")
        {
            Description = "The configuration.",
            DefaultValueFactory = _ => "sluice.yaml",
        };
        Command command = new(
            "run",
            "Run the gateway: limit the calls to the MCP servers that a file names.\n\nExample:\n  sluice run sluice.yaml")
        {
            file,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetRequiredValue(file), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string file, CancellationToken cancellationToken)
    {
        GatewayFileResult result = GatewayFile.Load(file);
        if (result.Configuration is not GatewayConfiguration configuration)
        {
            Console.Error.WriteLine(FaultFormatter.Format(result.Faults));
            return CommandLine.Failure;
        }

        return await GatewayRunner.RunAsync(
            configuration,
            TimeProvider.System,
            observer: null,
            onListening: address => Console.WriteLine($"listening on {address.GetLeftPart(UriPartial.Authority)}"),
            portInUse: $"{configuration.Listen.Authority} is in use. Stop the program that uses it, or set another port in 'listen'.",
            cancellationToken);
    }
}
