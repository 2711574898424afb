using System.Text.Json;

namespace Sluice.Gateway;

/// <summary><c>GET /api/v1/config</c>: the configuration that is in force, without secrets, paths of the machine and identities.</summary>
internal static class ConfigResource
{
    internal static void Map(WebApplication application, RunningGateway gateway) =>
        application.MapRead("/api/v1/config", context => ApiQuery.Of(context) is { Fault: string fault }
            ? ApiErrors.WriteAsync(context, StatusCodes.Status400BadRequest, fault)
            : ApiJson.WriteAsync(
                context,
                Read(gateway.Active, gateway.LastReload),
                ApiJson.Default.ConfigAnswer));

    private static ConfigAnswer Read(ActiveConfiguration active, ReloadResult? reload) =>
        new(active.Version, active.LoadedAt, ReloadStatus.Of(reload), ConfigDocument.Of(active.Configuration));
}

/// <summary>The configuration that is in force.</summary>
internal sealed record ConfigAnswer(string Version, DateTimeOffset LoadedAt, ReloadStatus? LastReload, JsonElement Document);
