namespace Sluice.Gateway;

/// <summary><c>GET /api/v1/openapi.json</c>: what the API answers, for programs.</summary>
internal static class OpenApiResource
{
    internal static void Map(WebApplication application)
    {
        byte[] document = OpenApiDocument.Render();
        application.MapRead("/api/v1/openapi.json", context =>
        {
            if (ApiQuery.Of(context).Fault is string fault)
            {
                return ApiErrors.WriteAsync(context, StatusCodes.Status400BadRequest, fault);
            }

            context.Response.ContentType = "application/json";
            context.Response.ContentLength = document.Length;
            return context.Response.Body.WriteAsync(document, context.RequestAborted).AsTask();
        });
    }
}
