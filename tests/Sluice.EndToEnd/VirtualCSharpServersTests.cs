using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol.AspNetCore;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Sluice.EndToEnd;

/// <summary>Servers of the C# SDK behind one endpoint: one that has sessions, and one that has none.</summary>
public sealed class VirtualCSharpServersTests
{
    [Theory]
    [InlineData("2025-11-25", HttpServerSessionMode.Stateful)]
    [InlineData("2025-11-25", HttpServerSessionMode.StatefulForInitializeClients)]
    [InlineData("2026-07-28", HttpServerSessionMode.Stateful)] // The server speaks the legacy era alone, so its question becomes a result.
    public async Task StatefulServer_BesideAStatelessOne_KeepsItsSessionAndAsksItsClient(string version, HttpServerSessionMode mode)
    {
        await using WebApplication booking = await StartBookingAsync(mode);
        Uri weather = new($"http://127.0.0.1:{FreePort.Next()}");
        await using ChildProcess process = ChildProcess.Start("dotnet", Repository.Sample("HttpServer"), "--urls", weather.ToString());
        await process.WaitForLineAsync(line => line.Contains("Now listening on", StringComparison.Ordinal));
        await using SluiceProgram sluice = await SluiceProgram.StartAsync(
            $$"""
            listen: http://127.0.0.1:0
            servers:
              - { name: weather, upstream: "{{new Uri(weather, "/mcp")}}" }
              - { name: booking, upstream: "{{booking.Urls.First()}}/mcp" }
            virtualServers:
              - { name: toolkit, backends: [weather, booking] }
            """);
        await using McpClient client = await VirtualServerTests.ConnectAsync(sluice, version);
        client.NegotiatedProtocolVersion.ShouldBe(version);

        (await client.ListToolsAsync()).Select(tool => tool.Name).ShouldBe(["weather_forecast", "booking_session", "booking_book"], ignoreOrder: true);
        string session = await CallAsync(client, "booking_session");
        session.ShouldNotBeEmpty();
        (await CallAsync(client, "booking_book", "Bergen")).ShouldBe("decline: Bergen");
        (await CallAsync(client, "weather_forecast", "Bergen")).ShouldBe("Sunny in Bergen.");
        (await CallAsync(client, "booking_session")).ShouldBe(session);

        await using McpClient other = await VirtualServerTests.ConnectAsync(sluice);
        (await CallAsync(other, "booking_session")).ShouldNotBe(session);
        (await CallAsync(client, "booking_session")).ShouldBe(session);
    }

    private static async Task<WebApplication> StartBookingAsync(HttpServerSessionMode mode)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        builder.Services.AddMcpServer(options => options.ServerInfo = new() { Name = "booking", Version = "1.0.0" })
            .WithHttpTransport(options => options.SessionMode = mode)
            .WithTools<BookingTools>();
        WebApplication application = builder.Build();
        application.MapMcp("/mcp");
        await application.StartAsync();
        return application;
    }

    private static async Task<string> CallAsync(McpClient client, string tool, string? city = null) => VirtualServerTests.TextOf(
        await client.CallToolAsync(tool, city is null ? null : new Dictionary<string, object?> { ["city"] = city }));

    [McpServerToolType]
    internal sealed class BookingTools
    {
        [McpServerTool(Name = "session")]
        public static string Session(McpServer server) => server.SessionId!;

        [McpServerTool(Name = "book")]
        public static async Task<string> BookAsync(McpServer server, string city, CancellationToken cancellationToken)
        {
            ElicitResult answer = await server.ElicitAsync(
                new ElicitRequestParams { Message = $"Book a room in {city}?", RequestedSchema = new() }, cancellationToken);
            return $"{answer.Action}: {city}";
        }
    }
}
