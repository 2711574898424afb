using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Sluice.EndToEnd;

/// <summary><c>sluice validate --live</c> and the check at the start, with real servers.</summary>
public sealed class ValidateLiveTests(EverythingServer server) : IClassFixture<EverythingServer>, IDisposable
{
    private const string Limits = "{ limits: [{ name: gets, rate: 9/1m, when: { tools: [get-sum, gte-sum], prompts: simple-promt } }], tools: [{ name: ehco, shared: 5/1m }, { name: \"get-*\", shared: 5/1m }], "
        + "resources: [{ name: \"demo://resource/dynamic/text/7\", shared: 5/1m }, { name: \"demo://nothing/*\", shared: 5/1m }] }";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sluice-live-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ValidateLive_LimitsThatMatchNothing_AreNamedWithTheirPlacesAndExitsWithOne(bool isCommand)
    {
        string everything = Path.Combine(Repository.NodeModules, "server-everything", "dist", "index.js");
        string upstream = isCommand ? $"{{ command: node, args: [\"{everything}\", stdio] }}" : $"\"{server.Endpoint}\"";
        string file = Write($"servers:\n  - name: everything\n    upstream: {upstream}\n    rateLimiting: {Limits}\n");

        ProgramResult result = await SluiceProgram.RunAsync("validate", "--live", "--timeout", "60s", file);

        result.ExitCode.ShouldBe(1, result.ToString());
        string[] lines = result.Output.Replace(file, "f", StringComparison.Ordinal).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines[..4].ShouldBe(
        [
            "f:4:135 servers[0].rateLimiting.tools[0].name: 'ehco' matches no tool of the server 'everything'. Did you mean 'echo'?",
            "f:4:81 servers[0].rateLimiting.limits[0].when.tools[1]: 'gte-sum' matches no tool of the server 'everything'. Did you mean 'get-sum'?",
            "f:4:100 servers[0].rateLimiting.limits[0].when.prompts: 'simple-promt' matches no prompt of the server 'everything'. "
                + "Did you mean 'simple-prompt'?",
            "f:4:269 servers[0].rateLimiting.resources[1].name: 'demo://nothing/*' matches no resource of the server 'everything'. "
                + "Correct it, or remove it: it limits nothing.",
        ]);
        lines[4].ShouldStartWith("f: server 'everything': checked against 13 tools, 4 prompts, ");
        lines.Length.ShouldBe(5);
    }

    [Fact]
    public async Task ValidateLive_ServerThatCannotBeReached_ExitsWithThreeAndSaysSo()
    {
        using TcpListener taken = new(IPAddress.Loopback, 0);
        taken.Start();
        Uri refused = new($"http://{taken.LocalEndpoint}/mcp");
        taken.Stop();
        string file = Write($"servers: [{{ name: gone, upstream: \"{refused}\", rateLimiting: {Limits} }}]");

        (await SluiceProgram.RunAsync("validate", "--live", file)).ShouldBe(
            new ProgramResult(3, $"{file}: valid\n{file}: server 'gone': not checked, since it cannot be reached.\n", ""));
    }

    [Fact]
    public async Task ValidateLive_AsJson_IsOneDocument()
    {
        string file = Write($"servers: [{{ name: everything, upstream: \"{server.Endpoint}\", rateLimiting: {{ tools: [{{ name: echo, shared: 1/1m }}] }} }}]");
        string wrong = Write("servers: 5");

        ProgramResult good = await SluiceProgram.RunAsync("validate", "--live", "--json", "--timeout", "60s", file);
        ProgramResult both = await SluiceProgram.RunAsync("validate", "--json", file, wrong);

        good.ExitCode.ShouldBe(0, good.ToString());
        JsonElement root = JsonDocument.Parse(good.Output).RootElement;
        root.GetProperty("valid").GetBoolean().ShouldBeTrue();
        root.GetProperty("files")[0].GetProperty("servers")[0].GetProperty("tools").GetInt32().ShouldBe(13);
        both.ExitCode.ShouldBe(1, both.ToString());
        JsonElement fault = JsonDocument.Parse(both.Output).RootElement.GetProperty("files")[1].GetProperty("faults")[0];
        fault.GetProperty("line").GetInt32().ShouldBe(1);
        fault.GetProperty("path").GetString().ShouldBe("servers");
    }

    [Fact]
    public async Task Run_LimitThatMatchesNothing_IsLoggedOnce()
    {
        await using SluiceProgram gateway = await SluiceProgram.StartAsync(SluiceProgram.Configuration(
            server.Endpoint, "{ tools: [{ name: ehco, perUser: 5/1m }, { name: echo, perUser: 5/1m }] }"));

        await gateway.Process.WaitForLineAsync(line => line.Contains(
            "servers[0].rateLimiting.tools[0].name: 'ehco' matches no tool of the server 'everything'. Did you mean 'echo'?",
            StringComparison.Ordinal));

        gateway.Process.Captured().ShouldNotContain("tools[1]");
    }

    private string Write(string text)
    {
        string file = Path.Combine(_folder.FullName, $"{Guid.NewGuid():N}.yaml");
        File.WriteAllText(file, text);
        return file;
    }
}
