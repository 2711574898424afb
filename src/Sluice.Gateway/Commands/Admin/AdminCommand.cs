using System.CommandLine;

namespace Sluice.Gateway;

/// <summary>Runs a command that asks a running gateway.</summary>
internal static class AdminCommand
{
    /// <returns>The exit code.</returns>
    internal static async Task<int> RunAsync(ParseResult parsed, AdminOptions options, Func<AdminClient, Task> run)
    {
        using AdminClient? client = options.Open(parsed);
        if (client is null)
        {
            return CommandLine.Usage;
        }

        try
        {
            await run(client);
            return CommandLine.Success;
        }
        catch (AdminException exception)
        {
            return CommandLine.Fail(exception.Message);
        }
    }
}
