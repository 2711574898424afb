namespace Sluice.Gateway;

/// <summary>How much the program logs: the command line and the environment decide.</summary>
/// <remarks>
/// The variables are those of every .NET service: <c>Logging__LogLevel__Default</c> and <c>Logging__LogLevel__CATEGORY</c>, with
/// a level from <c>Trace</c> to <c>Critical</c>, or <c>None</c>. Thread safety: immutable.
/// </remarks>
internal sealed class LogSettings
{
    private const string Section = "Logging";
    private const string Levels = "LogLevel";
    private static readonly string[] LevelNames = Enum.GetNames<LogLevel>();

    private LogSettings(bool isVerbose, IConfiguration variables)
    {
        IsVerbose = isVerbose;
        Variables = variables;
    }

    /// <summary>What applies when neither the command line nor the environment says anything.</summary>
    internal static LogSettings Default { get; } = new(isVerbose: false, new ConfigurationBuilder().Build());

    /// <summary>Nothing is logged.</summary>
    internal static LogSettings Quiet { get; } = new(
        isVerbose: false,
        new ConfigurationBuilder()
            .AddInMemoryCollection([new($"{Section}:{Levels}:Default", nameof(LogLevel.None))])
            .Build()
            .GetSection(Section));

    /// <summary>Whether Sluice's own categories log from <see cref="LogLevel.Debug"/> on: each rejection is a line.</summary>
    internal bool IsVerbose { get; }

    /// <summary>The section that the logging framework reads. Its levels are valid.</summary>
    internal IConfiguration Variables { get; }

    /// <summary>Reads the environment.</summary>
    /// <param name="isVerbose">Whether the command line has <c>--verbose</c>.</param>
    /// <param name="wrong">Why a variable is not valid; null when all are.</param>
    internal static LogSettings Read(bool isVerbose, out string? wrong) =>
        Read(isVerbose, new ConfigurationBuilder().AddEnvironmentVariables().Build(), out wrong);

    /// <summary>Reads variables from a configuration.</summary>
    /// <param name="isVerbose">Whether the command line has <c>--verbose</c>.</param>
    /// <param name="configuration">The configuration whose section <c>Logging</c> is read.</param>
    /// <param name="wrong">Why a variable is not valid; null when all are.</param>
    internal static LogSettings Read(bool isVerbose, IConfiguration configuration, out string? wrong)
    {
        IConfigurationSection section = configuration.GetSection(Section);
        wrong = section.GetChildren()
            .Select(child => child.Key == Levels ? child : child.GetSection(Levels)) // A provider has levels of its own.
            .SelectMany(levels => levels.GetChildren())
            .Select(WhyWrong)
            .FirstOrDefault(message => message is not null);
        return new LogSettings(isVerbose, section);
    }

    // Enum.TryParse alone would take numbers, which the framework takes too, but which say nothing to a reader.
    private static string? WhyWrong(IConfigurationSection level) =>
        level.Value is null || LevelNames.Contains(level.Value, StringComparer.OrdinalIgnoreCase)
            ? null
            : $"{level.Path.Replace(":", "__", StringComparison.Ordinal)}: '{level.Value}' is not a level. "
                + $"Use {string.Join(", ", LevelNames[..^1])} or {LevelNames[^1]}.";
}
