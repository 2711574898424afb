using System.Net;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>Puts a gateway together: its server, its log, and the way of a call.</summary>
internal static class GatewayApplication
{
    internal static WebApplication Build(
        GatewayConfiguration configuration, IRateLimitStore store, TimeProvider time, ICallObserver? observer, TimeSpan drainTime)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Configure(kestrel, configuration.Listen));
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = drainTime);
        builder.Host.UseConsoleLifetime(lifetime => lifetime.SuppressStatusMessages = true);
        GatewayLog.Configure(builder.Logging);
        builder.Services
            .AddSingleton(services => new GatewayServers(configuration, time, services.GetRequiredService<ILoggerFactory>()))
            .AddHostedService(services => services.GetRequiredService<GatewayServers>());

        WebApplication application = builder.Build();
        McpEndpoint endpoint = new(
            configuration.ApiKeys.IsEmpty ? null : new ApiKeyAuthenticator(configuration.ApiKeys),
            store,
            observer,
            application.Services.GetRequiredService<ILogger<McpEndpoint>>(),
            application.Lifetime.ApplicationStopping);
        ServerPaths paths = new(application.Services.GetRequiredService<GatewayServers>().All);
        RebindingGuard guard = new(configuration.Listen.IsLoopback);
        application.Run(context => HandleAsync(context, guard, paths, endpoint));
        return application;
    }

    private static Task HandleAsync(HttpContext context, RebindingGuard guard, ServerPaths paths, McpEndpoint endpoint)
    {
        if (guard.Refusal(context.Request) is string refusal)
        {
            return PlainErrors.WriteAsync(context, StatusCodes.Status403Forbidden, $"Forbidden: {refusal}.");
        }

        return paths.Find(context.Request.Path) is GatewayServer server
            ? endpoint.HandleAsync(context, server)
            : PlainErrors.WriteAsync(context, StatusCodes.Status404NotFound, "No MCP server is at this path.");
    }

    private static void Configure(KestrelServerOptions kestrel, Uri listen)
    {
        kestrel.AddServerHeader = false;
        kestrel.RequestHeaderEncodingSelector = static _ => Encoding.Latin1; // Clients send names unencoded, whatever they hold.
        kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;
        kestrel.Limits.MaxRequestBodySize = null; // Bodies are bounded where they are read, with an answer in JSON-RPC.
        if (listen.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
        {
            kestrel.ListenLocalhost(listen.Port);
        }
        else
        {
            kestrel.Listen(IPAddress.Parse(listen.Host.Trim('[', ']')), listen.Port);
        }
    }
}
