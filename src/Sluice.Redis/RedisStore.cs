using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace Sluice.Redis;

/// <summary>A store that keeps its buckets in Redis, so that any number of processes share them.</summary>
/// <remarks>
/// <para>
/// A decision is one run of a script on the server, whatever the number of limits: all or nothing, at one instant of the
/// server's clock, in whole microseconds. Clocks of the processes play no part.
/// </para>
/// <para>
/// It never throws because of Redis, except from <see cref="ResetAsync"/>. A decision that has no answer within
/// <see cref="RedisStoreOptions.Timeout"/> is made without it, as each limit's <see cref="RateLimit.OnStoreFailure"/> says; after three
/// failures in a row no call waits any more until Redis decides again. What timed out may have been charged, once: nothing is sent twice.
/// </para>
/// <para>
/// A cancellation token does not end a call that is in flight: the timeout bounds it, and so it is known whether it was charged.
/// </para>
/// <para>Needs Redis 6.2 or newer. Thread safety: every member may be called from any thread.</para>
/// </remarks>
public sealed partial class RedisStore : IRateLimitStore, IAsyncDisposable, IObservedStore, ISlotWaiting
{
    private static readonly TimeSpan PauseBetweenWarmUps = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LookTimeout = TimeSpan.FromSeconds(1);

    private readonly ConditionalWeakTable<ApplicableLimits, RedisLimits> _known = [];
    private readonly ConditionalWeakTable<CallerIdentity, CallerKeys> _callers = [];
    private readonly ConditionalWeakTable<ApplicableLimits, RedisLimits>.CreateValueCallback _register;
    private readonly IRedisConnection _connection;
    private readonly DecisionScript _script;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly KeyLayout _keys;
    private readonly ServerClock _serverClock;
    private readonly LaneMap _lanes;
    private readonly LocalBuckets _local;
    private readonly RejectionMemory _rejections;
    private readonly Membership _assumed;
    private readonly bool _announces;
    private readonly SlotReleases _releases;
    private readonly LocalSlots _localSlots;
    private readonly PolledSlotWaiters _slotWaiters;
    private readonly bool _isSpread;
    private readonly CancellationTokenSource _closing = new();
    private bool _hasWarnedOfUnknownProcesses;

    /// <param name="options">How the store works.</param>
    /// <param name="connection">The connection.</param>
    /// <param name="script">The script that decides.</param>
    /// <param name="time">The clock of this process.</param>
    /// <param name="loggers">Where transitions are logged.</param>
    /// <param name="heartbeats">The script that takes heartbeats; null for a store that does not announce its process.</param>
    /// <param name="shares">The scripts of shares; null for those by the server's clock.</param>
    internal RedisStore(
        RedisStoreOptions options,
        IRedisConnection connection,
        DecisionScript script,
        TimeProvider time,
        ILoggerFactory loggers,
        HeartbeatScript? heartbeats = null,
        ShareScripts? shares = null)
    {
        time = BootTimeProvider.For(time); // What is remembered of Redis also expires while the machine sleeps.
        Outages = new StoreOutages(time);
        _connection = connection;
        _script = script;
        _time = time;
        _keys = new KeyLayout(options.KeyPrefix);
        _serverClock = new ServerClock(time);
        _shareScripts = shares ?? ShareScripts.Standard;
        _shareSettings = options.Shares is RedisSharesOptions on ? ShareSettings.Of(on.Ttl) : null;
        _shareRules = options.Shares is null ? null : new ShareRules(options.Shares.MinCapacity, options.Shares.MinRate);
        _maxShareBuckets = options.LocalMaxKeys;
        _changeTimeout = options.Timeout;
        _register = Register;
        _isSpread = options.Layout == RedisKeyLayout.Spread;
        _logger = loggers.CreateLogger<RedisStore>();
        _divisions = new DivisionWatch(_logger);
        _announces = heartbeats is not null;
        _assumed = Membership.Assumed(options.ExpectedReplicas);
        _local = new LocalBuckets(
            new InProcessStore(new InProcessStoreOptions { MaxKeys = options.LocalMaxKeys }, time),
            () => Members,
            new DrawnTokens(options.LocalMaxKeys, time));
        _lanes = new LaneMap(
            (server, name, probe, settings) => OpenLane(server, new Lane(name, probe, settings, connection, script, _local, time, _logger)),
            options.Timeout,
            options.Coalesce);
        _rejections = new RejectionMemory(options.RememberRefusals, time);
        _releases = new SlotReleases(connection, time);
        _slotWaiters = new PolledSlotWaiters(this, time);
        _localSlots = new LocalSlots(new InProcessStore(new InProcessStoreOptions { MaxKeys = options.LocalMaxKeys }, time), () => Members);
        Layout = new LayoutGuard(connection, options.KeyPrefix, options.Shares, time, _logger);
        StoreFaults.StartCounters();
        ObservedStores.Add(this);
        if (heartbeats is not null)
        {
            Heartbeat = new Heartbeat(connection, heartbeats, options.KeyPrefix, _assumed, time, _logger);
            Heartbeat.Unanswered += Outages.Begin;
            Heartbeat.Answered += Outages.End;
            Heartbeat.Start();
        }

        if (heartbeats is not null || options.Shares is not null)
        {
            Layout.Start();
        }
    }

