using System.Diagnostics;
using Sluice.Kubernetes.Tests.Running;

namespace Sluice.Kubernetes.Tests.Real;

/// <summary>The machine's kubectl, as a user runs it.</summary>
internal sealed class Kubectl : IDisposable
{
    private readonly string _program = TestProgram.Find("kubectl");
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sluice-kubectl-");

    internal Kubectl(ApiServerProgram server)
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "config"), RunningGateway.KubeconfigOf(server.Address.ToString(), User, server.Certificate));
    }

    /// <summary>The user that the server accepts, as a kubeconfig writes it.</summary>
    internal static string User => $"{{ token: {ApiServerProgram.Token} }}";

    /// <summary>Runs it; returns what it prints.</summary>
    internal async Task<string> RunAsync(params string[] arguments)
    {
        ProcessStartInfo start = new(_program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment["KUBECONFIG"] = Path.Combine(_folder.FullName, "config");
        start.Environment["HOME"] = _folder.FullName; // For its cache.
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0, $"kubectl {string.Join(' ', arguments)}: {await errors}");
        return output;
    }

    /// <summary>Applies a manifest.</summary>
    internal async Task ApplyAsync(string manifest)
    {
        string file = Path.Combine(_folder.FullName, "manifest.yaml");
        await File.WriteAllTextAsync(file, manifest);
        await RunAsync("apply", "-f", file);
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
