using System.Text;

namespace Sluice.Gateway;

/// <summary>A process that several clients share: started when it is first wanted, and again when it is wanted after its end.</summary>
/// <remarks>Thread safety: every member may be called from any thread.</remarks>
internal sealed class SharedProcess : IAsyncDisposable
{
    private const string DefaultVersion = "2025-11-25";

    private const string InitializeRequest =
        """{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"capabilities":{},"clientInfo":""";

    /// <summary>How long a process that answers must have lived for its end not to count as a failure.</summary>
    private static readonly TimeSpan UsefulLife = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _starting = new(1, 1);
    private readonly StartGate _gate;
    private readonly Func<Action<StdioConnection>, StdioConnection> _start;
    private readonly Func<TimeSpan> _timeout;
    private readonly TimeProvider _time;
    private readonly bool _initializes;
    private volatile StdioConnection? _current;
    private volatile bool _isDisposed;
    private string? _version;

    /// <param name="start">Starts a process; its argument is called when the process has ended.</param>
    /// <param name="initializes">Whether it is of the legacy era, so that the gateway has to initialize it.</param>
    /// <param name="timeout">How long that may take.</param>
    /// <param name="time">The clock.</param>
    internal SharedProcess(
        Func<Action<StdioConnection>, StdioConnection> start, bool initializes, Func<TimeSpan> timeout, TimeProvider time)
    {
        _start = start;
        _initializes = initializes;
        _timeout = timeout;
        _time = time;
        _gate = new StartGate(time);
    }

    /// <summary>What the process answered to <c>initialize</c>, as the bytes of its JSON; empty before.</summary>
    internal ReadOnlyMemory<byte> InitializeResult { get; private set; }

    /// <summary>The process, which is started if necessary, or the reason why there is none.</summary>
    /// <param name="version">The protocol version to ask for when it is started for the first time; null for the newest.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    internal async Task<(StdioConnection? Process, UpstreamFailure? Failure)> GetAsync(
        string? version, CancellationToken cancellationToken)
    {
        if (_current is { IsAlive: true } alive)
        {
            return (alive, null);
        }

        await _starting.WaitAsync(cancellationToken);
        try
        {
            if (_current is { IsAlive: true } started)
            {
                return (started, null);
            }

            TimeSpan wait = _gate.Remaining;
            return _isDisposed ? (null, UpstreamFailure.Stopping)
                : wait > TimeSpan.Zero ? (null, UpstreamFailure.BackingOff(wait))
                : await StartAsync(version);
        }
        finally
        {
            _starting.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _starting.WaitAsync();
        _isDisposed = true;
        _starting.Release();
        if (_current is StdioConnection process)
        {
            await process.StopAsync();
        }
    }

    private async Task<(StdioConnection? Process, UpstreamFailure? Failure)> StartAsync(string? version)
    {
        long startedTimestamp = _time.GetTimestamp();
        StdioConnection process;
        try
        {
            process = _start(ended => RecordExit(ended, startedTimestamp));
        }
        catch (CommandNotStartedException)
        {
            _gate.Failed();
            return (null, UpstreamFailure.NotStarted);
        }

        if (_initializes && await InitializeAsync(process, version) is UpstreamFailure failure)
        {
            if (process.IsAlive)
            {
                _gate.Failed(); // Its end would have been counted.
            }

            await process.StopAsync();
            return (null, failure with { CanHaveRun = false });
        }

        _current = process;
        return (process, null);
    }

    private void RecordExit(StdioConnection process, long startedTimestamp)
    {
        if (process.WasStopped)
        {
            return; // By the gateway: that says nothing about the process.
        }

        if (process.HasAnswered && _time.GetElapsedTime(startedTimestamp) >= UsefulLife)
        {
            _gate.Succeeded();
        }
        else
        {
            _gate.Failed();
        }
    }

    // Without capabilities, since no client could be told from another when the process asks for something.
    private async Task<UpstreamFailure?> InitializeAsync(StdioConnection process, string? version)
    {
        _version ??= IsVersion(version) ? version : DefaultVersion;
        StdioCall call = process.Begin(
            Encoding.UTF8.GetBytes(InitializeRequest + $$"""{"name":"sluice","version":"{{GatewayVersion.Text}}"},"protocolVersion":"{{_version}}" } }"""),
            owner: this,
            canStream: false);
        QueuedMessage? answer;
        using CancellationTokenSource late = new(_timeout(), _time);
        try
        {
            answer = await call.NextAsync(late.Token);
        }
        catch (OperationCanceledException)
        {
            return UpstreamFailure.TooLate;
        }

        if (answer?.Bytes is not ReadOnlyMemory<byte> message)
        {
            return call.Failure;
        }

        if (MessageParts.Read(message.Span)?.Result is not Range result)
        {
            return UpstreamFailure.NotInitialized;
        }

        InitializeResult = message[result];
        process.Send("""{"jsonrpc":"2.0","method":"notifications/initialized"}"""u8);
        return null;
    }

    // It is written into a message, so it is nothing but a date.
    private static bool IsVersion(string? version) =>
        version is { Length: 10 } && version.All(c => char.IsAsciiDigit(c) || c == '-');
}
