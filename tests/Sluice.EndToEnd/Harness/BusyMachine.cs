using System.Diagnostics;

namespace Sluice.EndToEnd;

/// <summary>Takes the processors away from all others: twenty processes that never wait.</summary>
internal sealed class BusyMachine : IDisposable
{
    private const int Spinners = 20;
    private readonly Process[] _spinners = [.. Enumerable.Range(0, Spinners).Select(_ => Spin())];

    public void Dispose()
    {
        foreach (Process spinner in _spinners)
        {
            spinner.Kill();
            spinner.WaitForExit();
            ProcessGuard.Leave(spinner);
            spinner.Dispose();
        }
    }

    private static Process Spin()
    {
        Process spinner = Process.Start("sh", ["-c", "while :; do :; done"]);
        ProcessGuard.Guard(spinner);
        return spinner;
    }
}
