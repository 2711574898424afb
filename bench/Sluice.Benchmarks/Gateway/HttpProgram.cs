using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Sluice.Benchmarks;

/// <summary>A program that answers HTTP/1.1 on a free port of the loopback address until its standard input ends.</summary>
internal static class HttpProgram
{
    /// <summary>Runs it.</summary>
    /// <param name="answer">Answers a request.</param>
    internal static Task RunAsync(RequestDelegate answer) => RunAsync(_ => answer, _ => { }, _ => { });

    /// <summary>Runs it.</summary>
    /// <param name="answer">Makes what answers a request.</param>
    /// <param name="addServices">Adds what that needs.</param>
    /// <param name="configure">Sets up what listens.</param>
    internal static async Task RunAsync(
        Func<WebApplication, RequestDelegate> answer, Action<IServiceCollection> addServices, Action<KestrelServerOptions> configure)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            configure(kestrel);
            kestrel.Listen(IPAddress.Loopback, port: 0, endpoint => endpoint.Protocols = HttpProtocols.Http1);
        });
        addServices(builder.Services);
        await using WebApplication application = builder.Build();
        application.Run(answer(application));
        await application.StartAsync();
        Console.WriteLine($"listening on {application.Urls.First()}");
        await Console.In.ReadToEndAsync();
        await application.StopAsync();
    }
}
