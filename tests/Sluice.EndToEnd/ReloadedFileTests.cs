using System.Net;
using System.Text;

namespace Sluice.EndToEnd;

/// <summary>The program, whose file changes while it runs.</summary>
public sealed class ReloadedFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sluice-reload-");

    private string File => Path.Combine(_folder.FullName, "sluice.yaml");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task File_ChangesTwice_ValidOneCountsAndInvalidOneIsRejectedWithItsFaults()
    {
        Write("shared: 9/1d");
        await using ChildProcess gateway = ChildProcess.Start("dotnet", Repository.Gateway, "run", File);
        string line = await gateway.WaitForLineAsync(text => text.StartsWith("listening on ", StringComparison.Ordinal));
        Uri address = new(line["listening on ".Length..]);

        Write("shared: 1/1d", name: "two");
        await gateway.WaitForLineAsync(text => text.Contains("The configuration was reloaded", StringComparison.Ordinal));
        (await StatusAsync(address, "/one/mcp")).ShouldBe(HttpStatusCode.NotFound);
        (await StatusAsync(address, "/two/mcp")).ShouldBe(HttpStatusCode.BadGateway);
        Write("shared: 1/fortnite", name: "three");
        await gateway.WaitForLineAsync(text => text.Contains("The changed configuration is invalid", StringComparison.Ordinal));
        await gateway.WaitForLineAsync(text => text.Contains("sluice.yaml:2:", StringComparison.Ordinal) && text.Contains("fortnite", StringComparison.Ordinal));

        (await StatusAsync(address, "/two/mcp")).ShouldBe(HttpStatusCode.BadGateway);
        gateway.Terminate();
        (await gateway.WaitForExitAsync()).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task File_IsANamedPipe_IsReadOnceAndTheGatewayRuns()
    {
        (await ChildProcess.RunAsync("mkfifo", File)).ExitCode.ShouldBe(0);
        await using ChildProcess gateway = ChildProcess.Start("dotnet", Repository.Gateway, "run", File);

        await System.IO.File.WriteAllTextAsync(File, Document("shared: 1/1d", "one"));

        await gateway.WaitForLineAsync(text => text.StartsWith("listening on ", StringComparison.Ordinal));
    }

    private void Write(string limits, string name = "one")
    {
        string temporary = File + ".new";
        System.IO.File.WriteAllText(temporary, Document(limits, name));
        System.IO.File.Move(temporary, File, overwrite: true);
    }

    private static string Document(string limits, string name) =>
        $"listen: http://127.0.0.1:0\nservers: [ {{ name: {name}, upstream: \"http://127.0.0.1:1/mcp\", rateLimiting: {{ {limits} }} }} ]\n";

    private static async Task<HttpStatusCode> StatusAsync(Uri address, string path)
    {
        using HttpClient client = new();
        using StringContent call = new(
            """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x"}}""", Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await client.PostAsync(new Uri(address, path), call);
        return response.StatusCode;
    }
}
