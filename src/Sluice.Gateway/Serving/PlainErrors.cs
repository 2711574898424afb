using System.Text.Json;

namespace Sluice.Gateway;

/// <summary>Errors of HTTP alone, for requests of which nothing was read; in JSON, since all callers are programs.</summary>
internal static class PlainErrors
{
    internal static Task WriteAsync(HttpContext context, int status, string message)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        using MemoryStream body = new();
        using (Utf8JsonWriter json = new(body))
        {
            json.WriteStartObject();
            json.WriteString("error", message);
            json.WriteEndObject();
        }

        context.Response.ContentLength = body.Length;
        return context.Response.Body.WriteAsync(body.GetBuffer(), 0, (int)body.Length, context.RequestAborted);
    }
}
