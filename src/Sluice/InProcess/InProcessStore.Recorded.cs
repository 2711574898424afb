namespace Sluice;

/// <content>
/// Operations that are recorded. They happen one after another, so that their order in the record is the order of their effects.
/// </content>
public sealed partial class InProcessStore
{
    private readonly StoreRecording? _recording;

    /// <summary>A store whose operations are recorded.</summary>
    /// <param name="options">How much it remembers; read once.</param>
    /// <param name="time">Its clock.</param>
    /// <param name="recorder">Receives the operations.</param>
    internal InProcessStore(InProcessStoreOptions options, TimeProvider time, IStoreRecorder recorder)
        : this(options, new StoreRecording(time, recorder))
    {
    }

    private InProcessStore(InProcessStoreOptions options, StoreRecording recording)
        : this(options, recording.Clock, isObserved: true) => _recording = recording;

    private RateLimitDecision AcquireRecorded(StoreRecording recording, in RateLimitRequest request, Span<LimitState> states)
    {
        lock (recording.Gate)
        {
            StoreTime at = recording.Advance();
            RateLimitDecision decision = request.Limits.SlotCount == 0 ? _engine.Acquire(request, states) : AcquireSlots(request, states);
            recording.Recorder.Decided(at, request, TimeSpan.Zero, new RateLimitReservation { Decision = decision }, states);
            return decision;
        }
    }

    private RateLimitReservation ReserveRecorded(
        StoreRecording recording, in RateLimitRequest request, TimeSpan maxWait, Span<LimitState> states)
    {
        lock (recording.Gate)
        {
            StoreTime at = recording.Advance();
            RateLimitReservation reservation = ReserveNow(request, maxWait, states);
            recording.Recorder.Decided(at, request, maxWait, reservation, states);
            return reservation;
        }
    }

    private RateLimitDecision PeekRecorded(StoreRecording recording, in RateLimitRequest request, Span<LimitState> states)
    {
        lock (recording.Gate)
        {
            recording.Advance();
            return _engine.Peek(request, states);
        }
    }

    private void ReleaseRecorded(StoreRecording recording, in RateLimitRequest request)
    {
        lock (recording.Gate)
        {
            StoreTime at = recording.Advance();
            _engine.Release(request);
            recording.Recorder.Changed(StoreChange.Release, at, request);
        }
    }

    private void CancelRecorded(StoreRecording recording, in RateLimitRequest request, long id)
    {
        lock (recording.Gate)
        {
            StoreTime at = recording.Advance();
            _engine.Cancel(request, id);
            recording.Recorder.Changed(StoreChange.Cancel, at, request);
        }
    }

    private void RefundRecorded(StoreRecording recording, in RateLimitRequest request)
    {
        lock (recording.Gate)
        {
            StoreTime at = recording.Advance();
            _engine.Refund(request);
            recording.Recorder.Changed(StoreChange.Refund, at, request);
        }
    }

    private void ChargeRecorded(StoreRecording recording, in RateLimitRequest request)
    {
        lock (recording.Gate)
        {
            StoreTime at = recording.Advance();
            _engine.Charge(request);
            recording.Recorder.Changed(StoreChange.Charge, at, request);
        }
    }

    private void ResetRecorded(StoreRecording recording, ReadOnlySpan<RateLimit> limits, CallerIdentity caller)
    {
        lock (recording.Gate)
        {
            StoreTime at = recording.Advance();
            ResetNow(limits, caller);
            recording.Recorder.Reset(at, limits, caller);
        }
    }
}
