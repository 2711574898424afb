using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace Sluice.Redis;

/// <summary>
/// Decides calls on the divided buckets of one lane: from this process's shares, or from the remainder in Redis.
/// </summary>
/// <remarks>
/// <para>It gives <see cref="ShareLane"/> a clock and a connection. What goes wrong on the way, the lane's messages
/// survive.</para>
/// <para>
/// A bucket of which this process has no share, and which Redis does not decide now, is <see
/// cref="ShareOutcome.Unavailable"/>. Then the limit's <see cref="RateLimit.OnStoreFailure"/> applies.
/// </para>
/// <para>Thread safety: any thread may call.</para>
/// </remarks>
internal sealed partial class ShareClient : IAsyncDisposable
{
    private const int TicksPerTtl = 60; // How often it looks whether a message is due.
    private readonly ConcurrentDictionary<string, ShareBucket> _buckets = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly IRedisConnection _connection;
    private readonly ShareScript _script;
    private readonly string[] _keys;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ShareLane _lane;
    private readonly TimeSpan _tick;
    private readonly long _origin;
    private Task _loop = Task.CompletedTask;
    private bool _isFaultLogged;

    /// <param name="connection">The connection.</param>
    /// <param name="script">The script of the allocator.</param>
    /// <param name="key">The key of the lane's shares.</param>
    /// <param name="settings">The times.</param>
    /// <param name="time">The clock of this process; it counts the time in which the machine sleeps.</param>
    /// <param name="logger">Takes what goes wrong.</param>
    internal ShareClient(
        IRedisConnection connection, ShareScript script, string key, ShareSettings settings, TimeProvider time, ILogger logger)
    {
        _connection = connection;
        _script = script;
        _keys = [key];
        _time = time;
        _logger = logger;
        _origin = time.GetTimestamp();
        _tick = TimeSpan.FromMicroseconds(settings.TtlMicros / TicksPerTtl);
        _lane = new ShareLane(settings, static () => BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))) | 1);
    }

    /// <summary>The timestamp from which its readings of the clock count.</summary>
    internal long OriginTimestamp => _origin;

    private long Now => _time.GetElapsedTime(_origin).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>Begins to send messages. Call it once.</summary>
    internal void Start() => _loop = LoopAsync();

    /// <summary>A bucket, with the numbers that its limit has now.</summary>
    internal ShareBucket Bucket(string name, ShareNumbers numbers)
    {
        if (!_buckets.TryGetValue(name, out ShareBucket? bucket) || bucket.Numbers != numbers)
        {
            lock (_gate)
            {
                _buckets[name] = bucket = _lane.Bucket(name, numbers, Now);
            }
        }

        return bucket;
    }

    /// <summary>Takes tokens if all are there.</summary>
    internal async ValueTask<ShareDecision> AcquireAsync(ShareBucket bucket, ulong tokens)
    {
        long now = Now;
        ShareNumbers numbers = bucket.Numbers;
        long units = numbers.Cost(tokens);
        if (bucket.Share.TryCharge(units, now))
        {
            bucket.Demand.Add(tokens, isRejected: false);
            return new(ShareOutcome.Admitted, now);
        }

        int parts = bucket.Share.Parts;
        bool hasShare = parts > 0 && now < bucket.Share.EndsAt;
        bucket.Demand.Add(tokens, isRejected: hasShare);
        if (!hasShare || units > numbers.Capacity(parts))
        {
            return await AskAsync(bucket, numbers, units).ConfigureAwait(false);
        }

        Grow(bucket, units);
        return new(ShareOutcome.Rejected, now);
    }

    /// <summary>
    /// Takes tokens whether they are there or not: from the share what it has, the rest from the remainder.
    /// </summary>
    /// <exception cref="RedisFaultException">Redis did not take the rest.</exception>
    internal Task ChargeAsync(ShareBucket bucket, ulong tokens)
    {
        long units = bucket.Numbers.Cost(tokens);
        long rest = units - bucket.Share.Pay(units, Now);
        return rest == 0 ? Task.CompletedTask : RunAsync(RemainderVerb.Charge, bucket.Name, bucket.Numbers, rest);
    }

    /// <summary>Puts tokens back: into the share as far as they fit, the rest into the remainder.</summary>
    /// <exception cref="RedisFaultException">Redis did not take the rest.</exception>
    internal Task RefundAsync(ShareBucket bucket, ulong tokens)
    {
        long units = bucket.Numbers.Cost(tokens);
        long rest = units - bucket.Share.Refund(units, Now);
        return rest == 0 ? Task.CompletedTask : RunAsync(RemainderVerb.Refund, bucket.Name, bucket.Numbers, rest);
    }

    /// <summary>
    /// Fills the remainder. Every share, also this process's, is filled at the next message of its process.
    /// </summary>
    /// <exception cref="RedisFaultException">Redis did not do it.</exception>
    internal Task ResetAsync(ShareBucket bucket) => RunAsync(RemainderVerb.Reset, bucket.Name, bucket.Numbers, 0);

    /// <summary>Stops. What it holds in Redis ends when the other processes have not heard of it for the TTL.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task<ShareDecision> AskAsync(ShareBucket bucket, ShareNumbers numbers, long units)
    {
        (long reserved, int generation) = bucket.Share.Reserve(units, Now);
        RemainderAnswer answer = default;
        bool isAnswered = false;
        try
        {
            answer = await RunAsync(RemainderVerb.Acquire, bucket.Name, numbers, units - reserved).ConfigureAwait(false);
            isAnswered = answer.Status != RemainderStatus.Waiting;
        }
        catch (RedisFaultException fault)
        {
            NoteFault(fault);
        }

        bool isCharged = answer.Status == RemainderStatus.Done && isAnswered;
        long now = Now;
        bool isKept = reserved == 0 || bucket.Share.EndReservation(reserved, generation, isCharged, now);
        if (isCharged && isKept)
        {
            return reserved == 0 ? new(ShareOutcome.Admitted, answer.ServerMicros, IsByServer: true) : new(ShareOutcome.Admitted, now);
        }

        lock (_gate)
        {
            _lane.Witness(Now); // The bucket is divided, or its epoch is young: somebody has to watch the others.
        }

        return new(isAnswered ? ShareOutcome.Rejected : ShareOutcome.Unavailable, now);
    }

    private void Grow(ShareBucket bucket, long units)
    {
        SyncMessage? message = null;
        lock (_gate)
        {
            long now = Now;
            if (_lane.Grow(bucket, units, now))
            {
                message = _lane.Next(now);
            }
        }

        if (message is not null)
        {
            _ = SendAsync(message);
        }
    }

    private async Task LoopAsync()
    {
        using PeriodicTimer timer = new(_tick, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false))
            {
                SyncMessage? message;
                lock (_gate)
                {
                    message = _lane.Next(Now);
                }

                if (message is not null)
                {
                    _ = SendAsync(message); // It waits for nothing: the lane repeats a message that has no reply.
                }
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // It was stopped.
        }
    }

    private async Task SendAsync(SyncMessage message)
    {
        try
        {
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

    private async Task<RemainderAnswer> RunAsync(RemainderVerb verb, string bucket, ShareNumbers numbers, long units)
    {
        byte[] argument = ShareWire.Write(verb, _lane.Id, bucket, numbers, units);
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
        [LoggerMessage(1, LogLevel.Warning, "Redis does not answer for shares: {Fault}. Shares are used until they end.")]
        internal static partial void Unanswered(ILogger logger, string fault);
    }
}
