namespace Sluice.Gateway;

/// <summary>Routes of the admin address, and the answers to other paths and methods.</summary>
internal static class AdminRoutes
{
    /// <summary>Maps what is read: GET, and HEAD, whose body the server leaves out.</summary>
    internal static void MapRead(this WebApplication application, string pattern, RequestDelegate answer) =>
        application.MapMethods(pattern, [HttpMethods.Get, HttpMethods.Head], answer);

    /// <summary>
    /// Answers a request that no route has answered: the path is unknown, or it has other methods, which the router has named.
    /// </summary>
    internal static async Task AnswerRestAsync(HttpContext context, RequestDelegate next)
    {
        await next(context);
        HttpResponse response = context.Response;
        if (response.HasStarted || response.ContentLength is not null)
        {
            return;
        }

        if (response.StatusCode == StatusCodes.Status404NotFound)
        {
            await ApiErrors.WriteAsync(context, StatusCodes.Status404NotFound, "Nothing is at this path of the admin address.");
        }
        else if (response.StatusCode == StatusCodes.Status405MethodNotAllowed)
        {
            await ApiErrors.WriteAsync(
                context, StatusCodes.Status405MethodNotAllowed, "This path does not have the method of the request. "
                    + $"It has: {response.Headers.Allow}.");
        }
    }
}
