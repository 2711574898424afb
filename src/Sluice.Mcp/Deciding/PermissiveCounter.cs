using Microsoft.Extensions.Logging;

namespace Sluice.Mcp;

/// <summary>Counts the calls that one permissive limit would have rejected.</summary>
/// <remarks>Thread safety: any number of threads.</remarks>
internal sealed partial class PermissiveCounter : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly string _server;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private volatile bool _isCounting;
    private bool _isDisposed;
    private long _count;

    internal PermissiveCounter(RateLimit limit, TimeProvider time, ILogger logger)
    {
        Limit = limit.Name;
        _server = limit.Server;
        _logger = logger;
        _timer = time.CreateTimer(
            static counter => ((PermissiveCounter)counter!).Report(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The name of the limit.</summary>
    internal string Limit { get; }

    /// <summary>The report that it belongs to.</summary>
    internal PermissiveReport? Owner { get; set; }

    internal void Count()
    {
        Interlocked.Increment(ref _count);
        if (!_isCounting)
        {
            lock (_gate)
            {
                BeginLocked();
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _timer.Dispose();
            if (Interlocked.Exchange(ref _count, 0) is > 0 and long count)
            {
                Log.Counted(_logger, Limit, _server, count);
            }
        }
    }

    private void BeginLocked()
    {
        if (!_isCounting && !_isDisposed)
        {
            _isCounting = true;
            Log.Began(_logger, Limit, _server);
            _timer.Change(Interval, Timeout.InfiniteTimeSpan);
        }
    }

    private void Report()
    {
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            if (Interlocked.Exchange(ref _count, 0) is > 0 and long count)
            {
                Log.Counted(_logger, Limit, _server, count);
                _timer.Change(Interval, Timeout.InfiniteTimeSpan);
                return;
            }

            _isCounting = false;
            Log.Ended(_logger, Limit, _server);
            if (Interlocked.Read(ref _count) > 0)
            {
                BeginLocked(); // A call came in between and saw that the counter was still counting.
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            2, LogLevel.Information, "The permissive limit '{Limit}' of '{Server}' would now reject calls.", EventName = "PermissiveBegan")]
        internal static partial void Began(ILogger logger, string limit, string server);

        [LoggerMessage(
            3, LogLevel.Information,
            "The permissive limit '{Limit}' of '{Server}' would have rejected {Count} calls "
            + "since the last report.", EventName = "PermissiveCounted")]
        internal static partial void Counted(ILogger logger, string limit, string server, long count);

        [LoggerMessage(
            4, LogLevel.Information,
            "The permissive limit '{Limit}' of '{Server}' would no longer reject calls: "
            + "none in the last minute.", EventName = "PermissiveEnded")]
        internal static partial void Ended(ILogger logger, string limit, string server);
    }
}
