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
        // The text behind the dashes is the command line of another program.
        int dashes = args is ["run", ..] ? Array.IndexOf(args, "--") : -1;
        string[] server = dashes < 0 ? [] : args[(dashes + 1)..];
        ParseResult parsed = CreateRoot(server).Parse(dashes < 0 ? args : args[..dashes]);
        if (parsed.Errors.Count > 0)
        {
            foreach (string message in parsed.Errors.Select(error => error.Message).Distinct())
            {
                await Console.Error.WriteLineAsync($"sluice: {message}");
            }

            await Console.Error.WriteLineAsync($"Try '{NameOf(parsed.CommandResult)} --help'.");
            return Usage;
        }

        return await parsed.InvokeAsync(new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null, // The host stops on Ctrl-C, and lets calls in flight end first.
        });
    }

    /// <summary>Says on standard error why a command failed.</summary>
    internal static int Fail(string message)
    {
        Console.Error.WriteLine($"sluice: {message}");
        return Failure;
    }

    /// <summary>Says on standard error what is wrong with the command line.</summary>
    internal static int FailUsage(string command, string message)
    {
        Fail(message);
        Console.Error.WriteLine($"Try '{command} --help'.");
        return Usage;
    }

    /// <summary>Makes the program's command with all of its commands.</summary>
    /// <param name="server">The arguments behind <c>--</c> on the command line.</param>
    /// <remarks>Not a RootCommand: that would call itself after the file that holds the program.</remarks>
    internal static Command CreateRoot(string[] server) =>
        new("sluice", "Sluice limits the rate of calls to MCP servers: per user, tenant, client and tool.")
        {
            new HelpOption { Recursive = true },
            new VersionOption(),
            RunCommand.Create(server),
            DemoCommand.Create(),
            InitCommand.Create(),
            ValidateCommand.Create(),
            ExplainCommand.Create(),
            SimulateCommand.Create(),
            ReplayCommand.Create(),
            ImportCommand.Create(),
            SchemaCommand.Create(),
            StatusCommand.Create(),
            LimitsCommand.Create(),
            ResetCommand.Create(),
            WhyCommand.Create(),
            NewKeyCommand.Create(),
        };

    private static string NameOf(CommandResult result) =>
        result.Parent is CommandResult parent ? $"{NameOf(parent)} {result.Command.Name}" : result.Command.Name;
}
