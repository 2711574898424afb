using System.Security.Cryptography;
using System.Text;

namespace Sluice.EndToEnd;

/// <summary>The <c>sluice</c> program, as a user starts it.</summary>
internal sealed class SluiceProgram : IAsyncDisposable
{
    private readonly string _file;

    private SluiceProgram(ChildProcess process, string file, Uri address)
    {
        Process = process;
        _file = file;
        Endpoint = new Uri(address, "/mcp");
    }

    internal ChildProcess Process { get; }

    /// <summary>Where the gateway answers for its only server.</summary>
    internal Uri Endpoint { get; }

    /// <summary>The file of the specification's first example, with keys of alice and bob, on a free port.</summary>
    /// <param name="upstream">The server behind the gateway.</param>
    /// <param name="rateLimiting">The value of <c>rateLimiting</c>, in YAML's flow style.</param>
    internal static string Configuration(Uri upstream, string rateLimiting) => Configuration(upstream.ToString(), rateLimiting);

    /// <summary>The same for any upstream, in YAML's flow style.</summary>
    internal static string Configuration(string upstream, string rateLimiting) =>
        $$"""
        listen: http://127.0.0.1:0
        auth:
          apiKeys:
            - { user: alice, sha256: {{Hash("key-of-alice")}} }
            - { user: bob, sha256: {{Hash("key-of-bob")}} }
        servers:
          - name: everything
            upstream: {{upstream}}
            rateLimiting: {{rateLimiting}}
        """;

    /// <summary>Runs the gateway until it is disposed.</summary>
    /// <param name="configuration">The text of the file.</param>
    /// <param name="options">More options of the command line.</param>
    internal static async Task<SluiceProgram> StartAsync(string configuration, params string[] options)
    {
        string file = Path.Combine(Path.GetTempPath(), $"sluice-{Guid.NewGuid():N}.yaml");
        await File.WriteAllTextAsync(file, configuration);
        ChildProcess process = ChildProcess.Start("dotnet", [Repository.Gateway, "run", file, .. options]);
        const string Ready = "listening on ";
        string line = await process.WaitForLineAsync(text => text.StartsWith(Ready, StringComparison.Ordinal));
        return new SluiceProgram(process, file, new Uri(line[Ready.Length..]));
    }

    /// <summary>Its admin address.</summary>
    internal async Task<Uri> AdminAsync()
    {
        const string Ready = "admin on ";
        return new Uri((await Process.WaitForLineAsync(line => line.StartsWith(Ready, StringComparison.Ordinal)))[Ready.Length..]);
    }

    /// <summary>Changes its file, and tells it so.</summary>
    internal async Task ReloadAsync(string configuration)
    {
        await File.WriteAllTextAsync(_file, configuration);
        Process.HangUp();
    }

    /// <summary>Runs one of the program's commands to its end.</summary>
    internal static Task<ProgramResult> RunAsync(params IEnumerable<string> arguments) =>
        ChildProcess.RunAsync("dotnet", [Repository.Gateway, .. arguments]);

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        File.Delete(_file);
    }

    private static string Hash(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
}