    /// <summary>Told of each failure: the name of the MCP server whose calls met it, and the kind as a label.</summary>
    internal event Action<string, string>? Failed;

    /// <summary>The processes that use the store; null where this one does not announce itself.</summary>
    internal Heartbeat? Heartbeat { get; }

    /// <summary>How many processes there are, and the rank of this one, as of its last contact.</summary>
    internal Membership Members => Heartbeat?.Members ?? _assumed;

    /// <summary>
    /// Whether Redis decides, as far as this process knows: from the calls to every MCP server, and from its heartbeats, of which it
    /// sends one each second. A Redis that does not answer them is noticed within about 3 seconds, if there are no calls.
    /// </summary>
    public bool IsAvailable => DecidesCalls && Heartbeat?.IsAnswered != false && Layout.State != LayoutState.Rejected;

    /// <summary>Whether calls are sent to Redis: those to every MCP server that has been called.</summary>
    internal bool DecidesCalls => _lanes.All.All(lane => !lane.Breaker.IsOpen);

    /// <summary>How many calls were decided without Redis because it did not answer, since the store was made.</summary>
    /// <remarks>Only calls that are to be charged count: not <see cref="PeekAsync"/>, refunds, charges and resets.</remarks>
    public long FallbackDecisions => _lanes.All.Sum(lane => lane.Breaker.FallbackDecisions);

    /// <summary>When Redis stopped to decide, and how often.</summary>
    internal StoreOutages Outages { get; }

    /// <summary>Buckets in the memory of this process, for the time without Redis.</summary>
    internal long LocalKeys => _local.Keys;

    /// <summary>How many of them were evicted with used tokens.</summary>
    internal long LocalEvictionsWithDebt => _local.EvictionsWithDebt;

    SlotWaiters ISlotWaiting.SlotWaiters => _slotWaiters;

    // The buckets in this process's memory are those of a store that is observed by itself.
    long IObservedStore.Keys => 0;

    long IObservedStore.EvictionsWithDebt => 0;

    /// <summary>A store that makes its own connections. It does not wait for them: Redis may come later.</summary>
    /// <param name="options">Where Redis is, and how the store works.</param>
    /// <param name="time">The clock of this process, for timeouts; null for the system's.</param>
    /// <param name="loggers">Where transitions are logged; null for nowhere.</param>
    /// <exception cref="ArgumentException">An option is outside its range, or this client cannot do what it asks for.</exception>
    public static RedisStore Connect(RedisStoreOptions options, TimeProvider? time = null, ILoggerFactory? loggers = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        RedisStoreRules.ThrowIfFaulty(options);
        time ??= TimeProvider.System;
        loggers ??= NullLoggerFactory.Instance;
        StackExchangeConnection connection =
            StackExchangeConnection.Connect(ClientConfiguration.Of(options), time, loggers.CreateLogger<RedisStore>());
        return new RedisStore(options, connection, DecisionScript.Standard, time, loggers, HeartbeatScript.Standard);
    }

