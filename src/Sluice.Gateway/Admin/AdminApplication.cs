using System.Diagnostics;
using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>Puts the admin address together: a separate server, so that clients cannot reach it.</summary>
/// <remarks>
/// A request goes through these steps: it must name this machine where the address is loopback; then it must have the token, unless it
/// asks for health alone or for the dashboard's page, which has no data in it; then an endpoint answers it. An endpoint is a class of its
/// own with a method <c>Map</c>, called below.
/// </remarks>
internal static class AdminApplication
{
    internal static WebApplication Build(RunningGateway gateway, AdminConfiguration admin, Certificates? certificates, LogSettings log)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            GatewayApplication.Configure(kestrel, ServingBounds.Default);
            GatewayApplication.Listen(kestrel, admin.Listen, admin.Listen.Scheme == Uri.UriSchemeHttps ? certificates : null);
        });
        if (certificates is not null)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }

        GatewayLog.Configure(builder.Logging, log);
        builder.Services.AddRoutingCore();
        builder.Services
            .AddSingleton<IHostLifetime, RunnerLifetime>()
            .AddSingleton(new ActivitySource("Sluice.Admin")); // Requests for metrics are not to fill the traces of calls.
        WebApplication application = builder.Build();
        RebindingGuard guard = new(admin.Listen.IsLoopback, publicUrl: null, origins: []);
        AdminAuthentication authentication = new(
            admin.Token, gateway.Time, application.Services.GetRequiredService<ILogger<AdminAuthentication>>());
        BucketSurvey survey = new(gateway);
        EventStreams streams = new(gateway, survey, application.Lifetime.ApplicationStopping);
        application.Lifetime.ApplicationStopped.Register(() =>
        {
            streams.Dispose();
            survey.Dispose();
        });
        application.Use((context, next) => AdmitAsync(context, next, guard, authentication));
        application.Use(AdminRoutes.AnswerRestAsync);
        application.UseRouting();
        DashboardPage.Map(application);
        MetricsPage.Map(application, gateway.Metrics);
        HealthEndpoints.Map(application, new Health(gateway), authentication);
        MapApi(application, gateway, survey, streams);
        return application;
    }

    private static void MapApi(WebApplication application, RunningGateway gateway, BucketSurvey survey, EventStreams streams)
    {
        StatusResource.Map(application, gateway, streams);
        ServersResource.Map(application, gateway);
        HistoryResource.Map(application, gateway);
        LimitsResource.Map(application, gateway);
        ConfigResource.Map(application, gateway);
        BucketsResource.Map(application, gateway, survey);
        HeldResource.Map(application, gateway, survey);
        RefusedResource.Map(application, gateway);
        WhyResource.Map(application, gateway);
        TryResource.Map(application, gateway);
        ResetResource.Map(
            application, gateway, survey, application.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Sluice.Gateway.Admin"));
        OpenApiResource.Map(application);
        EventsResource.Map(application, streams);
    }

    private static Task AdmitAsync(HttpContext context, RequestDelegate next, RebindingGuard guard, AdminAuthentication authentication)
    {
        if (ApiErrors.Concerns(context))
        {
            context.Response.Headers.CacheControl = "no-store";
            context.Response.Headers.XContentTypeOptions = "nosniff";
        }

        if (guard.WhyRejected(context.Request) is string reason)
        {
            return ApiErrors.WriteAsync(context, StatusCodes.Status403Forbidden, $"Forbidden: {reason}.");
        }

        bool isOpen = HealthEndpoints.IsOpen(context.Request) || DashboardPage.IsOpen(context.Request);
        return isOpen || authentication.Admits(context) ? next(context) : authentication.RejectAsync(context);
    }
}
