using System.Net.Sockets;

namespace Sluice.Gateway;

/// <summary>Why an upstream gave no answer, in words for the caller and for the operator of the gateway.</summary>
/// <param name="Status">The HTTP status for the caller.</param>
/// <param name="Reason">A clause without addresses or secrets: <c>it refused the connection</c>.</param>
/// <param name="RetryAfter">When it may answer again; null when that is unknown.</param>
/// <param name="CanHaveRun">
/// Whether the server can have received the request, so that a call can have run. False only where it certainly has not;
/// a failure of unknown kind counts as received.
/// </param>
internal sealed record UpstreamFailure(int Status, string Reason, TimeSpan? RetryAfter = null, bool CanHaveRun = true)
{
    /// <summary>The connection took too long.</summary>
    internal static UpstreamFailure NotConnected { get; } = NeverSent("it did not accept the connection in time");

    /// <summary>The answer did not begin within the server's timeout.</summary>
    internal static UpstreamFailure TooLate { get; } =
        new(StatusCodes.Status504GatewayTimeout, "it did not begin an answer within its timeout");

    /// <summary>A stream was to end before the server answered.</summary>
    internal static UpstreamFailure StreamEnded { get; } =
        new(StatusCodes.Status503ServiceUnavailable, "the stream ended before it answered", TimeSpan.FromSeconds(1));

    /// <summary>The head of the answer cannot be sent on.</summary>
    internal static UpstreamFailure NotHttp { get; } = BadGateway("its answer is not valid HTTP");

    /// <summary>The connection broke between the head of the answer and its body.</summary>
    internal static UpstreamFailure BrokeOff { get; } = BadGateway("it broke off its answer");

    /// <summary>It redirects to another origin, which is not followed. Where to is for the log alone.</summary>
    internal static UpstreamFailure RedirectedElsewhere(bool canHaveRun) => new(
        StatusCodes.Status502BadGateway,
        "it redirects to another address, and redirects are followed within its own scheme, host and port only",
        CanHaveRun: canHaveRun);

    /// <summary>It redirects and does not come to an end.</summary>
    internal static UpstreamFailure RedirectedTooOften(bool canHaveRun) =>
        new(StatusCodes.Status502BadGateway, "it redirects more than 3 times", CanHaveRun: canHaveRun);

    /// <summary>A process leaves unread what it is sent. The call knows that it was not written.</summary>
    internal static UpstreamFailure NotReading { get; } =
        new(StatusCodes.Status503ServiceUnavailable, "its process does not read what it is sent", TimeSpan.FromSeconds(1));

    /// <summary>A process wrote a line that is too long.</summary>
    internal static UpstreamFailure AnswerTooLarge { get; } = BadGateway("its answer is too large");

    /// <summary>A process answered with something that is not a message, or does not name a call.</summary>
    internal static UpstreamFailure AnswerUnreadable { get; } = BadGateway("its answer is not a JSON-RPC message with the id of a call");

    /// <summary>A process did not answer <c>initialize</c> with a result.</summary>
    internal static UpstreamFailure NotInitialized { get; } = NeverSent("its process rejected initialize");

    /// <summary>All sessions of a server are in use.</summary>
    /// <param name="wait">The time until one can end at the earliest.</param>
    internal static UpstreamFailure TooManySessions(TimeSpan wait) =>
        new(StatusCodes.Status503ServiceUnavailable, "all of its sessions are in use", wait, CanHaveRun: false);

    /// <summary>A user has the most sessions, and each of them has a call in flight.</summary>
    /// <param name="max">How many sessions that are.</param>
    /// <param name="wait">The time until one can end at the earliest.</param>
    internal static UpstreamFailure TooManySessionsOfUser(int max, TimeSpan wait) => new(
        StatusCodes.Status503ServiceUnavailable,
        $"its caller has {max} sessions, each with a call in flight, and may have no more",
        wait,
        CanHaveRun: false);

    /// <summary>Processes were started as fast as they may be.</summary>
    internal static UpstreamFailure TooManyStarts(TimeSpan wait) => new(
        StatusCodes.Status503ServiceUnavailable, "no more of its processes may be started yet", wait, CanHaveRun: false);

    /// <summary>Processes were started for one user as fast as they may be.</summary>
    internal static UpstreamFailure TooManyStartsOfUser(TimeSpan wait) => new(
        StatusCodes.Status503ServiceUnavailable, "no more of its processes may be started for its caller yet", wait, CanHaveRun: false);

    /// <summary>The gateway stops.</summary>
    internal static UpstreamFailure Stopping { get; } =
        new(StatusCodes.Status503ServiceUnavailable, "the gateway stops", TimeSpan.FromSeconds(1), CanHaveRun: false);

    /// <summary>The gateway stops, and the call took longer than the drain.</summary>
    internal static UpstreamFailure Cut { get; } =
        new(StatusCodes.Status503ServiceUnavailable, "the gateway is stopping", TimeSpan.FromSeconds(1));

    /// <summary>A process failed a moment ago, and is given time.</summary>
    internal static UpstreamFailure BackingOff(TimeSpan wait) =>
        new(StatusCodes.Status503ServiceUnavailable, "its process failed and is not started again yet", wait, CanHaveRun: false);

    /// <summary>A process ended while it had calls.</summary>
    internal static UpstreamFailure ProcessEnded(int exitCode) => BadGateway($"its process ended with exit code {exitCode}");

    /// <summary>A command could not be started; why is for the log alone, since it names paths.</summary>
    internal static UpstreamFailure NotStarted { get; } = NeverSent("its command could not be started");

    internal static UpstreamFailure From(HttpRequestException exception) => new(
        StatusCodes.Status502BadGateway,
        exception.InnerException is SocketException socket ? Describe(socket) : Describe(exception.HttpRequestError),
        CanHaveRun: !IsBeforeTheRequest(exception.HttpRequestError));

    private static UpstreamFailure BadGateway(string reason) => new(StatusCodes.Status502BadGateway, reason);

    private static UpstreamFailure NeverSent(string reason) => BadGateway(reason) with { CanHaveRun = false };

    // These three name the steps that end before the first byte of a request is written. A connection that breaks later has
    // another kind, even where a socket is its cause.
    private static bool IsBeforeTheRequest(HttpRequestError error) =>
        error is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError;

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
