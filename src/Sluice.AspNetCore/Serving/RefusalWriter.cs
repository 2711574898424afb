using System.Globalization;
using Sluice.Mcp;

namespace Sluice.AspNetCore;

/// <summary>Sends an answer that is given in the server's place.</summary>
internal static class RefusalWriter
{
    internal static Task WriteAsync(HttpContext context, Refusal refusal)
    {
        HttpResponse response = context.Response;
        response.StatusCode = refusal.Status;
        response.ContentType = refusal.ContentType;
        if (refusal.RetryAfterSeconds is long seconds)
        {
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        response.ContentLength = refusal.Body.Length;
        return response.Body.WriteAsync(refusal.Body, context.RequestAborted).AsTask();
    }
}
