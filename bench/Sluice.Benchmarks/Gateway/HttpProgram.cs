using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Sluice.Benchmarks;

/// <summary>A program that answers HTTP/1.1 on a free port of the loopback address until its standard input ends.</summary>
internal static class HttpProgram
{
    internal static async Task RunAsync(RequestDelegate answer)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
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
