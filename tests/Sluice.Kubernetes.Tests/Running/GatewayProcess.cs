using System.Diagnostics;
using System.Globalization;

namespace Sluice.Kubernetes.Tests.Running;

/// <summary>The program <c>sluice run --kubernetes</c>, as a process of its own.</summary>
internal sealed class GatewayProcess : IAsyncDisposable
{
    private const int Kill = 9;
    private const int Terminate = 15;
    private const int Continue = 18;
    private const int Stop = 19;
    private static readonly TimeSpan StartTime = TimeSpan.FromMinutes(2);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sluice-replica-");
    private Process? _process;

    /// <summary>Starts it, and waits until it listens.</summary>
    /// <param name="server">The address of the API server.</param>
    /// <param name="user">The user of the kubeconfig, as YAML.</param>
    /// <param name="authority">The file of the certificate of the API server; null for http.</param>
    internal static async Task<GatewayProcess> StartAsync(string server, string user, string? authority)
    {
        GatewayProcess started = new();
        string kubeconfig = Path.Combine(started._folder.FullName, "kubeconfig");
        string settings = Path.Combine(started._folder.FullName, "sluice.yaml");
        await File.WriteAllTextAsync(kubeconfig, RunningGateway.KubeconfigOf(server, user, authority));
        await File.WriteAllTextAsync(settings, "listen: http://127.0.0.1:0\n");
        ProcessStartInfo start = new(Path.Combine(AppContext.BaseDirectory, "Sluice.Gateway"), ["run", "--kubernetes", "--kubeconfig", kubeconfig, settings])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        started._process = Process.Start(start)!;
        started._process.ErrorDataReceived += (_, _) => { }; // Read, so that it never waits for a full pipe.
        started._process.BeginErrorReadLine();
        try
        {
            using CancellationTokenSource late = new(StartTime);
            string? line;
            while ((line = await started._process.StandardOutput.ReadLineAsync(late.Token)) is not null && !line.StartsWith("listening", StringComparison.Ordinal))
            {
            }

            line.ShouldNotBeNull("The program ended before it listened.");
            return started;
        }
        catch
        {
            await started.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends it by SIGKILL.</summary>
    internal Task KillAsync() => EndAsync(Kill);

    /// <summary>Ends it by SIGTERM.</summary>
    internal Task TerminateAsync() => EndAsync(Terminate);

    /// <summary>Freezes it.</summary>
    internal void Freeze() => Signal(Stop);

    /// <summary>Lets it go on.</summary>
    internal void Thaw() => Signal(Continue);

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            if (!_process.HasExited)
            {
                _process.Kill(); // By SIGKILL, which ends a frozen process too.
            }

            await _process.WaitForExitAsync();
            _process.Dispose();
        }

        _folder.Delete(recursive: true);
    }

    private async Task EndAsync(int signal)
    {
        Signal(signal);
        await _process!.WaitForExitAsync();
    }

    private void Signal(int signal)
    {
        using Process kill = Process.Start("kill", [$"-{signal}", _process!.Id.ToString(CultureInfo.InvariantCulture)])!;
        kill.WaitForExit();
    }
}
