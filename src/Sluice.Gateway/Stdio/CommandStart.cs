using System.Collections;
using System.Diagnostics;
using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>Turns a command of the configuration into what the system needs to start it.</summary>
internal static class CommandStart
{
    // What programs need to find their way; anything else that the gateway knows, its secrets above all, is not theirs.
    // Source: Model Context Protocol TypeScript SDK 1.32, getDefaultEnvironment; in addition language, zone and temporary folder.
    private static readonly string[] InheritedNames = OperatingSystem.IsWindows()
        ?
        [
            "APPDATA", "HOMEDRIVE", "HOMEPATH", "LOCALAPPDATA", "PATH", "PATHEXT", "PROCESSOR_ARCHITECTURE", "PROGRAMFILES",
            "SYSTEMDRIVE", "SYSTEMROOT", "TEMP", "TMP", "USERNAME", "USERPROFILE",
        ]
        : ["HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "TZ", "USER"];

    /// <summary>How to start a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="inheritAll">Whether it gets every variable of this process, and not only a few.</param>
    /// <exception cref="CommandNotStartedException">There is no such program, or no such folder.</exception>
    internal static ProcessStartInfo Of(CommandUpstreamConfiguration command, bool inheritAll)
    {
        string folder = Path.GetFullPath(command.WorkingDirectory ?? Environment.CurrentDirectory);
        if (!Directory.Exists(folder))
        {
            throw new CommandNotStartedException($"its folder '{command.WorkingDirectory}' does not exist");
        }

        Dictionary<string, string?> variables = Environment.GetEnvironmentVariables()
            .Cast<DictionaryEntry>()
            .Where(variable => inheritAll || InheritedNames.Contains((string)variable.Key, StringComparer.OrdinalIgnoreCase))
            .ToDictionary(variable => (string)variable.Key, variable => (string?)variable.Value);
        foreach ((string name, string value) in command.Environment)
        {
            variables[name] = value;
        }

        ProcessStartInfo start = ProcessGroup.LeaderOf(
            Find(command.Command, folder, variables.GetValueOrDefault("PATH")), command.Arguments);
        start.WorkingDirectory = folder;
        start.Environment.Clear();
        foreach ((string name, string? value) in variables)
        {
            start.Environment[name] = value;
        }

        return start;
    }

    // Here and not by the system, because setsid would report a missing program only once it runs itself.
    private static string Find(string command, string folder, string? searchPath)
    {
        if (OperatingSystem.IsWindows())
        {
            return command; // The system knows its own rules.
        }

        IEnumerable<string> places = command.Contains('/')
            ? [folder]
            : (searchPath ?? "/usr/local/bin:/usr/bin:/bin").Split(':', StringSplitOptions.RemoveEmptyEntries);
        return places.Select(place => Path.GetFullPath(command, Path.GetFullPath(place, folder))).FirstOrDefault(IsProgram)
            ?? throw new CommandNotStartedException(
                command.Contains('/') ? $"'{command}' is not a program that may be run" : $"no program '{command}' is on the PATH");
    }

    private static bool IsProgram(string path) =>
        !OperatingSystem.IsWindows()
        && File.Exists(path)
        && (File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0;
}
