using System.Diagnostics;
using System.Globalization;

namespace Sluice.Redis.Tests;

/// <summary>A process of its own with a store of its own. See <see cref="WorkerProgram"/>.</summary>
internal sealed class WorkerProcess : IDisposable
{
    private readonly Process _process;

    internal WorkerProcess(string store, int skewHours)
    {
        _process = Process.Start(new ProcessStartInfo(
            "dotnet",
            [typeof(WorkerProgram).Assembly.Location, WorkerProgram.Word, store, skewHours.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        }) ?? throw new InvalidOperationException("'dotnet' did not start.");
        ProcessGuard.Guard(_process);
    }

    /// <summary>Makes calls, and hands out what was decided.</summary>
    internal async Task<List<LoggedCall>> CallAsync(int calls, int concurrent = 1)
    {
        await _process.StandardInput.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{calls} {concurrent}"));
        await _process.StandardInput.FlushAsync();
        List<LoggedCall> log = [];
        while (true)
        {
            string line = await _process.StandardOutput.ReadLineAsync().WaitAsync(Eventually.Patience)
                ?? throw new InvalidOperationException("The process has ended.");
            if (line == "done")
            {
                return log;
            }

            string[] parts = line.Split(' ');
            log.Add(new LoggedCall(long.Parse(parts[0], CultureInfo.InvariantCulture), parts[1] == "1"));
        }
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        ProcessGuard.Leave(_process);
        _process.Dispose();
    }
}
