using System.CommandLine;

namespace Sluice.Gateway;

/// <summary>The option that says how much a command logs.</summary>
internal static class LogOptions
{
    internal static Option<bool> CreateVerbose() => new("--verbose", "-v")
    {
        Description = "Log each rejected call and each failed sign-in. Logging__LogLevel__Default sets a level by the environment.",
    };

    /// <summary>The settings; when a variable is not valid, says so on standard error.</summary>
    internal static bool TryRead(ParseResult parsed, Option<bool> verbose, out LogSettings settings)
    {
        settings = LogSettings.Read(parsed.GetValue(verbose), out string? wrong);
        if (wrong is not null)
        {
            CommandLine.Fail(wrong);
        }

        return wrong is null;
    }
}
