using System.Net.Sockets;

namespace Sluice.Gateway;

/// <summary>Why an upstream gave no answer, in words for whoever calls and for whoever runs the gateway.</summary>
/// <param name="Status">The HTTP status for the caller.</param>
/// <param name="Reason">A clause without addresses or secrets: <c>it refused the connection</c>.</param>
internal sealed record UpstreamFailure(int Status, string Reason)
{
    /// <summary>The connection took too long.</summary>
    internal static UpstreamFailure NotConnected { get; } = BadGateway("it did not accept the connection in time");

    /// <summary>The answer did not begin within the server's timeout.</summary>
    internal static UpstreamFailure TooLate { get; } =
        new(StatusCodes.Status504GatewayTimeout, "it did not begin an answer within its timeout");

    internal static UpstreamFailure From(HttpRequestException exception) => BadGateway(
        exception.InnerException is SocketException socket ? Describe(socket) : Describe(exception.HttpRequestError));

    private static UpstreamFailure BadGateway(string reason) => new(StatusCodes.Status502BadGateway, reason);

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
