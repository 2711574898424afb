using System.Text.Json;

namespace Sluice.Gateway;

/// <summary><c>GET /api/v1/config</c>: the configuration that is in force, without secrets, paths of the machine and identities.</summary>
internal static class ConfigResource
{
    /// <summary>The version of the configuration.</summary>
    internal const string Version = "1";

    internal static void Map(WebApplication application, RunningGateway gateway) =>
        application.MapGet("/api/v1/config", context => ApiQuery.Of(context) is { Fault: string fault }
            ? ApiErrors.WriteAsync(context, StatusCodes.Status400BadRequest, fault)
            : ApiJson.WriteAsync(
                context,
                new ConfigAnswer(Version, gateway.Counts.StartedAt, null, ConfigDocument.Of(gateway.Configuration)),
                ApiJson.Default.ConfigAnswer));
}

/// <summary>The configuration that is in force.</summary>
internal sealed record ConfigAnswer(string Version, DateTimeOffset LoadedAt, ReloadStatus? LastReload, JsonElement Document);
