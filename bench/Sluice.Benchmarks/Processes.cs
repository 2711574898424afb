using System.Diagnostics;

namespace Sluice.Benchmarks;

/// <summary>Programs that the benchmarks run to their end.</summary>
internal static class Processes
{
    /// <summary>Runs a program.</summary>
    /// <returns>The lines of its output.</returns>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    internal static string[] Run(string program, string[] arguments)
    {
        (int exitCode, string output) = RunToEnd(program, arguments);
        return exitCode == 0
            ? output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            : throw new InvalidOperationException($"'{program} {string.Join(' ', arguments)}' ended with {exitCode}:\n{output}");
    }

    /// <summary>Whether a program ends without an error.</summary>
    internal static bool Succeeds(string program, string[] arguments) => RunToEnd(program, arguments).ExitCode == 0;

    private static (int ExitCode, string Output) RunToEnd(string program, string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })
            ?? throw new InvalidOperationException($"'{program}' did not start.");
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}
