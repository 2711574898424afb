using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Sluice.Documents;
using Sluice.Mcp;

namespace Sluice.Gateway.Tests;

/// <summary>A gateway on a free port of loopback, in this process.</summary>
internal sealed class GatewayFixture : IAsyncDisposable
{
    internal const string AliceKey = "the-key-of-alice";
    private readonly WebApplication _application;
    private readonly CallJournals _journals;

    private GatewayFixture(WebApplication application, CallJournals journals)
    {
        _application = application;
        _journals = journals;
        Address = new Uri(application.Urls.First());
        Client = ClientFrom(IPAddress.Loopback);
    }

    internal Uri Address { get; }

    internal HttpClient Client { get; }

    /// <summary>What it keeps of calls.</summary>
    internal CallJournals Journals => _journals;

    /// <summary>Decides the calls to the first server.</summary>
    internal CallGate Gate => _application.Services.GetRequiredService<GatewayServers>().All[0].Gate;

    /// <summary>Those of all servers.</summary>
    internal IEnumerable<CallGate> Gates => _application.Services.GetRequiredService<GatewayServers>().All.Select(server => server.Gate);

    /// <summary>A gateway for one server, named <c>one</c>, to which everybody may speak.</summary>
    internal static Task<GatewayFixture> StartAsync(Uri upstream, string rateLimiting = "{ shared: 1000000/1d }") => StartAsync(
        $$"""
        listen: http://127.0.0.1:0
        servers:
          - { name: one, upstream: "{{upstream}}", rateLimiting: {{rateLimiting}} }
        """);

    /// <summary>The same for callers with a key, of whom there is one: alice.</summary>
    internal static Task<GatewayFixture> StartWithKeysAsync(Uri upstream, string rateLimiting) => StartAsync(
        $$"""
        listen: http://127.0.0.1:0
        auth: { apiKeys: [{ user: alice, sha256: {{HashOf(AliceKey)}} }] }
        servers:
          - { name: one, upstream: "{{upstream}}", rateLimiting: {{rateLimiting}} }
        """);

    internal static Task<GatewayFixture> StartAsync(string yaml) => StartAsync(yaml, TimeProvider.System);

    internal static Task<GatewayFixture> StartAsync(string yaml, TimeProvider time) => StartAsync(yaml, time, ServingBounds.Default);

    internal static async Task<GatewayFixture> StartAsync(string yaml, TimeProvider time, ServingBounds bounds, Certificates? certificates = null)
    {
        GatewayConfiguration configuration = GatewayFile.Parse(yaml, "test.yaml").RequireConfiguration();
        CallJournals journals = CallJournals.Open(JournalSettings.Of(configuration), time, NullLoggerFactory.Instance, out string? fault)
            ?? throw new InvalidOperationException(fault);
        InProcessStoreOptions options = new();
        WebApplication application = GatewayApplication.Build(
            configuration,
            journals.Recorder is null ? new InProcessStore(options, time) : new InProcessStore(options, time, journals.Recorder),
            time,
            journals.Observe(),
            bounds,
            certificates,
            LogSettings.Default);
        await application.StartAsync();
        return new GatewayFixture(application, journals);
    }

    /// <summary>A client that calls from one of this machine's own addresses.</summary>
    internal HttpClient ClientFrom(IPAddress address) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        ConnectCallback = async (context, cancellationToken) =>
        {
            Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(address, 0));
                await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException)
            {
                socket.Dispose();
                throw;
            }
        },
        MaxResponseDrainSize = 0, // By itself, a client that leaves a stream reads on for two seconds before it closes the connection.
        RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8,
        ResponseHeaderEncodingSelector = (_, _) => Encoding.UTF8,
        UseCookies = false,
    })
    {
        BaseAddress = Address,
    };

    /// <summary>A key's hash, as a file holds it.</summary>
    internal static string HashOf(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    internal static HttpRequestMessage Post(string body, string path = "/mcp")
    {
        HttpRequestMessage request = new(HttpMethod.Post, path)
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        return request;
    }

    internal async Task<(HttpStatusCode Status, string Body)> SendAsync(HttpRequestMessage request)
    {
        using (request)
        {
            using HttpResponseMessage response = await Client.SendAsync(request);
            return (response.StatusCode, await response.Content.ReadAsStringAsync());
        }
    }

    /// <summary>What the gateway logs from now on, at Information and above.</summary>
    internal CapturedLog Capture()
    {
        CapturedLog log = new();
        _application.Services.GetRequiredService<ILoggerFactory>().AddProvider(log);
        return log;
    }

    /// <summary>Options of the gateway's host.</summary>
    internal T Options<T>()
        where T : class => _application.Services.GetRequiredService<IOptions<T>>().Value;

    public Task StopAsync() => _application.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _application.StopAsync();
        await _application.DisposeAsync();
        await _journals.DisposeAsync();
    }
}
