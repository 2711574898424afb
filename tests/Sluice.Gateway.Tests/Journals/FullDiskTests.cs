using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Mcp;

namespace Sluice.Gateway.Tests.Journals;

/// <summary>A real disk that is full: a small file system in memory, which this test mounts where it may.</summary>
public sealed class FullDiskTests : IDisposable
{
    private const int Tools = 40;
    private readonly JournalFolder _folder = new();
    private readonly CapturedLog _log = new();
    private bool _isMounted;

    [SkippableFact]
    public async Task Audit_DiskIsFullForAWhile_CallsContinueAndTheSumIsExact()
    {
        Skip.IfNot(await TryMountAsync(), "No file system can be mounted here.");
        RateLimitPolicy policy = RateLimitPolicy.Build("one", limits =>
        {
            for (int tool = 0; tool < Tools; tool++)
            {
                limits.Tool($"t{tool}", one => one.Shared("1/1d"));
            }
        });
        AuditLog audit = new(
            RotatingFile.Open(_folder["audit.jsonl"], 8_192, keep: 100),
            new CallerNames(new CallerHashes("a salt of the test, 32 bytes long"u8), areClear: false),
            TimeProvider.System,
            _log);
        int refused = 0;
        using (CallGate gate = new(policy, new InProcessStore(), TimeProvider.System, NullLogger.Instance, audit))
        {
            refused += await CallAllAsync(gate, 3);
            Fill();
            refused += await CallAllAsync(gate, 2);
            await Eventually.HoldsAsync(() => _log.Lines.Any(line => line.Contains("are dropped", StringComparison.Ordinal)));
            refused += await CallAllAsync(gate, 5);
            File.Delete(_folder["filler"]);
            refused += await CallAllAsync(gate, 20);
        }

        await audit.DisposeAsync();

        refused.ShouldBe((30 * Tools) - Tools);
        _folder.Events("audit.jsonl").ShouldBe(refused);
        _folder.Json("audit.jsonl").ShouldContain(line => line.GetProperty("event").GetString() == "dropped");
        _log.Lines.Count(line => line.Contains("are dropped", StringComparison.Ordinal)).ShouldBe(1);
    }

    public void Dispose()
    {
        if (_isMounted)
        {
            using Process unmount = Process.Start("umount", _folder.FullName);
            unmount.WaitForExit();
        }

        _folder.Dispose();
        _log.Dispose();
    }

    private static async Task<int> CallAllAsync(CallGate gate, int times)
    {
        int refused = 0;
        for (int call = 0; call < times * Tools; call++)
        {
            GateDecision decision = await gate.DecideAsync("tools/call", $"t{call % Tools}", CallerIdentity.None, default);
            refused += decision.IsAllowed ? 0 : 1;
            decision.Lease.Dispose();
        }

        return refused;
    }

    /// <summary>Fills the disk to the last byte.</summary>
    private void Fill()
    {
        using FileStream filler = File.Create(_folder["filler"], bufferSize: 0);
        byte[] block = Encoding.ASCII.GetBytes(new string('x', 512));
        try
        {
            while (true)
            {
                filler.Write(block);
            }
        }
        catch (IOException)
        {
            // It is full.
        }
    }

    private async Task<bool> TryMountAsync()
    {
        if (!OperatingSystem.IsLinux() || Environment.UserName != "root")
        {
            return false;
        }

        using Process mount = Process.Start(new ProcessStartInfo("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", _folder.FullName])
        {
            RedirectStandardError = true,
        })!;
        await mount.WaitForExitAsync();
        _isMounted = mount.ExitCode == 0;
        return _isMounted;
    }
}
