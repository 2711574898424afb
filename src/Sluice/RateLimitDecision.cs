using System.Runtime.CompilerServices;

namespace Sluice;

/// <summary>The answer of a store to one call: all of its limits, at one instant.</summary>
/// <remarks>
/// <para>The default value is <see cref="RateLimitOutcome.Denied"/> by no limit: it lets nothing through.</para>
/// <para>Thread safety: immutable.</para>
/// </remarks>
public readonly record struct RateLimitDecision
{
    private const int OutcomeShift = 32;
    private const int SourceShift = 48;
    private const ulong EstimateBit = 1UL << 63;

    // There are four fields with the limit and the wait. The compiler does not keep a struct of five fields in registers.
    private readonly ulong _answer; // From the low end: 32 bits that remain, 16 of the outcome, 15 of the source, 1 of the estimate.
    private readonly long _runningOrReset; // Minus the calls that run, or the ticks at which a window ends; no limit has both.

    [MethodImpl(MethodImplOptions.AggressiveInlining)] // Rejections too, which the profile may call rare.
    private RateLimitDecision(RateLimit? limit, RateLimitOutcome outcome, int remaining, TimeSpan retryAfter)
    {
        Limit = limit;
        _answer = ((ulong)outcome << OutcomeShift) | unchecked((uint)remaining);
        RetryAfter = retryAfter;
    }

    /// <summary>Whether the call may go on.</summary>
    public RateLimitOutcome Outcome
    {
        get => (RateLimitOutcome)unchecked((ushort)(_answer >> OutcomeShift));
        init => _answer = (_answer & ~((ulong)ushort.MaxValue << OutcomeShift)) | ((ulong)(ushort)value << OutcomeShift);
    }

    /// <summary>Who decided.</summary>
    public DecisionSource Source
    {
        get => (DecisionSource)((_answer & ~EstimateBit) >> SourceShift);
        init => _answer = (_answer & (EstimateBit | ~((ulong)ushort.MaxValue << SourceShift))) | ((ulong)(ushort)value << SourceShift);
    }

    /// <summary>
    /// Whether <see cref="Remaining"/> and <see cref="RetryAfter"/> are the best knowledge of this process, and not exact: a bucket of
    /// the call is divided among processes. Tokens that another process has may admit the call earlier.
    /// </summary>
    public bool IsEstimate
    {
        get => (_answer & EstimateBit) != 0;
        init => _answer = value ? _answer | EstimateBit : _answer & ~EstimateBit;
    }

    /// <summary>
    /// The limit that rejected; of several the one with the longest wait, of equal waits the first in the policy's order.
    /// Null when the call was allowed, and when it was rejected because the store did not answer.
    /// </summary>
    public RateLimit? Limit { get; init; }

    /// <summary>
    /// Whole tokens, or free slots, left in the limit that rejected; when the call was allowed, the tokens in the enforced limit with
    /// the fewest left, or <see cref="int.MaxValue"/> where no enforced limit with a rate applies.
    /// </summary>
    public int Remaining
    {
        get => unchecked((int)_answer);
        init => _answer = (_answer & ~(ulong)uint.MaxValue) | unchecked((uint)value);
    }

    /// <summary>How many calls hold a slot of the limit that rejected, where that is a limit on concurrency; else zero.</summary>
    public int Running
    {
        get => (int)Math.Max(-_runningOrReset, 0);
        init => _runningOrReset = value != 0 ? -(long)value : Math.Max(_runningOrReset, 0);
    }

    /// <summary>The exact wait until this call would be admitted if no other call came; zero when it was allowed.</summary>
    /// <value>
    /// <see cref="Timeout.InfiniteTimeSpan"/> when <see cref="RateLimitOutcome.Unsatisfiable"/>. One second where a limit on
    /// concurrency rejected: when a running call ends is not known.
    /// </value>
    public TimeSpan RetryAfter { get; init; }

    /// <summary>
    /// When the window of the limit that rejected ends, in the limit's time zone, where that is a window of a calendar and waiting
    /// helps; else null.
    /// </summary>
    public DateTimeOffset? ResetsAt => ResetsAtTicks == 0 ? null : Limit?.Rate.Edges?.InZone(ResetsAtTicks);

    /// <summary><see cref="ResetsAt"/> in ticks since 1 January 0001, UTC; or zero.</summary>
    internal long ResetsAtTicks
    {
        get => Math.Max(_runningOrReset, 0);
        init => _runningOrReset = value != 0 ? value : Math.Min(_runningOrReset, 0);
    }

    /// <summary>Whether the call may go on.</summary>
    public bool IsAllowed => Outcome == RateLimitOutcome.Allowed;

    /// <summary>A call that goes on. All fields are set at once, so that the compiler writes none of them twice.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static RateLimitDecision Allowed(int remaining) => new(null, RateLimitOutcome.Allowed, remaining, TimeSpan.Zero);

    /// <summary>A call that is rejected by a limit with no tokens left. All fields are set at once here, too.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static RateLimitDecision Denied(RateLimit limit, TimeSpan retryAfter) => new(limit, RateLimitOutcome.Denied, 0, retryAfter);
}
