using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;

namespace Sluice.Gateway;

/// <summary>The program's commands, and its exit codes: 0, 1 (the answer is no), 2 (usage).</summary>
internal static class CommandLine
{
    internal const int Success = 0;
    internal const int Failure = 1;
    internal const int Usage = 2;

    internal static async Task<int> InvokeAsync(string[] args)
    {
        ParseResult parsed = CreateRoot().Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (string message in parsed.Errors.Select(error => error.Message).Distinct())
            {
                await Console.Error.WriteLineAsync($"sluice: {message}");
            }

            await Console.Error.WriteLineAsync($"Try '{NameOf(parsed.CommandResult)} --help'.");
            return Usage;
        }

        return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
    }

    /// <summary>Says on standard error why a command failed.</summary>
    internal static int Fail(string message)
    {
        Console.Error.WriteLine($"sluice: {message}");
        return Failure;
    }

    // Not a RootCommand: that would call itself after the file that holds the program.
    private static Command CreateRoot() =>
        new("sluice", "Sluice limits the rate of calls to MCP servers: per user, tenant, client and tool.")
        {
            new HelpOption { Recursive = true },
            new VersionOption(),
            RunCommand.Create(),
            DemoCommand.Create(),
            ValidateCommand.Create(),
            NewKeyCommand.Create(),
        };

    private static string NameOf(CommandResult result) =>
        result.Parent is CommandResult parent ? $"{NameOf(parent)} {result.Command.Name}" : result.Command.Name;
}
