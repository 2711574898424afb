using Microsoft.Extensions.Logging;

namespace Sluice.Redis;

/// <summary>
/// Opens after several failures of Redis in a row, or when Redis rejects a command that the script needs. Calls then do not wait. It closes
/// when a check by the script itself succeeds.
/// </summary>
/// <remarks>Thread safety: any thread may use it.</remarks>
internal sealed partial class Breaker : IDisposable
{
    /// <summary>So many failures in a row open it.</summary>
    internal const int Threshold = 3;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CallFaultsEvery = TimeSpan.FromMinutes(1);

    private readonly string _name;
    private readonly ServerCheck _check;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _disposed = new();
    private readonly Lock _gate = new();
    private int _failures;
    private volatile bool _isOpen;
    private long _openedTimestamp;
    private long _fallbackDecisions;
    private long _fallbackDecisionsBefore;
    private long _callFaults;
    private long _callFaultLoggedTimestamp;

    /// <param name="name">The MCP server whose calls it lets through, for messages.</param>
    /// <param name="check">Tells whether Redis can decide.</param>
    /// <param name="timeout">How long a check may take: as long as a call, since a slower server decides nothing.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Takes transitions.</param>
    internal Breaker(string name, ServerCheck check, TimeSpan timeout, TimeProvider time, ILogger logger)
    {
        _name = name;
        _check = check;
        _timeout = timeout;
        _time = time;
        _logger = logger;
    }

    /// <summary>Told of each failure.</summary>
    internal event Action<RedisFaultKind>? Failed;

    /// <summary>Told once whenever it opens.</summary>
    internal event Action? Opened;

    /// <summary>Told once whenever it closes.</summary>
    internal event Action? Closed;

    /// <summary>Whether no call is sent.</summary>
    internal bool IsOpen => _isOpen;

    /// <summary>Whether the last run was not answered in time, or no call is sent.</summary>
    internal bool HasFailures => _isOpen || Volatile.Read(ref _failures) != 0;

    /// <summary>How many calls were decided without Redis, ever.</summary>
    internal long FallbackDecisions => Interlocked.Read(ref _fallbackDecisions);

    /// <summary>Counts a call that was decided without Redis.</summary>
    internal void NoteFallbackDecision() => Interlocked.Increment(ref _fallbackDecisions);

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
        Count(kind);
        if (Interlocked.Increment(ref _failures) < Threshold && kind != RedisFaultKind.Refused)
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
        _ = CheckUntilItSucceedsAsync();
    }

    /// <summary>Notes a run that failed because of its keys, which does not mean that the server has failed.</summary>
    internal void NoteFaultOfACall(RedisFaultException fault)
    {
        Count(fault.Kind);
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

    private void Count(RedisFaultKind kind)
    {
        StoreFaults.Count(kind);
        Failed?.Invoke(kind);
    }

    private async Task CheckUntilItSucceedsAsync()
    {
        CancellationToken disposed = _disposed.Token;
        TimeSpan pause = FirstPause;
        try
        {
            do
            {
                await Task.Delay(pause, _time, disposed).ConfigureAwait(false);
                pause = pause * 2 > LongestPause ? LongestPause : pause * 2;
            }
            while (!await SucceedsAsync(disposed).ConfigureAwait(false));

            Close();
        }
        catch (OperationCanceledException) when (disposed.IsCancellationRequested)
        {
            // The store was closed.
        }
    }

    private async Task<bool> SucceedsAsync(CancellationToken disposed)
    {
        if (await IsDoneAsync(_check.RunAsync(), _timeout, disposed).ConfigureAwait(false))
        {
            return true;
        }

        await IsDoneAsync(_check.RefreshAsync(), LongestPause, disposed).ConfigureAwait(false);
        return false;
    }

    private async Task<bool> IsDoneAsync(Task step, TimeSpan within, CancellationToken disposed)
    {
        try
        {
            if (!await PacedWait.ForAsync(step, within, _time, disposed).ConfigureAwait(false))
            {
                Log.CheckFailed(_logger, _name, $"no answer within {within.TotalMilliseconds} ms");
                return false;
            }

            await step.ConfigureAwait(false);
            return true;
        }
        catch (RedisFaultException fault)
        {
            Log.CheckFailed(_logger, _name, fault.Message);
            return false;
        }
    }

    private void Close()
    {
        TimeSpan outage = _time.GetElapsedTime(_openedTimestamp);
        long without = FallbackDecisions;
        Log.Closed(_logger, _name, outage, without - _fallbackDecisionsBefore);
        _fallbackDecisionsBefore = without;
        Volatile.Write(ref _failures, 0);
        _isOpen = false;
        Closed?.Invoke();
    }
}
