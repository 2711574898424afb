using System.Net.Sockets;

namespace Sluice.Gateway.Proxy;

/// <summary>Why an upstream gave no answer, in words for whoever calls and for whoever runs the gateway.</summary>
/// <param name="Reason">A clause without addresses or secrets: <c>it refused the connection</c>.</param>
internal sealed record UpstreamFailure(string Reason)
{
    internal static UpstreamFailure From(Exception exception) => new(exception switch
    {
        OperationCanceledException => "it did not accept the connection in time",
        HttpRequestException { InnerException: SocketException socket } => Describe(socket),
        HttpRequestException http => Describe(http.HttpRequestError),
        _ => "the request failed",
    });

    private static string Describe(SocketException socket) => socket.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => "it refused the connection",
        SocketError.HostNotFound or SocketError.NoData => "its host name is not known",
        SocketError.TimedOut => "it did not accept the connection in time",
        SocketError.HostUnreachable or SocketError.NetworkUnreachable => "there is no route to it",
        _ => "the connection failed",
    };

    private static string Describe(HttpRequestError error) => error switch
    {
        HttpRequestError.NameResolutionError => "its host name is not known",
        HttpRequestError.ConnectionError => "the connection failed",
        HttpRequestError.SecureConnectionError => "the TLS handshake failed",
        HttpRequestError.ResponseEnded => "it closed the connection without an answer",
        HttpRequestError.InvalidResponse or HttpRequestError.HttpProtocolError => "its answer is not valid HTTP",
        HttpRequestError.ConfigurationLimitExceeded => "its answer's headers are too large",
        _ => "the request failed",
    };
}
