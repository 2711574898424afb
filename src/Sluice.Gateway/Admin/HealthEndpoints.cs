using System.Collections.Immutable;
using System.Text.Json;

namespace Sluice.Gateway;

/// <summary><c>GET /healthz</c> and <c>GET /readyz</c>, for whatever starts and watches the gateway.</summary>
/// <remarks>They need no token, since a probe has none; without it they tell the status alone.</remarks>
internal static class HealthEndpoints
{
    private const string Alive = "/healthz";
    private const string Ready = "/readyz";

    /// <summary>Whether a request is answered without a token.</summary>
    internal static bool IsOpen(HttpRequest request) => request.Path == Alive || request.Path == Ready;

    internal static void Map(WebApplication application, Health health, AdminAuthentication authentication)
    {
        // The process answers, so it is alive; the store has no part in that.
        application.MapRead(
            Alive, static context => WriteAsync(context, StatusCodes.Status200OK, static json => json.WriteString("status", "alive")));
        application.MapRead(Ready, context => WriteReadinessAsync(context, health, isDetailed: authentication.Admits(context)));
    }

    private static Task WriteReadinessAsync(HttpContext context, Health health, bool isDetailed)
    {
        Readiness readiness = health.Readiness;
        return WriteAsync(
            context,
            readiness >= Readiness.Degraded ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable,
            json =>
            {
                json.WriteString("status", Text(readiness));
                if (isDetailed)
                {
                    WriteDetail(json, health);
                }
            });
    }

    private static void WriteDetail(Utf8JsonWriter json, Health health)
    {
        json.WriteStartObject("store");
        json.WriteString("kind", health.StoreKind);
        json.WriteBoolean("available", health.IsStoreAvailable);
        if (health.StoreFault is string fault)
        {
            json.WriteString("fault", fault);
        }

        json.WriteEndObject();
        json.WriteStartObject("configuration");
        ActiveConfiguration configuration = health.Configuration;
        json.WriteString("version", configuration.Version);
        json.WriteString("loadedAt", ApiTime.Text(configuration.LoadedAt));
        json.WriteNumber("servers", configuration.Servers.Length);
        if (health.LastReload is ReloadResult last)
        {
            WriteReload(json, last);
        }

        json.WriteEndObject();
    }

    private static void WriteReload(Utf8JsonWriter json, ReloadResult last)
    {
        json.WriteStartObject("lastReload");
        json.WriteString("at", ApiTime.Text(last.At));
        json.WriteString("result", last.IsLoaded ? "loaded" : "refused");
        WriteList(json, "faults", last.Faults);
        WriteList(json, "needsRestart", last.NeedsRestart);
        json.WriteEndObject();
    }

    private static void WriteList(Utf8JsonWriter json, string name, ImmutableArray<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    private static string Text(Readiness readiness) => readiness switch
    {
        Readiness.Ready => "ready",
        Readiness.Degraded => "degraded",
        Readiness.Unavailable => "unavailable",
        Readiness.Stopping => "stopping",
        _ => throw new ArgumentOutOfRangeException(nameof(readiness), readiness, "Not a readiness."),
    };

    private static Task WriteAsync(HttpContext context, int status, Action<Utf8JsonWriter> write)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        using MemoryStream body = new();
        using (Utf8JsonWriter json = new(body))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        context.Response.ContentLength = body.Length;
        return context.Response.Body.WriteAsync(body.GetBuffer(), 0, (int)body.Length, context.RequestAborted);
    }
}
