using System.CommandLine;
using Sluice.Documents;
using Sluice.Kubernetes;

namespace Sluice.Gateway;

/// <summary><c>sluice schema</c>: the JSON Schema of configurations, for editors.</summary>
internal static class SchemaCommand
{
    internal static Command Create()
    {
        Option<bool> stdio = new("--stdio") { Description = "The schema of a file for 'run --stdio', with rateLimiting at its root." };
        Option<bool> kubernetes = new("--kubernetes")
        {
            Description = "The custom resource definitions of sluice.dev, as YAML.",
        };
        Command command = new(
            "schema",
            "Print the JSON Schema (2020-12) of the configuration. It is made of the tables by which the configuration is read.\n\n"
            + "Editors complete and check by it: write '# yaml-language-server: $schema=sluice.schema.json' in the "
            + "first line of the file.\n\n"
            + "Example:\n  sluice schema > sluice.schema.json\n  sluice schema --kubernetes > crds.yaml")
        {
            stdio,
            kubernetes,
        };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(stdio) && parsed.GetValue(kubernetes))
            {
                return CommandLine.FailUsage("sluice schema", "--stdio and --kubernetes do not go together. Leave one out.");
            }

            Console.Write(parsed.GetValue(kubernetes)
                ? string.Join("---\n", CustomResource.All.Select(resource => resource.Text()))
                : (parsed.GetValue(stdio) ? GatewaySchema.OfLocalFile() : GatewaySchema.OfGateway()) + Environment.NewLine);
            return CommandLine.Success;
        });
        return command;
    }
}
