using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Net.Http.Headers;
using Sluice.Documents;
using Sluice.Mcp;
using Yarp.ReverseProxy.Forwarder;

namespace Sluice.Gateway;

/// <summary>Puts a gateway together: its server, its log, and the path of a call.</summary>
internal static class GatewayApplication
{
    /// <summary>How long the errors of calls that are cut may take to be sent.</summary>
    private static readonly TimeSpan CutTime = TimeSpan.FromSeconds(5);

    internal static WebApplication Build(
        GatewayConfiguration configuration,
        IRateLimitStore store,
        TimeProvider time,
        ICallObserver? observer,
        ServingBounds bounds,
        Certificates? certificates,
        LogSettings log)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            Configure(kestrel, bounds);
            Listen(kestrel, configuration.Listen, certificates);
        });
        if (certificates is not null)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }

        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = configuration.Stop.Drain + CutTime);
        builder.Services
            .AddSingleton<IHostLifetime, RunnerLifetime>()
            .AddSingleton(_ => new CallDrain(configuration.Stop.Drain, time));
        GatewayLog.Configure(builder.Logging, log);
        builder.Services
            .AddHttpForwarder()
            .AddSingleton(time)
            .AddSingleton(services => new GatewayServers(
                configuration,
                store,
                observer,
                services.GetRequiredService<IHttpForwarder>(),
                services.GetRequiredService<CallDrain>(),
                services.GetRequiredService<IHostApplicationLifetime>(),
                time,
                services.GetRequiredService<ILoggerFactory>()))
            .AddHostedService(services => services.GetRequiredService<GatewayServers>());

        WebApplication application = builder.Build();
        CallDrain drain = application.Services.GetRequiredService<CallDrain>();
        application.Lifetime.ApplicationStopping.Register(drain.Begin);
        GatewayServers servers = application.Services.GetRequiredService<GatewayServers>();
        application.Lifetime.ApplicationStarted.Register(() => servers.Current.Authentication.PrefetchAsync());
        McpEndpoint endpoint = new(
            new StreamGate(time), application.Services.GetRequiredService<ILogger<McpEndpoint>>(), drain.Cut);
        UsageEndpoint usage = new(store, application.Services.GetRequiredService<ILogger<UsageEndpoint>>());
        application.Run(context => HandleAsync(context, servers, endpoint, usage));
        return application;
    }

    /// <summary>Answers a request by the current configuration, which the request uses until it ends.</summary>
    private static Task HandleAsync(HttpContext context, GatewayServers servers, McpEndpoint endpoint, UsageEndpoint usage)
    {
        ActiveConfiguration configured = servers.BeginLookup();
        try
        {
            return HandleAsync(context, configured, endpoint, usage);
        }
        finally
        {
            configured.EndLookup();
        }
    }

    private static Task HandleAsync(HttpContext context, ActiveConfiguration configured, McpEndpoint endpoint, UsageEndpoint usage)
    {
        GatewayAuthentication authentication = configured.Authentication;
        authentication.ForwardedHeaders.Apply(context);
        if (configured.Guard.WhyRejected(context.Request) is string reason)
        {
            configured.Cors.Apply(context, server: null);
            return PlainErrors.WriteAsync(context, StatusCodes.Status403Forbidden, $"Forbidden: {reason}.");
        }

        authentication.Address.RemovePathFrom(context.Request, configured.Paths);
        if (authentication.Metadata is ResourceMetadata metadata && ResourceMetadata.IsAskedBy(context.Request))
        {
            return metadata.AnswerAsync(context);
        }

        GatewayServer? called = configured.Paths.Find(context.Request.Path);
        GatewayServer? asked = called is null ? configured.Paths.FindUsage(context.Request.Path) : null;
        configured.Cors.Apply(context, called ?? asked);
        if (configured.Cors.TryAnswerPreflight(context))
        {
            return Task.CompletedTask;
        }

        if (called is GatewayServer server)
        {
            authentication.RewriteChallenges(context);
            server.BeginRequest();
            return endpoint.HandleAsync(context, server);
        }

        if (asked is not null)
        {
            asked.BeginRequest();
            return usage.HandleAsync(context, asked);
        }

        return PlainErrors.WriteAsync(context, StatusCodes.Status404NotFound, "No MCP server is at this path.");
    }

    /// <summary>Sets up the server that listens, without its addresses.</summary>
    internal static void Configure(KestrelServerOptions kestrel, ServingBounds bounds)
    {
        kestrel.AddServerHeader = false;

        // Clients send names unencoded, whatever they hold. Kestrel reads a length that is not a number (and longer than one) by a selected
        // encoding only to drop the connection, and logs a stack trace; by its own it answers 400.
        kestrel.RequestHeaderEncodingSelector = static name =>
            name.Equals(HeaderNames.ContentLength, StringComparison.OrdinalIgnoreCase) ? null : Encoding.Latin1;
        kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;
        KestrelServerLimits limits = kestrel.Limits;
        limits.MaxRequestBodySize = null; // Bodies are bounded where they are read, with an answer in JSON-RPC.
        limits.MaxRequestHeadersTotalSize = bounds.HeadBytes;
        limits.MaxRequestHeaderCount = bounds.Headers;
        limits.MaxConcurrentConnections = bounds.Connections;
        limits.RequestHeadersTimeout = bounds.HeadTime;
        limits.MinRequestBodyDataRate = new MinDataRate(bounds.BytesPerSecond, bounds.BodyGrace);
        limits.MinResponseDataRate = new MinDataRate(bounds.BytesPerSecond, bounds.BodyGrace);
        limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30); // With its timeout of 20 s a client that is gone is noticed within a minute.
        limits.Http2.MaxStreamsPerConnection = bounds.StreamsPerConnection;
    }

    /// <summary>Listens on an address.</summary>
    internal static void Listen(KestrelServerOptions kestrel, Uri listen, Certificates? certificates)
    {
        if (listen.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
        {
            kestrel.ListenLocalhost(listen.Port, endpoint => SetUp(endpoint, certificates));
        }
        else
        {
            kestrel.Listen(IPAddress.Parse(listen.Host.Trim('[', ']')), listen.Port, endpoint => SetUp(endpoint, certificates));
        }
    }

    private static void SetUp(ListenOptions endpoint, Certificates? certificates)
    {
        endpoint.Use(next => connection =>
        {
            if (connection.Features.Get<IConnectionSocketFeature>()?.Socket is Socket socket)
            {
                TcpKeepAlive.Enable(socket);
            }

            return next(connection);
        });
        Secure(endpoint, certificates);
    }

    /// <summary>TLS, and with it HTTP/2 for clients that ask for it; without TLS there is HTTP/1.1 alone.</summary>
    private static void Secure(ListenOptions endpoint, Certificates? certificates)
    {
        if (certificates is null)
        {
            endpoint.Protocols = HttpProtocols.Http1;
            return;
        }

        endpoint.Protocols = HttpProtocols.Http1AndHttp2;
        endpoint.UseHttps(new TlsHandshakeCallbackOptions
        {
            OnConnection = _ => new ValueTask<SslServerAuthenticationOptions>(certificates.Current),
        });
    }
}
