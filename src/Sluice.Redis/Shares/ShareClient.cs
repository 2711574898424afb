using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace Sluice.Redis;

/// <summary>Keeps the shares of one lane: knows its buckets, sends its messages, and takes the replies.</summary>
/// <remarks>
/// <para>It gives <see cref="ShareLane"/> a clock and a connection. What goes wrong on the way, the lane's messages
/// survive.</para>
/// <para>Memory: a bucket that no call uses for a time is dropped. Thread safety: any thread may call.</para>
/// </remarks>
internal sealed partial class ShareClient : IAsyncDisposable
{
    private const int TicksPerTtl = 60; // How often it looks whether a message is due.
    private const int TicksPerSweep = 20;
    private const long UnusedMicros = 10_000_000;
    private static readonly TimeSpan AtStop = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, ShareBucket> _buckets = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly IRedisConnection _connection;
    private readonly ShareScript _script;
    private readonly string[] _keys;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ShareLane _lane;
    private readonly ShareSettings _settings;
    private readonly TimeSpan _tick;
    private readonly int _maxBuckets;
    private readonly long _origin;
    private Task _loop = Task.CompletedTask;
    private Task _sending = Task.CompletedTask;
    private bool _isFaultLogged;
    private long _commands;

    /// <param name="connection">The connection.</param>
    /// <param name="script">The script of the allocator.</param>
    /// <param name="key">The key of the lane's shares.</param>
    /// <param name="settings">The times.</param>
    /// <param name="time">The clock of this process; it counts the time in which the machine sleeps.</param>
    /// <param name="logger">Takes what goes wrong.</param>
    /// <param name="maxBuckets">The most buckets that it remembers.</param>
    internal ShareClient(
        IRedisConnection connection,
        ShareScript script,
        string key,
        ShareSettings settings,
        TimeProvider time,
        ILogger logger,
        int maxBuckets = 100_000)
    {
        _connection = connection;
        _script = script;
        _keys = [key];
        _time = time;
        _logger = logger;
        _settings = settings;
        _maxBuckets = maxBuckets;
        _origin = time.GetTimestamp();
        _tick = TimeSpan.FromMicroseconds(settings.TtlMicros / TicksPerTtl);
        _lane = new ShareLane(settings, static () => BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))) | 1);
    }

    /// <summary>The timestamp from which its readings of the clock count.</summary>
    internal long OriginTimestamp => _origin;

    /// <summary>The reading of the clock, in microseconds.</summary>
    internal long Now => _time.GetElapsedTime(_origin).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>The times.</summary>
    internal ShareSettings Settings => _settings;

    /// <summary>The id of this process in the lane.</summary>
    internal ulong Id => _lane.Id;

    /// <summary>The key of the lane's shares.</summary>
    internal string Key => _keys[0];

    /// <summary>The buckets that it remembers.</summary>
    internal ICollection<ShareBucket> Buckets => _buckets.Values;

    /// <summary>How many messages and verbs it has sent.</summary>
    internal long Commands => Interlocked.Read(ref _commands);

    /// <summary>Begins to send messages. Call it once.</summary>
    internal void Start() => _loop = LoopAsync();

    /// <summary>A bucket, with the numbers that its limit has now.</summary>
    internal ShareBucket Bucket(string name, ShareNumbers numbers)
    {
        if (!_buckets.TryGetValue(name, out ShareBucket? bucket) || bucket.IsRetired)
        {
            ShareBucket made = new(name, numbers, _settings) { UsedAt = Now };
            if (_buckets.Count >= _maxBuckets)
            {
                return made; // Its calls ask Redis, and it never has a share.
            }

            bucket = _buckets.AddOrUpdate(name, made, (_, found) => found.IsRetired ? made : found);
        }

        if (bucket.Numbers != numbers)
        {
            lock (_gate)
            {
                bucket.Change(numbers, Now);
            }
        }

        return bucket;
    }

    /// <summary>Counts a call that has to ask Redis. A bucket with many of them is taken into the lane, and may get a share.</summary>
    internal void NoteAsk(ShareBucket bucket, long now)
    {
        if (bucket.NoteAsk(now) && bucket is { IsActive: false, IsRetired: false })
        {
            lock (_gate)
            {
                if (!bucket.IsRetired && _buckets.TryGetValue(bucket.Name, out ShareBucket? known) && known == bucket)
                {
                    _lane.Add(bucket);
                }
            }
        }
    }

    /// <summary>Keeps this process watching the others, because a bucket is divided, or its epoch is young.</summary>
    internal void Witness()
    {
        lock (_gate)
        {
            _lane.Witness(Now);
        }
    }

    /// <summary>Asks for a larger share, because a call found it empty and the remainder may have tokens.</summary>
    /// <param name="bucket">The bucket.</param>
    /// <param name="units">The units that the call costs.</param>
    /// <param name="now">The reading of the clock.</param>
    internal void Grow(ShareBucket bucket, long units, long now)
    {
        if (bucket.RemainderAt(now) < units)
        {
            return; // The lane would say so, too.
        }

        SyncMessage? message = null;
        lock (_gate)
        {
            if (_lane.Grow(bucket, units, now))
            {
                message = _lane.Next(now);
            }
        }

        if (message is not null)
        {
            _sending = SendAsync(message);
        }
    }

    /// <summary>Takes tokens from the share, as far as it has them. Says how many units are left for the remainder.</summary>
    internal long Charge(ShareBucket bucket, ulong tokens)
    {
        long units = bucket.Numbers.Cost(tokens);
        return units - bucket.Share.Pay(units, Now);
    }

    /// <summary>Takes units from the remainder, whether they are there or not.</summary>
    /// <exception cref="RedisFaultException">Redis did not take them.</exception>
    internal Task ChargeRemainderAsync(ShareBucket bucket, long units) => RunAsync(RemainderVerb.Charge, bucket, units);

    /// <summary>Puts tokens back into the share, as far as they fit. Says how many units are left for the remainder.</summary>
    internal long Refund(ShareBucket bucket, ulong tokens)
    {
        long units = bucket.Numbers.Cost(tokens);
        return units - bucket.Share.Refund(units, Now);
    }

    /// <summary>Puts units back into the remainder, as far as they fit.</summary>
    /// <exception cref="RedisFaultException">Redis did not take them.</exception>
    internal Task RefundRemainderAsync(ShareBucket bucket, long units) => RunAsync(RemainderVerb.Refund, bucket, units);

    /// <summary>
    /// Fills the remainder. Every share, also this process's, is filled at the next message of its process.
    /// </summary>
    /// <exception cref="RedisFaultException">Redis did not do it.</exception>
    internal async Task ResetAsync(ShareBucket bucket)
    {
        RemainderAnswer answer = await RunAsync(RemainderVerb.Reset, bucket, 0).ConfigureAwait(false);
        bucket.Reject(long.MinValue);
        if (answer.Status == RemainderStatus.Waiting)
        {
            throw new RedisFaultException(RedisFaultKind.Unwritable, "The shares in Redis were lost a moment ago, and decide nothing yet.");
        }

        SyncMessage? message;
        lock (_gate)
        {
            _lane.Hurry();
            message = _lane.Next(Now);
        }

        if (message is not null)
        {
            await SendAsync(message).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Returns the shares and stops. What it cannot return ends when the other processes have not heard of it for the TTL.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        await ReturnSharesAsync().ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task ReturnSharesAsync()
    {
        long begin = _time.GetTimestamp();
        lock (_gate)
        {
            _lane.Leave();
        }

        await PacedWait.ForAsync(_sending, AtStop, _time, CancellationToken.None).ConfigureAwait(false);
        while (_connection.IsReady && _time.GetElapsedTime(begin) < AtStop)
        {
            SyncMessage? message;
            lock (_gate)
            {
                message = _lane.HasShares ? _lane.Next(Now) : null;
            }

            if (message is null
                || !await PacedWait.ForAsync(SendAsync(message), AtStop, _time, CancellationToken.None).ConfigureAwait(false))
            {
                return; // All are returned, or Redis does not answer.
            }
        }
    }

    private async Task LoopAsync()
    {
        using PeriodicTimer timer = new(_tick, _time);
        int ticks = 0;
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false))
            {
                SyncMessage? message;
                lock (_gate)
                {
                    message = _lane.Next(Now);
                    if (++ticks % TicksPerSweep == 0)
                    {
                        _lane.DropIdle();
                        DropUnused();
                    }
                }

                if (message is not null)
                {
                    _sending = SendAsync(message); // It waits for nothing: the lane repeats a message that has no reply.
                }
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // It was stopped.
        }
    }

    private void DropUnused()
    {
        long now = Now;
        foreach ((string name, ShareBucket bucket) in _buckets)
        {
            if (bucket.IsRetired || (!bucket.IsActive && now - bucket.UsedAt > UnusedMicros))
            {
                bucket.IsRetired = true;
                _buckets.TryRemove(new KeyValuePair<string, ShareBucket>(name, bucket));
            }
        }
    }

    private async Task SendAsync(SyncMessage message)
    {
        try
        {
            Interlocked.Increment(ref _commands);
            byte[] reply = await _script.RunAsync(_connection, _keys, ShareWire.Write(message)).ConfigureAwait(false);
            SyncReply read = ShareWire.ReadReply(reply, message.Process);
            lock (_gate)
            {
                _lane.Receive(read, Now);
            }

            _isFaultLogged = false;
        }
        catch (RedisFaultException fault)
        {
            NoteFault(fault);
        }
    }

    private async Task<RemainderAnswer> RunAsync(RemainderVerb verb, ShareBucket bucket, long units)
    {
        Interlocked.Increment(ref _commands);
        byte[] argument = ShareWire.Write(verb, _lane.Id, bucket.Name, bucket.Numbers, units);
        return ShareWire.ReadAnswer(await _script.RunAsync(_connection, _keys, argument).ConfigureAwait(false));
    }

    private void NoteFault(RedisFaultException fault)
    {
        if (!_isFaultLogged)
        {
            _isFaultLogged = true;
            Log.Unanswered(_logger, fault.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            12, LogLevel.Warning,
            "Redis does not answer for shares: {Fault} Shares are used until they end.", EventName = "SharesUnanswered")]
        internal static partial void Unanswered(ILogger logger, string fault);
    }
}
