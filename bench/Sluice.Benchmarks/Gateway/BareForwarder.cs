using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Sluice.Gateway;
using Yarp.ReverseProxy.Forwarder;

namespace Sluice.Benchmarks;

/// <summary>
/// YARP's forwarder with YARP's own transforms, behind a listener that is set up as the gateway's, in a process of its own: the
/// baseline.
/// </summary>
internal static class BareForwarder
{
    internal const string Word = "forwarder";

    internal static async Task RunAsync(Uri server)
    {
        string destination = server.GetLeftPart(UriPartial.Authority);
        ForwarderRequestConfig configuration = new()
        {
            ActivityTimeout = Timeout.InfiniteTimeSpan,
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrHigher,
        };
        using HttpMessageInvoker invoker = new(new SocketsHttpHandler
        {
            ActivityHeadersPropagator = null,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            UseProxy = false,
        });
        await HttpProgram.RunAsync(
            application =>
            {
                IHttpForwarder forwarder = application.Services.GetRequiredService<IHttpForwarder>();
                return async context =>
                {
                    ForwarderError error = await forwarder.SendAsync(context, destination, invoker, configuration, HttpTransformer.Empty);
                    Require.That(error == ForwarderError.None, $"The server did not answer: {error}.");
                };
            },
            services => services.AddHttpForwarder(),
            kestrel => GatewayApplication.Configure(kestrel, ServingBounds.Default));
    }
}
