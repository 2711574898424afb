using Microsoft.Extensions.Logging;

namespace Sluice.Redis;

/// <summary>Sends the calls of one slot to Redis: in order, batched while others are in flight, for at most the timeout.</summary>
/// <remarks>
/// <para>
/// A call is sent alone at once while nothing is in flight. When the maximum number of runs is in flight, calls queue, and the next run
/// takes all of them up to a bound: a call never waits for others to come.
/// </para>
/// <para>
/// A call that times out before it was sent is never sent. One that was sent may have been charged, once: no call is sent twice, except
/// those of a run that failed before it wrote.
/// </para>
/// <para>Thread safety: any thread may send.</para>
/// </remarks>
internal sealed class Lane : IDisposable
{
    private static readonly TimeSpan PauseWhilePassing = TimeSpan.FromMilliseconds(2);

    private readonly IRedisConnection _connection;
    private readonly DecisionScript _script;
    private readonly TimeProvider _time;
    private readonly LaneSettings _settings;
    private readonly LocalBuckets _local;
    private readonly PacedClock _clock;
    private readonly Lock _gate = new();
    private readonly Queue<PendingCall> _unsent = new();
    private readonly Queue<PendingCall> _given = new();
    private readonly ITimer _timer;
    private int _runs;
    private int _generation;

