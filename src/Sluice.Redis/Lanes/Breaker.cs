using Microsoft.Extensions.Logging;

namespace Sluice.Redis;

/// <summary>Opens when Redis fails again and again, so that a call costs no time then, and closes when a probe was written.</summary>
/// <remarks>Thread safety: any thread may use it.</remarks>
internal sealed partial class Breaker : IDisposable
{
    /// <summary>So many failures in a row open it.</summary>
    internal const int Threshold = 3;

    /// <summary>After so many probes in a row without an answer the connection itself is taken to be dead.</summary>
    private const int SilentProbes = 5;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CallFaultsEvery = TimeSpan.FromMinutes(1);

    private readonly string _name;
    private readonly string _probeKey;
    private readonly TimeSpan _timeout;
    private readonly IRedisConnection _connection;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _disposed = new();
    private readonly Lock _gate = new();
    private int _failures;
    private volatile bool _isOpen;
    private long _openedTimestamp;
    private long _decidedWithout;
    private long _decidedWithoutBefore;
    private long _callFaults;
    private long _callFaultLoggedTimestamp;

    internal Breaker(string name, string probeKey, TimeSpan timeout, IRedisConnection connection, TimeProvider time, ILogger logger)
    {
        _name = name;
        _probeKey = probeKey;
        _timeout = timeout;
        _connection = connection;
        _time = time;
        _logger = logger;
    }

    /// <summary>Told once whenever it opens.</summary>
    internal event Action? Opened;

    /// <summary>Whether no call is sent.</summary>
    internal bool IsOpen => _isOpen;

    /// <summary>How many calls were decided without Redis, ever.</summary>
    internal long DecidedWithout => Interlocked.Read(ref _decidedWithout);

    /// <summary>Counts a call that was decided without Redis.</summary>
    internal void NoteDecidedWithout() => Interlocked.Increment(ref _decidedWithout);

    /// <summary>Notes a run that was answered in time.</summary>
    internal void NoteAnswer()
    {
        if (Volatile.Read(ref _failures) != 0)
        {
            Volatile.Write(ref _failures, 0);
        }
    }

    /// <summary>Notes a run that was not answered, or not in time.</summary>
    internal void NoteFault(RedisFaultKind kind, string message)
    {
        if (Interlocked.Increment(ref _failures) < Threshold)
        {
            return;
        }

        lock (_gate)
        {
            if (_isOpen || _disposed.IsCancellationRequested)
            {
                return;
            }

            _isOpen = true;
            _openedTimestamp = _time.GetTimestamp();
        }

        Log.Opened(_logger, _name, kind, message);
        Opened?.Invoke();
        _ = ProbeUntilItAnswersAsync();
    }

    /// <summary>Notes a run that failed for a reason that lies in its keys, and says nothing of the server.</summary>
    internal void NoteFaultOfACall(RedisFaultException fault)
    {
        long count;
        lock (_gate)
        {
            _callFaults++;
            long now = _time.GetTimestamp();
            if (_callFaultLoggedTimestamp != 0 && _time.GetElapsedTime(_callFaultLoggedTimestamp, now) < CallFaultsEvery)
            {
                return;
            }

            _callFaultLoggedTimestamp = now;
            count = _callFaults;
            _callFaults = 0;
        }

        Log.CallFailed(_logger, _name, count, fault.Message);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed.Cancel();
        _disposed.Dispose();
    }

    private async Task ProbeUntilItAnswersAsync()
    {
        CancellationToken disposed = _disposed.Token;
        TimeSpan pause = FirstPause;
        int silent = 0;
        try
        {
            while (true)
            {
                await Task.Delay(pause, _time, disposed).ConfigureAwait(false);
                RedisFaultKind? fault = await ProbeAsync().ConfigureAwait(false);
                if (fault is null)
                {
                    Close();
                    return;
                }

                silent = fault == RedisFaultKind.Timeout ? silent + 1 : 0;
                bool isDead = silent % SilentProbes == SilentProbes - 1;
                await RepairAsync(isDead).ConfigureAwait(false);
                pause = pause * 2 > LongestPause ? LongestPause : pause * 2;
            }
        }
        catch (OperationCanceledException) when (disposed.IsCancellationRequested)
        {
            // The store was closed.
        }
    }

    private async Task<RedisFaultKind?> ProbeAsync()
    {
        try
        {
            // As long as a call may take: a server that is slower than that decides nothing.
            await _connection.ProbeAsync(_probeKey).WaitAsync(_timeout, _time).ConfigureAwait(false);
            return null;
        }
        catch (TimeoutException)
        {
            return RedisFaultKind.Timeout;
        }
        catch (RedisFaultException fault)
        {
            return fault.Kind;
        }
    }

    // A replica may have taken over, or the server may be alive behind a connection that is not.
    private async Task RepairAsync(bool isDead)
    {
        try
        {
            Task repair = isDead ? _connection.ReconnectAsync() : _connection.RefreshAsync();
            await repair.WaitAsync(LongestPause, _time).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is TimeoutException or RedisFaultException)
        {
            Log.RepairFailed(_logger, _name, fault.Message);
        }
    }

    private void Close()
    {
        TimeSpan outage = _time.GetElapsedTime(_openedTimestamp);
        long without = DecidedWithout;
        Log.Closed(_logger, _name, outage, without - _decidedWithoutBefore);
        _decidedWithoutBefore = without;
        Volatile.Write(ref _failures, 0);
        _isOpen = false;
    }
}
