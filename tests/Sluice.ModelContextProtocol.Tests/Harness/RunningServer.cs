using System.IO.Pipelines;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Sluice.ModelContextProtocol.Tests;

/// <summary>A host with an MCP server on in-memory streams or over HTTP, and a client that is connected to it.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    private readonly IHost _host;

    private RunningServer(IHost host, McpClient client)
    {
        _host = host;
        Client = client;
    }

    internal McpClient Client { get; }

    internal IServiceProvider Services => _host.Services;

    /// <summary>Starts a host; what is wrong with its options is thrown.</summary>
    /// <param name="configure">Configures the server.</param>
    /// <param name="version">The protocol version that the client asks for; null for the newest.</param>
    internal static async Task<RunningServer> StartAsync(Action<IMcpServerBuilder> configure, string? version = null)
    {
        Implementation info = NewName();
        Pipe toServer = new();
        Pipe toClient = new();
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        IMcpServerBuilder server = builder.Services
            .AddMcpServer(options => options.ServerInfo = info)
            .WithStreamServerTransport(toServer.Reader.AsStream(), toClient.Writer.AsStream())
            .WithTools<TestTools>();
        configure(server);
        IHost host = builder.Build();
        await host.StartAsync();
        McpClient client = await McpClient.CreateAsync(
            new StreamClientTransport(toServer.Writer.AsStream(), toClient.Reader.AsStream(), NullLoggers),
            new McpClientOptions { ProtocolVersion = version, DiscoverProbeTimeout = Eventually.Patience });
        return new RunningServer(host, client);
    }

    /// <summary>The same over Streamable HTTP.</summary>
    internal static async Task<RunningServer> StartHttpAsync(Action<IMcpServerBuilder> configure, bool isStateless, string version)
    {
        Implementation info = NewName();
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        configure(builder.Services
            .AddMcpServer(options => options.ServerInfo = info)
            .WithHttpTransport(options => options.Stateless = isStateless)
            .WithTools<TestTools>());
        WebApplication app = builder.Build();
        app.MapMcp("/mcp");
        await app.StartAsync();
        HttpClientTransportOptions transport = new()
        {
            Endpoint = new Uri(app.Urls.First() + "/mcp"),
            TransportMode = HttpTransportMode.StreamableHttp,
        };
        return new RunningServer(app, await McpClient.CreateAsync(
            new HttpClientTransport(transport), new McpClientOptions { ProtocolVersion = version, DiscoverProbeTimeout = Eventually.Patience }));
    }

    /// <summary>The text of a tool's answer.</summary>
    internal async Task<string> CallAsync(string tool, object? argument = null)
    {
        CallToolResult result = await Client.CallToolAsync(
            tool, argument is null ? null : new Dictionary<string, object?> { ["value"] = argument });
        return result.Content.OfType<TextContentBlock>().First().Text;
    }

    /// <summary>The rejection of a call, which must be one.</summary>
    internal Task<McpProtocolException> RefusedAsync(string tool, object? argument = null) =>
        Should.ThrowAsync<McpProtocolException>(async () => await CallAsync(tool, argument));

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await _host.StopAsync();
        _host.Dispose();
    }

    // Buckets of its own in a store that lives on.
    private static Implementation NewName() => new() { Name = $"test-{Guid.NewGuid():N}", Version = "1" };

    private static ILoggerFactory NullLoggers => Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance;
}
