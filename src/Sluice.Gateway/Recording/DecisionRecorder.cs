using System.Buffers;
using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>Records every metered call, for <c>sluice replay</c>.</summary>
/// <remarks>
/// <para>
/// A store in memory reports its operations itself, in the order in which they take effect. Of a shared store, the gate reports the
/// answers, in the order in which they come.
/// </para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
internal sealed class DecisionRecorder : IStoreRecorder, ICallObserver, IAsyncDisposable
{
    /// <summary>How many lines wait for the disk at most.</summary>
    internal const int QueueLength = 65_536;

    private readonly LineLog<PendingLine> _log;
    private readonly TimeProvider _time;
    private DateTimeOffset? _run;
    private long _number;

    /// <param name="sink">Where lines go.</param>
    /// <param name="hashes">Hashes callers.</param>
    /// <param name="time">The clock of calls about which no store was asked, or one that does not tell its instants.</param>
    /// <param name="logger">Logs drops.</param>
    /// <param name="queueLength">How many lines wait for the disk at most.</param>
    internal DecisionRecorder(ILineSink sink, CallerHashes hashes, TimeProvider time, ILogger logger, int queueLength = QueueLength)
    {
        _time = time;
        _log = new LineLog<PendingLine>(
            sink, new Format(hashes), new LineLogSettings("record", SluiceInstruments.RecordDropped, queueLength), logger);
    }

    /// <inheritdoc/>
    public bool NeedsTags => true;

    /// <inheritdoc/>
    public void Start(DateTimeOffset wall) => _run = wall;

    /// <inheritdoc/>
    public void Decided(
        in StoreTime at,
        in RateLimitRequest request,
        TimeSpan maxWait,
        in RateLimitReservation reservation,
        ReadOnlySpan<LimitState> states)
    {
        if (request.Tag is CallTag tag && !WaitsForSlot(request, maxWait, reservation.Decision, states))
        {
            long before = tag.Number;
            tag.Number = ++_number;
            tag.Limits = request.Limits;
            Add(new PendingLine
            {
                At = at,
                Run = _run,
                Number = tag.Number,
                Call = tag,
                Caller = request.Caller,
                Limits = request.Limits,
                Cost = request.Cost,
                MaxWait = maxWait,
                Decision = reservation.Decision,
                Delay = reservation.Delay,
                Again = before,
                WouldRefuse = PermissiveBits.Of(reservation.Decision, request.Limits, states),
            });
        }
    }

    /// <inheritdoc/>
    public void Changed(StoreChange change, in StoreTime at, in RateLimitRequest request)
    {
        if (request.Tag is CallTag tag)
        {
            Add(new PendingLine
            {
                At = at,
                Run = _run,
                Number = ++_number,
                Change = change,
                ChangedCall = tag.Number,
                Limits = ReferenceEquals(request.Limits, tag.Limits) ? null : request.Limits,
            });
        }
    }

    /// <inheritdoc/>
    public void Reset(in StoreTime at, ReadOnlySpan<RateLimit> limits, CallerIdentity caller)
    {
        if (!limits.IsEmpty)
        {
            Add(new PendingLine { At = at, Run = _run, Number = ++_number, Caller = caller, Reset = limits.ToArray() });
        }
    }

    /// <inheritdoc/>
    public void Decided(in DecidedCall call)
    {
        GateDecision decision = call.Decision;
        if (decision.Limits.IdentityRequiredBy is null && decision.Lease.Request.Tag is CallTag { Number: not 0 })
        {
            return; // The store has told it.
        }

        Add(new PendingLine
        {
            At = new StoreTime(0, _time.GetUtcNow(), TimeSpan.Zero),
            Call = new CallTag(call.Method, call.Operation, call.Description.Backend, call.ConfigVersion),
            Caller = call.Caller,
            Limits = decision.Limits,
            Cost = decision.Limits.Cost,
            Decision = decision.Limits.IdentityRequiredBy is null ? decision.Answer : new RateLimitDecision { Remaining = int.MaxValue },
            Delay = decision.Delay,
            WouldRefuse = PermissiveBits.Of(decision.Answer, decision.Limits, decision.States),
        });
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _log.DisposeAsync();

    // A call that goes on waiting for a slot has changed nothing. It gets a line once it is decided.
    private static bool WaitsForSlot(
        in RateLimitRequest request, TimeSpan maxWait, in RateLimitDecision decision, ReadOnlySpan<LimitState> states) =>
        maxWait > TimeSpan.Zero
        && request.Slots is { WaitsInTurn: true }
        && SlotWaiters.LimitWithoutSlot(request, decision, states, maxWait) is { Concurrency: not null };

    private void Add(in PendingLine line) => _log.TryAdd(line);

    private sealed class Format(CallerHashes hashes) : ILineFormat<PendingLine>
    {
        private readonly RecordWriter _writer = new();

        public long EventsOf(in PendingLine item) => 1;

        public void Write(in PendingLine item, IBufferWriter<byte> buffer) => _writer.Write(item.ToEvent(hashes), buffer);

        public bool TryWriteDropped(long events, IBufferWriter<byte> buffer) => false; // The numbers of the lines tell.

        public void Dispose() => _writer.Dispose();
    }
}
