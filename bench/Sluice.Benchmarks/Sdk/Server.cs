using System.IO.Pipelines;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Sluice.Benchmarks;

/// <summary>An MCP server with one tool on in-memory streams, and a client of it.</summary>
internal sealed class Server : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly Task _running;
    private readonly McpClient _client;

    private Server(ServiceProvider services, Task running, McpClient client)
    {
        _services = services;
        _running = running;
        _client = client;
    }

    internal static async Task<Server> StartAsync(Action<IMcpServerBuilder> configure)
    {
        Pipe toServer = new();
        Pipe toClient = new();
        ServiceCollection services = [];
        services.AddLogging();
        configure(services
            .AddMcpServer()
            .WithStreamServerTransport(toServer.Reader.AsStream(), toClient.Writer.AsStream())
            .WithTools([McpServerTool.Create(() => "hi", new McpServerToolCreateOptions { Name = "echo" })]));
        ServiceProvider provider = services.BuildServiceProvider();
        Task running = provider.GetRequiredService<McpServer>().RunAsync();
        McpClient client = await McpClient.CreateAsync(new StreamClientTransport(
            toServer.Writer.AsStream(), toClient.Reader.AsStream(), NullLoggerFactory.Instance));
        return new Server(provider, running, client);
    }

    internal ValueTask<CallToolResult> CallAsync() => _client.CallToolAsync("echo");

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _services.DisposeAsync();
        await _running.WaitAsync(TimeSpan.FromSeconds(10)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