    /// <summary>A store over connections that exist already, and stay the caller's to close.</summary>
    /// <param name="multiplexer">The connections.</param>
    /// <param name="options">How the store works; null for the defaults. Its configuration is not read.</param>
    /// <param name="time">The clock of this process, for timeouts; null for the system's.</param>
    /// <param name="loggers">Where transitions are logged; null for nowhere.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    public static RedisStore Create(
        IConnectionMultiplexer multiplexer, RedisStoreOptions? options = null, TimeProvider? time = null, ILoggerFactory? loggers = null)
    {
        ArgumentNullException.ThrowIfNull(multiplexer);
        options ??= new RedisStoreOptions();
        RedisStoreRules.ThrowIfFaulty(options);
        time ??= TimeProvider.System;
        loggers ??= NullLoggerFactory.Instance;
        StackExchangeConnection connection = StackExchangeConnection.Borrow(multiplexer, time, loggers.CreateLogger<RedisStore>());
        return new RedisStore(options, connection, DecisionScript.Standard, time, loggers, HeartbeatScript.Standard);
    }

    /// <summary>
    /// Waits until Redis has run the script once, so that the first call finds everything ready; nothing is charged.
    /// </summary>
    /// <param name="atMost">How long to wait. The store works without it, and goes on looking for Redis after it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Whether Redis answered.</returns>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public async Task<bool> WarmUpAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        long start = _time.GetTimestamp();
        RedisFaultException? last = null;
        while (_time.GetElapsedTime(start) is TimeSpan elapsed && elapsed < atMost)
        {
            try
            {
                await LookAsync().WaitAsync(atMost - elapsed, _time, cancellationToken).ConfigureAwait(false);
                return true;
            }
            catch (RedisFaultException fault)
            {
                last = fault;
                if (fault.Kind == RedisFaultKind.Refused)
                {
                    break;
                }

                await Task.Delay(PauseBetweenWarmUps, _time, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                break;
            }
        }

        last ??= _connection.IsReady
            ? new RedisFaultException(RedisFaultKind.Timeout, $"no answer within {atMost.TotalSeconds} s")
            : new RedisFaultException(RedisFaultKind.Connection, $"no connection within {atMost.TotalSeconds} s");
        StoreLog.NotReached(_logger, last.Kind, last.Message);
        return false;
    }

    /// <inheritdoc/>
    public ValueTask<RateLimitDecision> AcquireAsync(
        RateLimitRequest request, Memory<LimitState> states, CancellationToken cancellationToken)
    {
        if (IsAnsweredHere(request, states, cancellationToken, out ValueTask<RateLimitDecision> answer))
        {
            return answer;
        }

        if (request.Limits.SlotCount > 0)
        {
            return AcquireSlotsAsync(request, states);
        }

        RedisLimits limits = Of(request.Limits);
        if (HasDivided(limits))
        {
            return DecideDividedAsync(limits, request, states, charges: true, claim: default);
        }

        return _rejections.TryRecall(limits, request, states.Span, out RateLimitDecision rejection)
            ? new ValueTask<RateLimitDecision>(rejection)
            : DecideAsync(limits, request, states, charges: true);
    }

    /// <inheritdoc/>
    public ValueTask<RateLimitDecision> PeekAsync(
        RateLimitRequest request, Memory<LimitState> states, CancellationToken cancellationToken) =>
        IsAnsweredHere(request, states, cancellationToken, out ValueTask<RateLimitDecision> answer)
            ? answer
            : DecideAsync(Of(request.Limits), request, states, charges: false);

    /// <inheritdoc/>
    public ValueTask RefundAsync(RateLimitRequest request, CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled(cancellationToken)
            : ChangeAsync(ScriptVerb.Refund, request);

    /// <inheritdoc/>
    public ValueTask ChargeAsync(RateLimitRequest request, CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled(cancellationToken)
            : ChangeAsync(ScriptVerb.Charge, request);

    /// <inheritdoc/>
    public async ValueTask ResetAsync(
        ReadOnlyMemory<RateLimit> limits, CallerIdentity caller, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(caller);
        cancellationToken.ThrowIfCancellationRequested();
        foreach (IGrouping<string, RateLimit> server in limits.ToArray().GroupBy(limit => limit.Server, StringComparer.Ordinal))
        {
            foreach (RateLimit[] some in server.Chunk(ApplicableLimits.MaxCount))
            {
                RedisLimits known = new(new ApplicableLimits(some, cost: 1), _keys, _serverClock, _shareRules);
                bool isDone = await ChangeAsync(ScriptVerb.Reset, known, caller, cost: 1).ConfigureAwait(false);
                if (!isDone)
                {
                    throw new IOException(
                        $"Redis did not confirm the reset of buckets of '{server.Key}', so they may be as they were. "
                            + "Repeat it when Redis answers.");
                }

                _local.Reset(known, Of(caller));
            }
        }
    }

    /// <summary>Closes the store's own connections. Calls in flight are decided without Redis.</summary>
    public async ValueTask DisposeAsync()
    {
        ObservedStores.Remove(this);
        await _closing.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(ShareClients.Select(client => client.DisposeAsync().AsTask())).ConfigureAwait(false);
        await Layout.DisposeAsync().ConfigureAwait(false);
        _slotWaiters.Dispose();
        _releases.Dispose();
        if (Heartbeat is not null)
        {
            await Heartbeat.DisposeAsync().ConfigureAwait(false);
        }

        _lanes.Dispose();
        await _connection.DisposeAsync().ConfigureAwait(false);
        _closing.Dispose();
    }

    /// <summary>
    /// Checks the server, and looks at a bucket that nothing charges, by the path of every call, so that the slow first run is over.
    /// </summary>
    private async Task LookAsync()
    {
        ApplicableLimits limits = RateLimitPolicy.Build("warm-up", policy => policy.PerUser("1/1s"))
            .Select("tools/call", "", CallerIdentity.None);
        RateLimitRequest request = new(limits, CallerIdentity.None);
        PendingCall call = new(ScriptVerb.Peek, new RedisLimits(limits, _keys, _serverClock), Of(request.Caller), cost: 1);
        await new ServerCheck(_connection, _script, call.Limits.Server.Probe).RunAsync().ConfigureAwait(false);

        // Compiling this way takes longer than a call may, on a machine that is short of CPU.
        LaneSettings settings = new(LookTimeout, MaxRuns: 1, MaxBatch: 1);
        using Lane lane = new("warm-up", call.Limits.Server.Probe, settings, _connection, _script, _local, _time, NullLogger.Instance);
        await AnswerAsync(lane, call, request, new LimitState[1], charges: false, _rejections.Mark).ConfigureAwait(false);
        _local.Reset(call.Limits, call.Caller);
        if (_announces || _shareSettings is not null)
        {
            await Layout.CheckAsync().ConfigureAwait(false);
        }

        if (Heartbeat is not null)
        {
            await Heartbeat.BeatAsync().ConfigureAwait(false);
        }
    }

    private Lane OpenLane(string server, Lane lane)
    {
        lane.Breaker.Opened += Outages.Begin;
        lane.Breaker.Closed += Outages.End;
        lane.Breaker.Failed += kind => Failed?.Invoke(server, StoreFaults.LabelOf(kind));
        return lane;
    }

    private RedisLimits Of(ApplicableLimits limits) => _known.GetValue(limits, _register);

    private CallerKeys Of(CallerIdentity caller) => _callers.GetValue(caller, static caller => new CallerKeys(caller));

    private static bool IsAnsweredHere(
        in RateLimitRequest request,
        Memory<LimitState> states,
        CancellationToken cancellationToken,
        out ValueTask<RateLimitDecision> answer)
    {
        int count = request.Limits.Count;
        if (!states.IsEmpty && states.Length < count)
        {
            throw new ArgumentException(
                $"There is room for {states.Length} states, but {count} limits apply. Pass none, or room for all.", nameof(states));
        }

        if (cancellationToken.IsCancellationRequested)
        {
            answer = ValueTask.FromCanceled<RateLimitDecision>(cancellationToken);
            return true;
        }

        answer = new ValueTask<RateLimitDecision>(
            new RateLimitDecision { Outcome = RateLimitOutcome.Allowed, Remaining = int.MaxValue });
        return count == 0;
    }
}
