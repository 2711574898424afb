using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Sluice.Gateway.Tests;

/// <summary>A server on loopback that answers as a test says, and remembers what reached it.</summary>
internal sealed class FakeUpstream : IAsyncDisposable
{
    private readonly WebApplication _application;

    private FakeUpstream(WebApplication application) => _application = application;

    internal Uri Endpoint => new(_application.Urls.First() + "/mcp");

    /// <summary>The requests that reached it, with their bodies.</summary>
    internal ConcurrentQueue<(IHeaderDictionary Headers, string Method, string Query, byte[] Body)> Received { get; } = [];

    internal static async Task<FakeUpstream> StartAsync(RequestDelegate answer)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0").ConfigureKestrel(kestrel =>
        {
            kestrel.RequestHeaderEncodingSelector = _ => Encoding.UTF8;
            kestrel.ResponseHeaderEncodingSelector = _ => Encoding.UTF8;
        });
        WebApplication application = builder.Build();
        FakeUpstream upstream = new(application);
        application.Run(async context =>
        {
            using MemoryStream body = new();
            await context.Request.Body.CopyToAsync(body);
            upstream.Received.Enqueue((
                new HeaderDictionary(context.Request.Headers.ToDictionary()),
                context.Request.Method,
                context.Request.QueryString.Value ?? "",
                body.ToArray()));
            context.Items["body"] = body.ToArray();
            await answer(context);
        });
        await application.StartAsync();
        return upstream;
    }

    /// <summary>An answer with a JSON body.</summary>
    internal static RequestDelegate Json(string body) => async context =>
    {
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(body);
    };

    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync();
        await _application.DisposeAsync();
    }
}
