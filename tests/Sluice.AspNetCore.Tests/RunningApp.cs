using System.Net;
using System.Security.Claims;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Sluice.AspNetCore.Tests;

/// <summary>An app on an in-memory transport, whose requests come from the user that the header <c>X-User</c> names.</summary>
internal sealed class RunningApp : IAsyncDisposable
{
    private readonly WebApplication _app;

    private RunningApp(WebApplication app)
    {
        _app = app;
        Client = app.GetTestClient();
    }

    internal HttpClient Client { get; }

    internal static async Task<RunningApp> StartAsync(
        Action<IServiceCollection> services, Action<WebApplication> pipeline, ILoggerProvider? log = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseTestServer();
        builder.Services.AddRouting();
        if (log is not null)
        {
            builder.Logging.AddProvider(log);
        }

        services(builder.Services);
        WebApplication app = builder.Build();
        app.Use((context, next) =>
        {
            if (context.Request.Headers["X-User"].FirstOrDefault() is string user)
            {
                // 'alice;team=a' is alice with a claim.
                IEnumerable<Claim> claims = user.Split(';').Skip(1).Select(claim => new Claim(claim.Split('=')[0], claim.Split('=')[1]));
                context.User = new ClaimsPrincipal(new ClaimsIdentity(
                    [new Claim("iss", "https://login.example.com"), new Claim("sub", user.Split(';')[0]), .. claims], "test"));
            }

            return next(context);
        });
        pipeline(app);
        await app.StartAsync();
        return new RunningApp(app);
    }

    /// <summary>A server's stand-in: it answers with the bytes that reach it.</summary>
    internal static async Task EchoAsync(HttpContext context)
    {
        using MemoryStream body = new();
        await context.Request.Body.CopyToAsync(body);
        context.Response.Headers["X-Served"] = "yes";
        await context.Response.Body.WriteAsync(body.ToArray());
    }

    internal static string Call(string id, string tool = "search") =>
        $"{{ \"jsonrpc\":\"2.0\",\"id\":{id}, \"method\":\"tools/call\",\"params\":{{\"name\":\"{tool}\",\"arguments\":{{\"é\":1}}}}}}";

    internal async Task<(HttpStatusCode Status, string Body, HttpResponseMessage Response)> PostAsync(
        string body, string? user = "alice", string? version = null, string mediaType = "application/json", string path = "/mcp")
    {
        using HttpRequestMessage request = new(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, mediaType) };
        if (user is not null)
        {
            request.Headers.Add("X-User", user);
        }

        if (version is not null)
        {
            request.Headers.Add("MCP-Protocol-Version", version);
        }

        HttpResponseMessage response = await Client.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(), response);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
