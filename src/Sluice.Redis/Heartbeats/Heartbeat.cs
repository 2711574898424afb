using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace Sluice.Redis;

/// <summary>Announces this process in Redis, and knows which other processes there are.</summary>
/// <remarks>
/// <para>
/// All processes with the same key prefix are in one table in Redis. A process is known there by a random id, and its rank is its
/// place in the table. See <c>heartbeat.lua</c> for the table and <see cref="HeartbeatTimes"/> for the times.
/// </para>
/// <para>
/// What a process holds in Redis (a slot, a share) is marked with <see cref="Id"/>. It may use it while <see cref="IsAlive"/>. When
/// <see cref="HasEnded"/> says so of another id, what that id holds may be released: an id that has ended never comes back. After
/// <see cref="Lost"/>, what this process held under the old id is gone.
/// </para>
/// <para>Thread safety: any thread may ask. Heartbeats are sent one at a time.</para>
/// </remarks>
internal sealed partial class Heartbeat : IAsyncDisposable
{
    private readonly IRedisConnection _connection;
    private readonly HeartbeatScript _script;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly string[] _keys;
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _oneAtATime = new(1);
    private readonly HeartbeatWitness _witness = new();
    private readonly MissingProcesses _missing = new();
    private readonly long _origin;
    private readonly Lock _gate = new();
    private Task _loop = Task.CompletedTask;
    private List<ProcessBeat> _toName = [];
    private ulong _id = NewId();
    private ulong _before;
    private ulong _number;
    private bool _isRegistered;
    private bool _isFaultLogged;
    private volatile bool _isUnanswered;
    private long _trustedUntilTicks;
    private volatile Membership _members;
    private volatile ProcessBeat[] _processes = [];

    /// <param name="connection">The connection.</param>
    /// <param name="script">The script.</param>
    /// <param name="prefix">What every key begins with.</param>
    /// <param name="assumed">The membership until the store has been reached.</param>
    /// <param name="time">The clock of this process; it counts the time in which the machine sleeps.</param>
    /// <param name="logger">Takes what goes wrong.</param>
    internal Heartbeat(
        IRedisConnection connection, HeartbeatScript script, string prefix, Membership assumed, TimeProvider time, ILogger logger)
    {
        _connection = connection;
        _script = script;
        _time = time;
        _logger = logger;
        _keys = [prefix + ":heartbeats"];
        _members = assumed;
        _origin = time.GetTimestamp();
    }

    /// <summary>Told the old id, once, when this process learns that it has ended for the others.</summary>
    internal event Action<ulong>? Lost;

    /// <summary>Told once whenever Redis stops to answer heartbeats.</summary>
    internal event Action? Unanswered;

    /// <summary>Told once whenever Redis answers heartbeats again.</summary>
    internal event Action? Answered;

    /// <summary>Whether Redis answered the last heartbeat, if only with an error of its own; true until one has failed.</summary>
    internal bool IsAnswered => !_isUnanswered;

    /// <summary>The id of this process. It changes after <see cref="Lost"/>.</summary>
    internal ulong Id => Volatile.Read(ref _id);

    /// <summary>How many processes there are, and this one's rank, as of its last contact.</summary>
    internal Membership Members => _members;

    /// <summary>The ids that have ended and are still in the table, as of the last contact.</summary>
    internal IEnumerable<ulong> Ended => _processes.Where(process => process.HasEnded).Select(process => process.Id);

    /// <summary>
    /// Whether no other process can have named this one's end: its last heartbeat was sent less than
    /// <see cref="HeartbeatTimes.Trust"/> ago. A process that was frozen finds false here before anything else.
    /// </summary>
    internal bool IsAlive => Now.Ticks < Volatile.Read(ref _trustedUntilTicks);

    private TimeSpan Now => _time.GetElapsedTime(_origin);

    /// <summary>Begins to send heartbeats. Call it once.</summary>
    internal void Start() => _loop = Task.Run(LoopAsync);

    /// <summary>
    /// Whether a process has ended, as far as the others know: it is marked so in the table, or it has been missing there for
    /// <see cref="HeartbeatTimes.Validity"/> since this method was first asked about it.
    /// </summary>
    internal bool HasEnded(ulong id)
    {
        foreach (ProcessBeat process in _processes)
        {
            if (process.Id == id)
            {
                return process.HasEnded;
            }
        }

        return id != Id && _missing.IsLong(id);
    }

