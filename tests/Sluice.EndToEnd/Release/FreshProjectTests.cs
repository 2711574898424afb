using System.Net;
using ModelContextProtocol;
using ModelContextProtocol.Client;

namespace Sluice.EndToEnd;

/// <summary>The packages of a release in fresh projects, as a user of each kind installs and runs them.</summary>
[Nightly]
[Collection(BuiltRelease.Collection)]
public sealed class FreshProjectTests(BuiltRelease release, FreshProjects projects) : IClassFixture<FreshProjects>
{
    [Fact]
    public void Samples_CompiledAgainstThePackages_RunTheAssembliesOfThePackages()
    {
        foreach ((string sample, string assembly) in new[]
        {
            ("PollyPipeline", "Sluice"), ("AspNetCoreServer", "Sluice.AspNetCore"), ("AspNetCoreServer", "Sluice.Mcp"),
            ("StdioServer", "Sluice.ModelContextProtocol"), ("StdioServer", "Sluice.Redis"), ("StdioServer", "Sluice.Configuration"),
            ("StdioServer", "Sluice.DependencyInjection"),
        })
        {
            File.ReadAllBytes(projects.FileOf(sample, $"{assembly}.dll")).AsSpan()
                .SequenceEqual(BuiltRelease.InPackage(release.Package(assembly), $"lib/net10.0/{assembly}.dll")).ShouldBeTrue(assembly);
        }
    }

    [Fact]
    public async Task Library_ThreeCallsOnALimitOfTwo_RejectsTheLastWithItsWait()
    {
        ProgramResult result = await BuiltRelease.SucceedAsync("dotnet", projects.Program("PollyPipeline"));

        result.Output.ShouldMatch(@"\Acall 1: done\ncall 2: done\ncall 3: rejected, come back in ([1-9]|10) s\n\z");
    }

    [Fact]
    public async Task AspNetCore_ThreeForecastsOnALimitOfTwo_RejectsTheLastWithHttp429()
    {
        await using ChildProcess server = ChildProcess.Start("dotnet", projects.Program("AspNetCoreServer"), "urls=http://127.0.0.1:0");
        const string Ready = "Now listening on: ";
        string line = await server.WaitForLineAsync(text => text.Contains(Ready, StringComparison.Ordinal));
        Uri endpoint = new(line[(line.IndexOf(Ready, StringComparison.Ordinal) + Ready.Length)..] + "/mcp");
        await using McpClient client = await McpClient.CreateAsync(new HttpClientTransport(
            new HttpClientTransportOptions { Endpoint = endpoint, TransportMode = HttpTransportMode.StreamableHttp }));
        await ForecastAsync(client);
        await ForecastAsync(client);

        HttpRequestException rejection = await Should.ThrowAsync<HttpRequestException>(() => ForecastAsync(client));

        rejection.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        rejection.Message.ShouldContain("\"limit\":\"forecast/perUser\"");
    }

    [Fact]
    public async Task ModelContextProtocol_ThreeForecastsOnALimitOfTwo_RejectsTheLastWithCode429()
    {
        await using McpClient client = await McpClient.CreateAsync(new StdioClientTransport(
            new StdioClientTransportOptions { Command = "dotnet", Arguments = [projects.Program("StdioServer")] }));
        await ForecastAsync(client);
        await ForecastAsync(client);

        McpProtocolException rejection = await Should.ThrowAsync<McpProtocolException>(() => ForecastAsync(client));

        ((int)rejection.ErrorCode).ShouldBe(429);
        rejection.Data["limit"].ShouldBe("forecast/perUser");
    }

    private static async Task ForecastAsync(McpClient client) =>
        (await client.CallToolAsync("forecast", new Dictionary<string, object?> { ["city"] = "Oslo" })).IsError.ShouldNotBe(true);
}
