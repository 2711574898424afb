using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Sluice.Redis;

/// <summary>
/// Keeps processes apart that would keep the same buckets in different ways: with shares and without, with other values of shares, or
/// of another version. A bucket would count twice.
/// </summary>
/// <remarks>
/// A mark in Redis names the way of the processes that run. It expires when none of them has renewed it for <see cref="Expires"/>, so
/// after all have stopped another way can be used. Thread safety: any thread may ask.
/// </remarks>
internal sealed partial class LayoutGuard : IAsyncDisposable
{
    private const string RowsWay = "no shares";
    private const string Evicts = "evicts ";
    private static readonly TimeSpan Expires = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(50);

    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private readonly IRedisConnection _connection;
    private readonly string _prefix;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private Task _loop = Task.CompletedTask;
    private Task _check = Task.CompletedTask;
    private string _way;
    private bool _divides;
    private volatile LayoutState _state;
    private volatile string? _why;
    private string? _whyOff;

    /// <param name="connection">The connection.</param>
    /// <param name="prefix">What every key begins with.</param>
    /// <param name="shares">The options of shares; null for none.</param>
    /// <param name="time">The clock of this process.</param>
    /// <param name="logger">Takes the reason why the keys cannot be used.</param>
    internal LayoutGuard(IRedisConnection connection, string prefix, RedisSharesOptions? shares, TimeProvider time, ILogger logger)
    {
        _connection = connection;
        _prefix = prefix;
        _time = time;
        _logger = logger;
        _divides = shares is not null;
        _state = _divides ? LayoutState.Unknown : LayoutState.Rows;
        _way = shares is null ? RowsWay : string.Create(
            CultureInfo.InvariantCulture, $"shares 2, ttl {shares.Ttl.TotalMilliseconds} ms, minCapacity {shares.MinCapacity}");
    }

    /// <summary>How this process may use the keys.</summary>
    internal LayoutState State => _state;

    /// <summary>Why shares are off or the keys are not used, as a sentence; null when neither is so.</summary>
    internal string? Why => _why;

    /// <summary>Begins to mark the keys. Call it once.</summary>
    internal void Start() => _loop = LoopAsync();

    /// <summary>Marks the keys now. Without an answer everything stays as it is.</summary>
    internal Task CheckAsync()
    {
        lock (_gate)
        {
            return _check.IsCompleted ? _check = CheckOnceAsync() : _check;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task CheckOnceAsync()
    {
        try
        {
            string against = await MarkAsync().ConfigureAwait(false);
            if (against.StartsWith(Evicts, StringComparison.Ordinal) && NoteEviction(against.Split(' ', 2)[1]))
            {
                against = await MarkAsync().ConfigureAwait(false);
            }

            Note(against.Split(' ', 2));
        }
        catch (RedisFaultException fault)
        {
            Log.NotMarked(_logger, fault.Message);
        }
    }

    private async Task LoopAsync()
    {
        try
        {
            while (true)
            {
                await PacedWait.ForAsync(CheckAsync(), Interval, _time, _stopping.Token).ConfigureAwait(false);
                await Task.Delay(_state == LayoutState.Unknown ? FirstRetry : Interval, _time, _stopping.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The store was closed.
        }
    }

    private async Task<string> MarkAsync()
    {
        string against = _divides ? await LayoutScript.Standard.CheckAsync(_connection, _prefix).ConfigureAwait(false) : "";
        return against.Length == 0 || (against.StartsWith(Evicts, StringComparison.Ordinal) && _state == LayoutState.Shares)
            ? Combine(against, await LayoutScript.Standard.MarkAsync(_connection, _prefix, _way, Expires).ConfigureAwait(false))
            : against;

        static string Combine(string check, string mark) => mark.Length > 0 ? mark : check;
    }

    private void Note(string[] against)
    {
        switch (against[0])
        {
            case "evicts":
                break; // Shares are in use, and stay so.
            case "":
                Agree();
                break;
            case "refused":
                Reject(
                    LayoutState.Unknown,
                    $"Redis rejects commands that shares need: {against[1].TrimEnd('.')}. "
                        + $"They need these rights beside those of the store: {RedisFaults.ShareRights}.");
                break;
            default:
                Reject(
                    LayoutState.Rejected,
                    $"The keys '{_prefix}:*' are in use by a process with '{against[1]}', and this one has '{_way}'. "
                        + "Give all processes the same 'shares', or another keyPrefix.");
                break;
        }
    }

    private void Agree()
    {
        if (_state == LayoutState.Rejected)
        {
            Log.Accepted(_logger, _prefix);
        }

        _why = _whyOff;
        _state = _divides ? LayoutState.Shares : LayoutState.Rows;
    }

    // Says whether shares are off now, so that the keys are to be marked in another way.
    private bool NoteEviction(string policy)
    {
        string why = $"Redis evicts keys (maxmemory-policy {policy}), and shares need noeviction.";
        if (_state == LayoutState.Shares)
        {
            // An evicted key only begins a new epoch, so what is divided stays divided.
            if (_why != why)
            {
                Log.Evicting(_logger, why, "They stay in use until this process stops. Set it back to noeviction.");
            }

            _why = why;
            return false;
        }

        Log.Evicting(_logger, why, "They are off, and Redis decides every call. Set noeviction and restart.");
        (_way, _divides, _whyOff) = (RowsWay, false, why);
        return true;
    }

    private void Reject(LayoutState state, string why)
    {
        if (_why != why)
        {
            Log.Rejected(_logger, why);
        }

        _why = why;
        _state = state;
    }

    private static partial class Log
    {
        [LoggerMessage(13, LogLevel.Error, "{Why} Until then, 'onStoreFailure' decides.", EventName = "LayoutRejected")]
        internal static partial void Rejected(ILogger logger, string why);

        [LoggerMessage(14, LogLevel.Information, "The keys '{Prefix}:*' can be used again.", EventName = "LayoutAccepted")]
        internal static partial void Accepted(ILogger logger, string prefix);

        [LoggerMessage(15, LogLevel.Warning, "{Why} {What}", EventName = "SharesAndEviction")]
        internal static partial void Evicting(ILogger logger, string why, string what);

        [LoggerMessage(16, LogLevel.Debug, "The keys could not be marked: {Reason}", EventName = "LayoutNotMarked")]
        internal static partial void NotMarked(ILogger logger, string reason);
    }
}
