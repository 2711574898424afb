using Sluice.Mcp;
using Yarp.ReverseProxy.Forwarder;

namespace Sluice.Gateway;

/// <summary>An MCP server that is reached over HTTP. YARP forwards; this sets what YARP leaves open, and names what went wrong.</summary>
/// <remarks>
/// <para>A request is sent once: a call that may have run is never repeated.</para>
/// <para>Thread safety: any number of requests at a time.</para>
/// </remarks>
internal sealed partial class HttpUpstream : IUpstream
{
    // Streams are silent for hours, so YARP's own timeout is off. The wait for the head of an answer is bounded here.
    private static readonly ForwarderRequestConfig Forwarding = new()
    {
        ActivityTimeout = Timeout.InfiniteTimeSpan,
        Version = System.Net.HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionOrHigher,
    };

    private readonly string _server;
    private readonly Uri _address;
    private readonly string _destination;
    private readonly TimeSpan _timeout;
    private readonly StreamKeepAlive _keepAlive;
    private readonly IHttpForwarder _forwarder;
    private readonly HttpMessageInvoker _connections;
    private readonly ILogger _logger;

    /// <param name="server">The server's name, for the log.</param>
    /// <param name="address">Where the server answers.</param>
    /// <param name="timeout">How long it may take to begin an answer that is not a long stream.</param>
    /// <param name="forwarder">What forwards.</param>
    /// <param name="connections">The connections to the server, from <see cref="Connect"/>.</param>
    /// <param name="keepAlive">How event streams are kept open, and the clock of the timeout too.</param>
    /// <param name="logger">The log.</param>
    internal HttpUpstream(
        string server,
        Uri address,
        TimeSpan timeout,
        IHttpForwarder forwarder,
        HttpMessageInvoker connections,
        StreamKeepAlive keepAlive,
        ILogger<HttpUpstream> logger)
    {
        _server = server;
        _address = address;
        _destination = address.GetLeftPart(UriPartial.Authority);
        _timeout = timeout;
        _keepAlive = keepAlive;
        _forwarder = forwarder;
        _connections = connections;
        _logger = logger;
    }

    /// <summary>Connections to a server; several upstreams may use them.</summary>
    /// <param name="time">The clock of what is quiet for too long.</param>
    internal static HttpMessageInvoker Connect(TimeProvider time) => new(
        new BufferedBodies(new QuietStreams(new Redirects(new CheckedAnswers(UpstreamConnections.Create())), time)));

    public async Task<UpstreamFailure?> ForwardAsync(
        HttpContext context,
        byte[]? body,
        McpMessage? message,
        CallerIdentity caller,
        CancellationToken ends)
    {
        bool isLongStream = message?.IsLongStream ?? HttpMethods.IsGet(context.Request.Method);
        using AnswerWait wait = isLongStream ? AnswerWait.Until(ends) : AnswerWait.For(_timeout, _keepAlive.Time);
        HttpUpstreamTransformer transformer = new(_address, body, isLongStream, wait, _keepAlive, ends);
        context.Request.Headers.Remove("Upgrade"); // YARP would open a tunnel, in which nothing is metered.
        try
        {
            ForwarderError error = await _forwarder.SendAsync(context, _destination, _connections, Forwarding, transformer, wait.Token);
            return error == ForwarderError.None ? null : Explain(context, error, wait);
        }
        finally
        {
            await EventStreamBody.EndAsync(context);
        }
    }

    private UpstreamFailure Explain(HttpContext context, ForwarderError error, AnswerWait wait)
    {
        context.RequestAborted.ThrowIfCancellationRequested();
        Exception cause = context.Features.Get<IForwarderErrorFeature>()?.Exception
            ?? throw new InvalidOperationException($"YARP gives no reason for {error}.");
        if (context.Response.HasStarted)
        {
            throw new UpstreamBrokeOffException(cause);
        }

        if (cause is UpstreamRefusedException refused)
        {
            Log.Refused(_logger, _server, refused.Message);
            return refused.Failure;
        }

        return (error, cause) switch
        {
            (_, HttpRequestException exception) => UpstreamFailure.From(exception),
            (_, OperationCanceledException) when wait.IsOver => wait.Failure,
            (_, OperationCanceledException) => UpstreamFailure.NotConnected,
            (ForwarderError.ResponseHeaders, _) => UpstreamFailure.NotHttp,
            _ => UpstreamFailure.BrokeOff,
        };
    }

    private static partial class Log
    {
        [LoggerMessage(20, LogLevel.Warning, "An answer of the server '{Server}' was not taken: {Detail}.")]
        internal static partial void Refused(ILogger logger, string server, string detail);
    }
}