    internal Lane(
        string name,
        string probeKey,
        LaneSettings settings,
        IRedisConnection connection,
        DecisionScript script,
        LocalBuckets local,
        TimeProvider time,
        ILogger logger)
    {
        _local = local;
        _connection = connection;
        _script = script;
        _time = time;
        _settings = settings;
        _clock = new PacedClock(time, settings.Timeout);
        Instants = new ServerInstants(time);
        _timer = time.CreateTimer(static lane => ((Lane)lane!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Breaker = new Breaker(name, new ServerCheck(connection, script, probeKey), settings.Timeout, time, logger);
        Breaker.Opened += Abandon;
    }

    /// <summary>What this process knows of the clock of the server that the lane leads to.</summary>
    internal ServerInstants Instants { get; }

    /// <summary>Whether calls are sent at all.</summary>
    internal Breaker Breaker { get; }

    /// <summary>Sends a call. The task says whether it was answered, within the timeout.</summary>
    internal Task<bool> SendAsync(PendingCall call)
    {
        List<PendingCall>? batch;
        int generation;
        lock (_gate)
        {
            if (_given.Count == 0)
            {
                _clock.Start();
                _timer.Change(_clock.Slice, Timeout.InfiniteTimeSpan);
            }

            call.Deadline = _clock.Deadline;
            _given.Enqueue(call);
            _unsent.Enqueue(call);
            batch = TakeLocked();
            generation = _generation;
        }

        if (batch is not null)
        {
            _ = RunAllAsync(batch, generation);
        }

        return call.Task;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer.Dispose();
        Breaker.Dispose();
        Abandon();
    }

    private List<PendingCall>? TakeLocked()
    {
        if (_runs >= _settings.MaxRuns)
        {
            return null;
        }

        List<PendingCall>? batch = null;
        while (_unsent.TryPeek(out PendingCall? call) && (batch is null || batch.Count < _settings.MaxBatch))
        {
            _unsent.Dequeue();
            if (!call.Task.IsCompleted)
            {
                batch ??= [];
                batch.Add(call);
            }
        }

        _runs += batch is null ? 0 : 1;
        return batch;
    }

    private async Task RunAllAsync(List<PendingCall>? batch, int generation)
    {
        while (batch is not null)
        {
            await RunAsync(batch).ConfigureAwait(false);
            lock (_gate)
            {
                if (generation != _generation)
                {
                    return; // The lane was reset since, and its count of runs begins again.
                }

                _runs--;
                batch = TakeLocked();
            }
        }
    }

    private async Task RunAsync(List<PendingCall> batch)
    {
        try
        {
            byte[]? reply = await SendAsync(batch).ConfigureAwait(false);
            if (reply is null)
            {
                return;
            }

            End(batch, reply);
        }
        catch (RedisFaultException fault) when (fault.IsCallSpecific && batch.Count > 1)
        {
            // One of many keys is wrong, and nothing was written: the other calls are sent again without it.
            foreach (PendingCall call in batch)
            {
                if (call.Task.IsCompleted)
                {
                    EndUncharged(call);
                }
                else
                {
                    await RunAsync([call]).ConfigureAwait(false);
                }
            }
        }
        catch (RedisFaultException fault)
        {
            Fail(batch, fault);
        }
    }

    private void End(List<PendingCall> batch, byte[] reply)
    {
        Read(batch, reply);
        long answered = _time.GetTimestamp();
        foreach (PendingCall call in batch)
        {
            call.AnsweredTimestamp = answered;
        }

        Note(batch);
        bool isInTime = false;
        foreach (PendingCall call in batch)
        {
            isInTime |= call.TrySetResult(true);
        }

        if (isInTime)
        {
            Breaker.NoteAnswer();
        }
    }

    private static void Read(List<PendingCall> batch, byte[] reply)
    {
        if (batch[0].Asks is not ShareAsks asks)
        {
            ScriptReply.Read(reply, batch);
            return;
        }

        if (batch[0].Count > 0 && !asks.IsWaiting)
        {
            ScriptReply.Read(reply, batch);
        }

        batch[0].IsAllowed = asks.IsAdmitted; // What the other limits say alone is in their states.
    }

    // Here, in the order of the answers, and not where each call goes on: there it could undo what was counted locally since.
    private void Note(List<PendingCall> batch)
    {
        foreach (PendingCall call in batch)
        {
            bool isCharged = call.Verb == ScriptVerb.Charge || (call.Verb is ScriptVerb.Acquire or ScriptVerb.Reserve && call.IsAllowed);
            call.Fate = isCharged ? CallFate.Charged : CallFate.NotCharged;
            if (call.Part is not null || !call.TryCount())
            {
                _local.NoteEnd(call); // It was decided without this answer, or charges what was.
            }
            else if (!Breaker.IsOpen)
            {
                _local.Observe(call); // Else it is older than what this process counts by.
            }
        }
    }

    /// <summary>Runs the script for the calls of a batch that still wait; null when none does any more.</summary>
    private async Task<byte[]?> SendAsync(List<PendingCall> batch)
    {
        bool loads = false;
        ulong? instantMicros = null;
        if (!_connection.IsReady)
        {
            await _connection.ReadyAsync().ConfigureAwait(false);
        }

        while (true)
        {
            batch.RemoveAll(static call => call.Task.IsCompleted);
            if (batch.Count == 0)
            {
                return null;
            }

            ScriptRun run = new(batch, instantMicros);
            long sent = _time.GetTimestamp();
            foreach (PendingCall call in batch)
            {
                call.SentTimestamp = sent;
                call.Fate = CallFate.OnItsWay;
            }

            try
            {
                byte[] reply = batch[0].Asks is ShareAsks asks
                    ? await asks.RunAsync(_connection, run, batch[0].Count > 0, loads).ConfigureAwait(false)
                    : await _connection.RunAsync(_script, run.Keys, _script.Arguments(run.Argument), loads).ConfigureAwait(false);
                if (!ScriptReply.AsksForEdges(reply, out ulong instant))
                {
                    return reply;
                }

                if (batch.Count > 1 && (instant == 0 || instantMicros is not null))
                {
                    throw new RedisFaultException(RedisFaultKind.Script, "The calls of a run are at different instants of a calendar.");
                }

                instantMicros = instant; // The clock of Redis is not what this process took it for. Nothing was written.
                batch.ForEach(call => call.Limits.Clock.Learn(instant));
            }
            catch (RedisFaultException fault) when (fault.IsScriptMissing)
            {
                loads = true; // The server is new, its scripts were flushed, or it took over.
            }
            catch (RedisFaultException fault) when (fault.IsTransient)
            {
                await Task.Delay(PauseWhilePassing, _time).ConfigureAwait(false);
            }
        }
    }

    private void Fail(List<PendingCall> batch, RedisFaultException fault)
    {
        batch.ForEach(EndUncharged);

        // Before its caller continues, so that the next call of that caller finds it noted.
        if (fault.IsCallSpecific)
        {
            Breaker.NoteFaultOfACall(fault);
        }
        else if (batch.Exists(static call => !call.Task.IsCompleted))
        {
            Breaker.NoteFault(fault.Kind, fault.Message);
        }

        batch.ForEach(static call => call.TrySetResult(false));
    }

    private void EndUncharged(PendingCall call)
    {
        if (call.Fate == CallFate.OnItsWay)
        {
            call.Fate = CallFate.NotCharged;
            _local.NoteEnd(call);
        }
    }

    /// <summary>Finds calls that have timed out, and waits for the next look.</summary>
    private void Look()
    {
        bool isAnyLate;
        lock (_gate)
        {
            isAnyLate = LookLocked(_clock.Look());
        }

        if (isAnyLate)
        {
            _ = GiveUpAsync();
        }
    }

    // Sets the timer, unless the time of a call is up.
    private bool LookLocked(in PacedClock.Instant now)
    {
        while (_given.TryPeek(out PendingCall? call))
        {
            if (!call.Task.IsCompleted)
            {
                bool isLate = _clock.IsUp(call.Deadline, now);
                if (!isLate)
                {
                    _timer.Change(_clock.Until(call.Deadline, now), Timeout.InfiniteTimeSpan);
                }

                return isLate;
            }

            _given.Dequeue();
        }

        return false;
    }

    /// <summary>Completes the calls whose time is up and whose answers have not arrived.</summary>
    private async Task GiveUpAsync()
    {
        await PacedWait.OthersFirstAsync().ConfigureAwait(false);

        // A cluster's other nodes may answer all the time, so unread answers are no reason to wait forever.
        bool isArriving = _connection.HasUnread;
        List<PendingCall> late = [];
        lock (_gate)
        {
            PacedClock.Instant now = _clock.Now;
            late.AddRange(_given
                .TakeWhile(call => call.Task.IsCompleted || _clock.IsUp(call.Deadline, now, isArriving))
                .Where(call => !call.Task.IsCompleted));
        }

        if (late.Exists(static call => !call.Task.IsCompleted))
        {
            Breaker.NoteFault(RedisFaultKind.Timeout, $"no answer within {_settings.Timeout.TotalMilliseconds} ms");
        }

        late.ForEach(static call => call.TrySetResult(false));
        lock (_gate)
        {
            // What is late now, or has answers to be read, is looked at after the next slice.
            if (LookLocked(_clock.Now))
            {
                _timer.Change(_clock.Slice, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>Fails everything that is in flight, except answers that have arrived when their callers look.</summary>
    private void Abandon()
    {
        PendingCall[] given;
        lock (_gate)
        {
            _generation++;
            _runs = 0;
            given = [.. _given];
            _given.Clear();
            _unsent.Clear();
        }

        foreach (PendingCall call in given)
        {
            call.TrySetResult(false);
        }
    }
}
