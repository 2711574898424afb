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

        WebApplication application = builder.Build();
        GatewayServer[] servers = [.. configuration.Servers.Select(server => new GatewayServer(server, time))];
        application.Lifetime.ApplicationStopped.Register(() => Array.ForEach(servers, server => server.Dispose()));
        ServerPaths paths = new(servers);
        GatewayAuthentication authentication = new(
            configuration.Auth, paths, time, application.Services.GetRequiredService<ILogger<JwtAuthenticator>>());
        application.Lifetime.ApplicationStarted.Register(() => authentication.PrefetchAsync());
        application.Lifetime.ApplicationStopped.Register(authentication.Dispose);
        McpEndpoint endpoint = new(
            authentication,
            store,
            observer,
            application.Services.GetRequiredService<ILogger<McpEndpoint>>(),
            application.Lifetime.ApplicationStopping);
        RebindingGuard guard = new(configuration.Listen.IsLoopback, configuration.Auth.PublicUrl);
        application.Run(context => HandleAsync(context, guard, authentication, paths, endpoint));
        return application;
    }

    private static Task HandleAsync(
        HttpContext context, RebindingGuard guard, GatewayAuthentication authentication, ServerPaths paths, McpEndpoint endpoint)
    {
        authentication.ForwardedHeaders.Apply(context);
        if (guard.Refusal(context.Request) is string refusal)
        {
            return PlainErrors.WriteAsync(context, StatusCodes.Status403Forbidden, $"Forbidden: {refusal}.");
        }

        if (authentication.Metadata is ResourceMetadata metadata && ResourceMetadata.IsAskedBy(context.Request))
        {
            return metadata.AnswerAsync(context);
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
