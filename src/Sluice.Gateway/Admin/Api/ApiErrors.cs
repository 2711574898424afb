using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;

namespace Sluice.Gateway;

/// <summary>An error of <c>/api/v1</c>.</summary>
/// <remarks>Source: RFC 9457, Problem Details for HTTP APIs.</remarks>
internal sealed record Problem(string Type, string Title, int Status, string Detail);

/// <summary>Writes the errors of the admin address: as problems below <c>/api</c>, else as every address of the gateway does.</summary>
internal static class ApiErrors
{
    private static readonly PathString Root = "/api";

    /// <summary>Whether a request is for the API.</summary>
    internal static bool Concerns(HttpContext context) => context.Request.Path.StartsWithSegments(Root);

    /// <summary>Answers a request with an error.</summary>
    /// <param name="context">The request.</param>
    /// <param name="status">The status code.</param>
    /// <param name="detail">What is wrong, and the way out.</param>
    internal static Task WriteAsync(HttpContext context, int status, string detail)
    {
        if (!Concerns(context))
        {
            return PlainErrors.WriteAsync(context, status, detail);
        }

        byte[] body = JsonSerializer.SerializeToUtf8Bytes(
            new Problem("about:blank", ReasonPhrases.GetReasonPhrase(status), status, detail), ApiJson.Default.Problem);
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/problem+json";
        context.Response.ContentLength = body.Length;
        return context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }
}
