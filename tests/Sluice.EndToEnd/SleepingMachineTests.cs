using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Sluice.EndToEnd;

/// <summary>A machine that sleeps while the program runs, as a preloaded library plays it (Linux, with a C compiler).</summary>
public sealed class SleepingMachineTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sluice-sleep-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Call_LimitUsedBeforeSleep_IsAdmittedAfterSleep()
    {
        string library = Path.Combine(_folder.FullName, "suspend.so");
        string slept = Path.Combine(_folder.FullName, "slept");
        ProgramResult compiled = await ChildProcess.RunAsync(
            "cc", ["-shared", "-fPIC", "-O2", "-o", library, Path.Combine(AppContext.BaseDirectory, "Harness", "suspend.c"), "-ldl"]);
        compiled.ExitCode.ShouldBe(0, compiled.ToString());
        await using McpClient client = await McpClient.CreateAsync(new StdioClientTransport(new StdioClientTransportOptions
        {
            Command = "dotnet",
            Arguments = [Repository.Gateway, "run", "--stdio", "--limit", "echo=1/8h", "--", "node", Repository.Everything, "stdio"],
            EnvironmentVariables = new Dictionary<string, string?> { ["LD_PRELOAD"] = library, ["SUSPEND_FILE"] = slept },
        }));
        (await Echo(client)).ShouldBe("Echo: hi");
        (await Should.ThrowAsync<McpProtocolException>(() => Echo(client))).Message.ShouldContain("retry in ");

        await File.WriteAllTextAsync(slept, "28800");

        (await Echo(client)).ShouldBe("Echo: hi");
        _ = await Should.ThrowAsync<McpProtocolException>(() => Echo(client));
    }

    private static async Task<string> Echo(McpClient client)
    {
        CallToolResult result = await client.CallToolAsync("echo", new Dictionary<string, object?> { ["message"] = "hi" });
        return result.Content.OfType<TextContentBlock>().First().Text;
    }
}
