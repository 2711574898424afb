using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace Sluice.Redis.Tests;

/// <summary>A process of its own that runs <see cref="ShareProgram"/>.</summary>
internal sealed class ShareProcess : IDisposable
{
    private readonly Process _process;
    private readonly Task _reader;

    internal ShareProcess(string redis, ConcurrentQueue<(long Micros, bool IsFromShare)> log)
    {
        _process = Process.Start(new ProcessStartInfo(
            "dotnet", [typeof(ShareProgram).Assembly.Location, ShareProgram.Word, redis])
        {
            RedirectStandardOutput = true,
        }) ?? throw new InvalidOperationException("'dotnet' did not start.");
        ProcessGuard.Guard(_process);
        _reader = Task.Run(async () =>
        {
            while (await _process.StandardOutput.ReadLineAsync() is string line)
            {
                string[] words = line.Split(' ');
                if (words is [string micros, string from])
                {
                    log.Enqueue((long.Parse(micros, CultureInfo.InvariantCulture), from == "s"));
                }
            }
        });
    }

    /// <summary>Lets it stand still, or go on.</summary>
    internal void Freeze(bool isFrozen)
    {
        using Process signal = Process.Start(
            "kill", [isFrozen ? "-STOP" : "-CONT", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        signal.WaitForExit();
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        ProcessGuard.Leave(_process);
        _reader.Wait();
        _process.Dispose();
    }
}
