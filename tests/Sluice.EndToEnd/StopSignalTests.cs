using System.Net;
using System.Text;

namespace Sluice.EndToEnd;

/// <summary>What signals do to the gateway.</summary>
public sealed class StopSignalTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sluice-stop-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task HangUp_IsLoggedAndIgnored()
    {
        await using ChildProcess gateway = Start("{ drain: 0s }");
        Uri address = await AddressOfAsync(gateway);

        gateway.HangUp();
        await gateway.WaitForLineAsync(line => line.Contains("SIGHUP was ignored", StringComparison.Ordinal));

        (await StatusAsync(address)).ShouldBe(HttpStatusCode.BadGateway); // It is served; its server is not there.
        gateway.Terminate();
        (await gateway.WaitForExitAsync()).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task Terminate_DuringTheDelay_NewConnectionsAreServedUntilTheSecondSignal()
    {
        await using ChildProcess gateway = Start("{ delay: 10m, drain: 1d }");
        Uri address = await AddressOfAsync(gateway);

        gateway.Terminate();
        await gateway.WaitForLineAsync(line => line.Contains("until then connections are accepted", StringComparison.Ordinal));
        (await StatusAsync(address)).ShouldBe(HttpStatusCode.BadGateway);
        gateway.Terminate();

        (await gateway.WaitForExitAsync()).ExitCode.ShouldBe(0);
    }

    private static async Task<Uri> AddressOfAsync(ChildProcess gateway)
    {
        string line = await gateway.WaitForLineAsync(line => line.StartsWith("listening on ", StringComparison.Ordinal));
        return new Uri(new Uri(line["listening on ".Length..]), "/mcp");
    }

    private static async Task<HttpStatusCode> StatusAsync(Uri address)
    {
        using HttpClient client = new();
        using StringContent call = new("""{"jsonrpc":"2.0","id":1,"method":"tools/list"}""", Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await client.PostAsync(address, call);
        return response.StatusCode;
    }

    private ChildProcess Start(string stop)
    {
        string file = Path.Combine(_folder.FullName, "sluice.yaml");
        File.WriteAllText(
            file,
            $$"""
            listen: http://127.0.0.1:0
            stop: {{stop}}
            servers: [ { name: none, upstream: "http://127.0.0.1:{{FreePort.Next()}}/mcp" } ]
            """);
        return ChildProcess.Start("dotnet", Repository.Gateway, "run", file);
    }
}
