using System.CommandLine;
using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary><c>sluice validate FILE…</c>: everything that is wrong with files, at once.</summary>
internal static class ValidateCommand
{
    internal static Command Create()
    {
        Argument<string[]> files = new("FILE")
        {
            Description = "The configurations.",
            Arity = ArgumentArity.OneOrMore,
        };
        Command command = new(
            "validate",
            "Check configurations, and print every fault with its place, the rule and the way out.\n\n"
            + "Exits with 0 when there is no fault, with 1 when there is one.\n\nExample:\n  sluice validate sluice.yaml")
        {
            files,
        };
        command.SetAction(parsed => Run(parsed.GetRequiredValue(files)));
        return command;
    }

    private static int Run(string[] files)
    {
        bool valid = true;
        foreach (string file in files)
        {
            GatewayFileResult result = GatewayFile.Load(file);
            string? keyFault = result.Configuration is GatewayConfiguration configuration ? FileKeys.FirstFault(configuration.Auth) : null;
            if (result.Configuration is not null && keyFault is null)
            {
                Console.WriteLine($"{file}: valid");
                if (AudienceAdvice.For(result.Configuration) is string advice)
                {
                    Console.WriteLine($"{file}: warning: {advice}");
                }

                continue;
            }

            valid = false;
            Console.WriteLine(keyFault is null ? FaultFormatter.Format(result.Faults) : $"{file}: {keyFault}");
        }

        return valid ? CommandLine.Success : CommandLine.Failure;
    }
}
