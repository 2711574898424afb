using Sluice.Gateway;

namespace Sluice.Benchmarks;

/// <summary>
/// The gateway's own forwarder behind the gateway's own listener, in a process of its own, with nothing read, known or decided in
/// between: the baseline.
/// </summary>
internal static class BareForwarder
{
    internal const string Word = "forwarder";

    internal static async Task RunAsync(Uri server)
    {
        await using UpstreamForwarder forwarder = new(server, TimeSpan.FromMinutes(10), TimeProvider.System);
        await HttpProgram.RunAsync(
            async context =>
            {
                using StreamContent? body = context.Request.ContentLength > 0 ? new StreamContent(context.Request.Body) : null;
                UpstreamFailure? failure = await forwarder.ForwardAsync(context, body, withheldHeader: null, ends: default);
                Require.That(failure is null, $"The server did not answer: {failure?.Reason}.");
            },
            kestrel => GatewayApplication.Configure(kestrel, ServingBounds.Default));
    }
}
