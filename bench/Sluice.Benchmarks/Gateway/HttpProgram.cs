using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Sluice.Benchmarks;

/// <summary>A program that answers HTTP/1.1 on a free port of the loopback address until its standard input ends.</summary>
internal static class HttpProgram
{
    /// <summary>Runs it.</summary>
    /// <param name="answer">Answers a request.</param>
    /// <param name="configure">Sets up what listens; or null.</param>
    internal static async Task RunAsync(RequestDelegate answer, Action<KestrelServerOptions>? configure = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            configure?.Invoke(kestrel);
            kestrel.Listen(IPAddress.Loopback, port: 0, endpoint => endpoint.Protocols = HttpProtocols.Http1);
        });
        await using WebApplication application = builder.Build();
        application.Run(answer);
        await application.StartAsync();
        Console.WriteLine($"listening on {application.Urls.First()}");
        await Console.In.ReadToEndAsync();
        await application.StopAsync();
    }
}
