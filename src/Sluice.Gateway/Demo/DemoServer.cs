using System.Diagnostics;
using ModelContextProtocol.Server;

namespace Sluice.Gateway;

/// <summary>An MCP server of both protocol eras on a free port of this machine: the upstream of the demo's gateway.</summary>
/// <remarks>It keeps no sessions.</remarks>
internal sealed class DemoServer : IAsyncDisposable
{
    private readonly WebApplication _application;

    private DemoServer(WebApplication application) => _application = application;

    /// <summary>Where it answers.</summary>
    internal Uri Endpoint => new(_application.Urls.First() + "/mcp");

    /// <summary>Starts one with all tools on a free port.</summary>
    internal static Task<DemoServer> StartAsync(TimeProvider time, CancellationToken cancellationToken) =>
        StartAsync(DemoTools.All(time), time, cancellationToken);

    /// <summary>Starts one on a free port.</summary>
    internal static async Task<DemoServer> StartAsync(McpServerTool[] tools, TimeProvider time, CancellationToken cancellationToken)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        builder.Services
            .AddMcpServer(options => options.ServerInfo = new() { Name = "sluice-demo", Version = "1.0.0" })
            .WithHttpTransport()
            .WithTools(tools);
        builder.Services.AddSingleton(new ActivitySource("Sluice.Demo")); // Its requests are not those of the gateway, which are traced.
        builder.Services.AddSingleton<IHostLifetime, RunnerLifetime>(); // It runs until the gateway has stopped.
        WebApplication application = builder.Build();
        application.MapMcp("/mcp");
        await application.StartAsync(cancellationToken);
        return new DemoServer(application);
    }

    /// <summary>Stops it at once: open connections break off.</summary>
    internal Task KillAsync() => _application.StopAsync(new CancellationToken(canceled: true));

    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync();
        await _application.DisposeAsync();
    }
}
