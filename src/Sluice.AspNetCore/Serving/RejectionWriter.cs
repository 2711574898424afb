using System.Globalization;
using Sluice.Mcp;

namespace Sluice.AspNetCore;

/// <summary>Sends an answer that is given in the server's place.</summary>
internal static class RejectionWriter
{
    internal static Task WriteAsync(HttpContext context, Rejection rejection)
    {
        HttpResponse response = context.Response;
        response.StatusCode = rejection.Status;
        response.ContentType = rejection.ContentType;
        if (rejection.RetryAfterSeconds is long seconds)
        {
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        response.ContentLength = rejection.Body.Length;
        return response.Body.WriteAsync(rejection.Body, context.RequestAborted).AsTask();
    }
}
