using System.Globalization;

namespace Sluice.EndToEnd;

/// <summary>A <c>redis-server</c> on a free port, with nothing on disk.</summary>
internal sealed class RedisProgram : IAsyncDisposable
{
    private readonly ChildProcess _process;
    private readonly DirectoryInfo _folder;

    private RedisProgram(ChildProcess process, DirectoryInfo folder, string address)
    {
        _process = process;
        _folder = folder;
        Address = address;
    }

    /// <summary>As the configuration of a gateway names it.</summary>
    internal string Address { get; }

    internal static async Task<RedisProgram> StartAsync()
    {
        string port = FreePort.Next().ToString(CultureInfo.InvariantCulture);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("sluice-e2e-redis-");
        ChildProcess process = ChildProcess.Start(
            "redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder.FullName);
        await process.WaitForLineAsync(line => line.Contains("Ready to accept connections", StringComparison.Ordinal));
        return new RedisProgram(process, folder, $"127.0.0.1:{port}");
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
