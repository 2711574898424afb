using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sluice.EndToEnd;

/// <summary>What signals do to the gateway.</summary>
public sealed class StopSignalTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sluice-stop-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task HangUp_ReloadsTheDocumentAtOnce()
    {
        await using ChildProcess gateway = Start("{ drain: 0s }");
        Uri address = await AddressOfAsync(gateway);

        gateway.HangUp();
        await gateway.WaitForLineAsync(line => line.Contains("SIGHUP: reloading the configuration.", StringComparison.Ordinal));
        await gateway.WaitForLineAsync(line => line.Contains("The configuration was reloaded", StringComparison.Ordinal));

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

    [Fact]
    public async Task Terminate_Twice_CallInFlightGetsAnErrorWithItsId()
    {
        using TcpListener silent = new(IPAddress.Loopback, 0);
        silent.Start();
        await using ChildProcess gateway = Start("{ drain: 1d }", ((IPEndPoint)silent.LocalEndpoint).Port);
        Uri address = await AddressOfAsync(gateway);
        Task<(HttpStatusCode Status, string Body)> call = CallAsync(address);
        using TcpClient taken = await silent.AcceptTcpClientAsync(); // The call has reached the server, which says nothing.

        gateway.Terminate();
        await gateway.WaitForLineAsync(line => line.Contains("SIGTERM: stopping.", StringComparison.Ordinal));
        call.IsCompleted.ShouldBeFalse();
        gateway.Terminate();

        (HttpStatusCode status, string body) = await call;
        status.ShouldBe(HttpStatusCode.ServiceUnavailable, body);
        body.ShouldBe(
            """{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"The server 'none' did not answer: the gateway is stopping."}}""");
        (await gateway.WaitForExitAsync()).ExitCode.ShouldBe(0);
    }

    private static async Task<Uri> AddressOfAsync(ChildProcess gateway)
    {
        string line = await gateway.WaitForLineAsync(line => line.StartsWith("listening on ", StringComparison.Ordinal));
        return new Uri(new Uri(line["listening on ".Length..]), "/mcp");
    }

    private static async Task<HttpStatusCode> StatusAsync(Uri address) => (await CallAsync(address)).Status;

    private static async Task<(HttpStatusCode Status, string Body)> CallAsync(Uri address)
    {
        using HttpClient client = new();
        using StringContent call = new("""{"jsonrpc":"2.0","id":1,"method":"tools/list"}""", Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await client.PostAsync(address, call);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private ChildProcess Start(string stop, int? port = null)
    {
        string file = Path.Combine(_folder.FullName, "sluice.yaml");
        File.WriteAllText(
            file,
            $$"""
            listen: http://127.0.0.1:0
            stop: {{stop}}
            servers: [ { name: none, upstream: "http://127.0.0.1:{{port ?? FreePort.Next()}}/mcp" } ]
            """);
        return ChildProcess.Start("dotnet", Repository.Gateway, "run", "--verbose", file);
    }
}
