using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace Sluice.Redis.Tests;

/// <summary>A process of its own that runs <see cref="ShareProgram"/>.</summary>
internal sealed class ShareProcess : IDisposable
{
    private readonly Process _process;
    private readonly Task _reader;
    private long _changedAt;

    internal ShareProcess(string redis, ConcurrentQueue<(long Micros, bool IsFromShare)> log)
    {
        _process = Process.Start(new ProcessStartInfo(
            "dotnet", [typeof(ShareProgram).Assembly.Location, ShareProgram.Word, redis])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        }) ?? throw new InvalidOperationException("'dotnet' did not start.");
        ProcessGuard.Guard(_process);
        _reader = Task.Run(async () =>
        {
            while (await _process.StandardOutput.ReadLineAsync() is string line)
            {
                string[] words = line.Split(' ');
                if (words is [string instant, "c"])
                {
                    Volatile.Write(ref _changedAt, long.Parse(instant, CultureInfo.InvariantCulture));
                }
                else if (words is [string micros, string from])
                {
                    log.Enqueue((long.Parse(micros, CultureInfo.InvariantCulture), from == "s"));
                }
            }
        });
    }

    /// <summary>The instant from which on its calls have the smaller limit; 0 before.</summary>
    internal long ChangedAt => Volatile.Read(ref _changedAt);

    /// <summary>Gives its calls the smaller limit, soon.</summary>
    internal void Change() => _process.StandardInput.WriteLine();

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