    /// <summary>Sends a heartbeat now. Says whether it was answered, and the process is in the table.</summary>
    /// <exception cref="OperationCanceledException">The store was closed.</exception>
    internal async Task<bool> BeatAsync()
    {
        await _oneAtATime.WaitAsync(_stopping.Token).ConfigureAwait(false);
        try
        {
            // The second heartbeat names the ends that the reply to the first one showed.
            bool isRegistered = await BeatOnceAsync().ConfigureAwait(false)
                && (_toName.Count == 0 || await BeatOnceAsync().ConfigureAwait(false));
            NoteAnswer(true);
            return isRegistered;
        }
        catch (RedisFaultException fault)
        {
            NoteFault(fault);
            return false;
        }
        catch (TimeoutException)
        {
            NoteAnswer(false);
            Log.Missed(_logger, "timeout");
            return false;
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    /// <summary>Stops, and takes this process out of the table.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        if (_isRegistered && _connection.IsReady)
        {
            await LeaveAsync().ConfigureAwait(false);
        }

        Volatile.Write(ref _trustedUntilTicks, 0);
        _stopping.Dispose();
        _oneAtATime.Dispose();
    }

    private async Task LoopAsync()
    {
        CancellationToken stopping = _stopping.Token;
        try
        {
            while (true)
            {
                Task<bool> beat = BeatAsync(); // It ends when the store is closed.
                if (!await PacedWait.ForAsync(beat, HeartbeatTimes.Patience, _time, CancellationToken.None).ConfigureAwait(false))
                {
                    NoteAnswer(false);
                }

                await beat.ConfigureAwait(false);
                TimeSpan pause = _members.IsKnown ? HeartbeatTimes.Interval : HeartbeatTimes.FirstRetry;
                await Task.Delay(pause, _time, stopping).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The store was closed.
        }
    }

    private async Task<bool> BeatOnceAsync()
    {
        if (!_connection.IsReady)
        {
            await _connection.ReadyAsync().WaitAsync(HeartbeatTimes.Interval, _time, _stopping.Token).ConfigureAwait(false);
        }

        if (await RunAsync().ConfigureAwait(false))
        {
            return true;
        }

        TakeNewId();
        return await RunAsync().ConfigureAwait(false);
    }

    private async Task<bool> RunAsync()
    {
        _number = _isRegistered ? _number + 1 : 1;
        TimeSpan begin = Now;
        byte[] message = HeartbeatMessage.Beat(_id, _before, _number, _toName);
        byte[] reply = await _script.RunAsync(_connection, _keys, message)
            .WaitAsync(HeartbeatTimes.Validity, _time, _stopping.Token).ConfigureAwait(false);
        TimeSpan end = Now;
        (bool isRegistered, ProcessBeat[] processes) = HeartbeatMessage.Read(reply);
        _processes = processes;
        _toName = _witness.Look(processes, _id, begin, end);
        _missing.Look(processes, end);
        int rank = Array.FindIndex(processes, process => process.Id == _id);
        if (!isRegistered || rank < 0)
        {
            return false;
        }

        _isRegistered = true;
        _before = 0;
        _isFaultLogged = false;
        _members = new Membership(processes.Length, rank, IsKnown: true);
        Volatile.Write(ref _trustedUntilTicks, (begin + HeartbeatTimes.Trust).Ticks);
        return true;
    }

    private void TakeNewId()
    {
        ulong old = _id;
        bool wasRegistered = _isRegistered;
        Volatile.Write(ref _trustedUntilTicks, 0);
        _isRegistered = false;
        Volatile.Write(ref _id, NewId());
        if (wasRegistered)
        {
            _before = old;
            Log.Lost(_logger);
            Lost?.Invoke(old);
        }
    }

    private async Task LeaveAsync()
    {
        try
        {
            await _script.RunAsync(_connection, _keys, HeartbeatMessage.Leave(_id))
                .WaitAsync(HeartbeatTimes.AtStop, _time).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is RedisFaultException or TimeoutException)
        {
            Log.NotDeregistered(_logger, fault.Message);
        }
    }

    // The breaker of the calls logs that Redis is away. Other failures of heartbeats are logged once.
    private void NoteFault(RedisFaultException fault)
    {
        bool isOwn = fault.Kind is RedisFaultKind.Script or RedisFaultKind.Refused or RedisFaultKind.Other;
        NoteAnswer(isOwn);
        if (isOwn && !_isFaultLogged)
        {
            _isFaultLogged = true;
            Log.Failed(_logger, fault.Message);
        }
        else
        {
            Log.Missed(_logger, fault.Message);
        }
    }

    private void NoteAnswer(bool isAnswered)
    {
        lock (_gate)
        {
            if (_isUnanswered != isAnswered)
            {
                return;
            }

            _isUnanswered = !isAnswered;
            (isAnswered ? Answered : Unanswered)?.Invoke(); // Within the lock, so that they are told in order.
        }
    }

    private static ulong NewId()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        ulong id;
        do
        {
            RandomNumberGenerator.Fill(bytes);
            id = BitConverter.ToUInt64(bytes);
        }
        while (id == 0);

        return id;
    }

    private static partial class Log
    {
        [LoggerMessage(
            7, LogLevel.Warning,
            "The heartbeats of this process were missing in Redis for so long that other processes count it as "
            + "ended. It registers again.", EventName = "HeartbeatLost")]
        internal static partial void Lost(ILogger logger);

        [LoggerMessage(
            8, LogLevel.Warning,
            "This process cannot announce itself in Redis: {Reason} While Redis is away it takes the part that it had last, "
            + "or that 'expectedReplicas' says.", EventName = "HeartbeatFailed")]
        internal static partial void Failed(ILogger logger, string reason);

        [LoggerMessage(9, LogLevel.Debug, "A heartbeat was not answered: {Reason}", EventName = "HeartbeatMissed")]
        internal static partial void Missed(ILogger logger, string reason);

        [LoggerMessage(
            10, LogLevel.Warning,
            "This process could not deregister in Redis and counts as one of the processes for 10 "
            + "more minutes: {Reason}", EventName = "NotDeregistered")]
        internal static partial void NotDeregistered(ILogger logger, string reason);
    }
}
