using System.CommandLine;
using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary><c>sluice schema</c>: the JSON Schema of configurations, for editors.</summary>
internal static class SchemaCommand
{
    internal static Command Create()
    {
        Option<bool> stdio = new("--stdio") { Description = "The schema of a file for 'run --stdio', with rateLimiting at its root." };
        Command command = new(
            "schema",
            "Print the JSON Schema (2020-12) of the configuration. It is made of the tables by which the configuration is read.\n\n"
            + "Editors complete and check by it: write '# yaml-language-server: $schema=sluice.schema.json' in the first line of the file.\n\n"
            + "Example:\n  sluice schema > sluice.schema.json")
        {
            stdio,
        };
        command.SetAction(parsed =>
        {
            Console.WriteLine(parsed.GetValue(stdio) ? GatewaySchema.OfLocalFile() : GatewaySchema.OfGateway());
            return CommandLine.Success;
        });
        return command;
    }
}
