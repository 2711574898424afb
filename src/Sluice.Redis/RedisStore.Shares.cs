using System.Collections.Concurrent;
using System.Numerics;

namespace Sluice.Redis;

/// <content>Calls on buckets that are divided among the processes.</content>
public sealed partial class RedisStore
{
    private readonly ConcurrentDictionary<string, Lazy<ShareClient>> _shareClients = new(StringComparer.Ordinal);
    private readonly ShareScripts _shareScripts;
    private readonly ShareSettings? _shareSettings;
    private readonly ShareRules? _shareRules;
    private readonly DivisionWatch _divisions;
    private readonly int _maxShareBuckets;
    private readonly TimeSpan _changeTimeout;

    /// <summary>How this process may use the keys.</summary>
    internal LayoutGuard Layout { get; }

    /// <summary>
    /// Why shares are off although <see cref="RedisStoreOptions.Shares"/> is set, or why the keys cannot be used; null for neither.
    /// </summary>
    /// <value>A sentence for an operator.</value>
    public string? LayoutFault => Layout.Why;

    /// <summary>
    /// Told of each charged call on divided buckets: the instant that decided it, in microseconds, and whether that is the server's clock
    /// and not the one of the lane. For tests that compare the calls of all processes with one exact bucket.
    /// </summary>
    internal Action<long, bool>? Admitted { get; set; }

    /// <summary>The lanes of shares in use.</summary>
    internal IEnumerable<ShareClient> ShareClients =>
        _shareClients.Values.Where(client => client.IsValueCreated).Select(client => client.Value);

    private bool HasDivided(RedisLimits limits) => limits.Divided != 0 && Layout.State != LayoutState.Rows;

    private RedisLimits Register(ApplicableLimits limits)
    {
        RedisLimits registered = new(limits, _keys, _serverClock, _shareRules);
        if (_shareRules is not null && Layout.State != LayoutState.Rows)
        {
            _divisions.Note(registered.Limits);
        }

        return registered;
    }

    private ShareClient ClientOf(ServerKeys server) => server.ShareClient ??= _shareClients.GetOrAdd(
        server.Name,
        _ => new Lazy<ShareClient>(() =>
        {
            ShareClient client = new(
                _connection, _shareScripts.Allocator, server.Shares, _shareSettings!, _time, _logger, _maxShareBuckets);
            client.Start();
            return client;
        })).Value;

    /// <summary>
    /// Decides a call: from the shares if they can, else with one run of a script for everything that they cannot decide.
    /// </summary>
    private ValueTask<RateLimitDecision> DecideDividedAsync(
        RedisLimits limits, in RateLimitRequest request, Memory<LimitState> states, bool charges, SlotClaim claim)
    {
        Lane lane = _lanes.OfShares(limits.Server);
        if (Layout.State != LayoutState.Shares)
        {
            return new ValueTask<RateLimitDecision>(DecideWithout(lane, limits, request, states.Span, charges, call: null));
        }

        ShareClient client = ClientOf(limits.Server);
        DividedBuckets buckets = limits.SharedBuckets is DividedBuckets shared && shared.IsCurrent(limits)
            ? shared
            : DividedBuckets.Find(client, limits, Of(request.Caller));
        if (charges
            && states.IsEmpty
            && DividedCall.TryAdmit(client, limits, buckets, (ulong)request.Cost, out long micros, out RateLimitDecision admitted))
        {
            Admitted?.Invoke(micros, false);
            return new ValueTask<RateLimitDecision>(admitted);
        }

        DividedCall call = DividedCall.Begin(client, limits, buckets, (ulong)request.Cost, charges);
        if (!call.IsDecided)
        {
            return AskAsync(lane, client, buckets, call, limits, request, states, charges, claim);
        }

        if (charges && call.Rejected == 0)
        {
            Admitted?.Invoke(call.Micros, false);
        }

        return new ValueTask<RateLimitDecision>(DividedVerdict.Of(limits, call, rest: null, restStates: [], states.Span));
    }

    private async ValueTask<RateLimitDecision> AskAsync(
        Lane lane,
        ShareClient client,
        DividedBuckets buckets,
        DividedCall divided,
        RedisLimits limits,
        RateLimitRequest request,
        Memory<LimitState> states,
        bool charges,
        SlotClaim claim)
    {
        RedisLimits rest = limits.Without(limits.Divided);
        LimitState[] restStates = new LimitState[rest.Limits.Length];
        RateLimitDecision decision;
        ShareAsks? asked = null;
        if (divided.Asked == 0)
        {
            decision = await DecideRestAsync(rest, PartOf(request, rest), restStates, charges, claim).ConfigureAwait(false);
        }
        else
        {
            ChargeDrawnOfDivided(client, limits, buckets, Of(request.Caller));
            ChargeDrawn(rest, Of(request.Caller));
            asked = new ShareAsks(_shareScripts.Decision, client.Key, client.Id, isLook: !charges, divided.Asks());
            PendingCall call = new(charges ? ScriptVerb.Acquire : ScriptVerb.Peek, rest, Of(request.Caller), (ulong)request.Cost)
            {
                Asks = asked,
                Holder = claim.Holder,
                SlotNumber = claim.Number,
            };
            bool isAnswered = !lane.Breaker.IsOpen && (await lane.SendAsync(call).ConfigureAwait(false) || !call.TryCount());
            if (!isAnswered || asked.IsWaiting)
            {
                client.Witness();
                RedisLimits others = limits.Without(divided.Reserved);
                LimitState[] otherStates = new LimitState[others.Limits.Length];
                decision = DecideWithout(lane, others, PartOf(request, others), otherStates, charges, call: null);
                divided.End(decision.IsAllowed);
                return DividedVerdict.Of(limits, divided, decision, otherStates, states.Span, divided.Reserved);
            }

            divided.NoteAnswers();
            if (!asked.IsAdmitted)
            {
                client.Witness(); // The bucket may be divided; then this process has to watch the others.
            }

            decision = rest.Limits.Length == 0 ? DividedVerdict.Allowed
                : call.Held is not null ? HeldVerdict.Of(call, charges && call.IsAllowed, restStates)
                : Verdict.Of(rest, call.Seen, laterMicros: 0, call.Cost, charges && call.IsAllowed, restStates);
        }

        bool isAllowed = decision.IsAllowed && divided.Rejected == 0;
        long? serverMicros = divided.HoldsNothing ? asked?.ServerMicros : null;
        if (!divided.End(isAllowed))
        {
            await TakeBackAsync(limits, rest, request, claim).ConfigureAwait(false);
            return DividedVerdict.Lost(limits, divided, states.Span);
        }

        if (charges && isAllowed)
        {
            Admitted?.Invoke(serverMicros ?? client.Now, serverMicros is not null);
        }

        return DividedVerdict.Of(limits, divided, decision, restStates, states.Span);
    }

    private ValueTask<RateLimitDecision> DecideRestAsync(
        RedisLimits rest, in RateLimitRequest request, LimitState[] states, bool charges, SlotClaim claim) =>
        charges && request.Limits.SlotCount == 0 && _rejections.TryRecall(rest, request, states, out RateLimitDecision rejection)
            ? new ValueTask<RateLimitDecision>(rejection)
            : DecideAsync(rest, request, states, charges, claim);

    private static RateLimitRequest PartOf(in RateLimitRequest request, RedisLimits part) =>
        new(part.Applicable, request.Caller, request.Cost) { Slots = request.Slots, Tag = request.Tag };

    // A share ended while Redis was asked: the call is rejected, and the tokens that other shares took for it are refunded.
    private async Task TakeBackAsync(RedisLimits limits, RedisLimits rest, RateLimitRequest request, SlotClaim claim)
    {
        if (claim.Holder is not null)
        {
            await _releases.ReleaseAsync(SlotKeys(limits, request.Caller), claim.Holder, claim.Number, mayArriveLate: false).ConfigureAwait(false);
        }

        if (rest.Limits.Length > 0)
        {
            await ChangeAsync(ScriptVerb.Refund, rest, request.Caller, request.Cost).ConfigureAwait(false);
        }
    }

    /// <summary>Charges the remainders with what this process took from its parts while Redis did not decide.</summary>
    private void ChargeDrawnOfDivided(ShareClient client, RedisLimits limits, DividedBuckets buckets, CallerKeys caller)
    {
        if (!_local.HasDrawn || !limits.FallbackOf.HasShares)
        {
            return;
        }

        foreach (int index in buckets.Order)
        {
            if (_local.TakeDrawn(limits, index, caller, isSpread: false) is PendingCall charge)
            {
                _ = ChargeDrawnAsync(client, buckets.Of[index]!, charge);
            }
        }
    }

    private async Task ChargeDrawnAsync(ShareClient client, ShareBucket bucket, PendingCall charge)
    {
        charge.Fate = CallFate.Charged;
        try
        {
            await client.ChargeRemainderAsync(bucket, bucket.Numbers.Cost(charge.Cost)).ConfigureAwait(false);
        }
        catch (RedisFaultException)
        {
            charge.Fate = CallFate.NotCharged; // A later call tries again.
        }

        _local.NoteEnd(charge);
    }

    /// <summary>Gives tokens back to divided buckets, takes them, or fills the buckets. Says whether Redis confirmed all of it.</summary>
    private async Task<bool> ChangeDividedAsync(ScriptVerb verb, RedisLimits limits, CallerIdentity caller, int cost)
    {
        if (Layout.State != LayoutState.Shares)
        {
            return false;
        }

        ShareClient client = ClientOf(limits.Server);
        Breaker breaker = _lanes.OfShares(limits.Server).Breaker;
        CallerKeys keys = Of(caller);
        DividedBuckets buckets = DividedBuckets.Find(client, limits, keys);
        bool isDone = true;
        for (uint left = limits.Divided; left != 0; left &= left - 1)
        {
            int index = BitOperations.TrailingZeroCount(left);
            ShareBucket bucket = buckets.Of[index]!;
            long rest = verb switch
            {
                ScriptVerb.Refund => client.Refund(bucket, (ulong)cost),
                ScriptVerb.Charge => client.Charge(bucket, (ulong)cost),
                ScriptVerb.Reset => bucket.Numbers.Whole,
                _ => throw new ArgumentOutOfRangeException(nameof(verb), verb, "Not a change of divided buckets."),
            };
            bool isThisDone = rest == 0 || (!breaker.IsOpen && await IsDoneAsync(breaker, verb switch
            {
                ScriptVerb.Refund => client.RefundRemainderAsync(bucket, rest),
                ScriptVerb.Charge => client.ChargeRemainderAsync(bucket, rest),
                _ => client.ResetAsync(bucket),
            }).ConfigureAwait(false));
            if (!isThisDone && verb == ScriptVerb.Charge)
            {
                // It counts in this process's part until the remainder can be charged. It may count twice, never not at all.
                RedisLimits alone = limits.Without(~(1U << index));
                _local.Change(alone, new RateLimitRequest(alone.Applicable, caller, cost), isRefund: false, keys, isAlone: true);
            }

            isDone &= isThisDone;
        }

        return isDone;
    }

    private async Task<bool> IsDoneAsync(Breaker breaker, Task change)
    {
        try
        {
            bool isInTime = await PacedWait.ForAsync(change, _changeTimeout, _time, CancellationToken.None).ConfigureAwait(false);
            if (isInTime)
            {
                await change.ConfigureAwait(false);
            }
            else
            {
                _ = change.ContinueWith(static late => late.Exception, TaskScheduler.Default); // It is not waited for any more.
                breaker.NoteFault(RedisFaultKind.Timeout, $"no answer within {_changeTimeout.TotalMilliseconds} ms");
            }

            return isInTime;
        }
        catch (RedisFaultException fault) when (fault.IsCallSpecific)
        {
            breaker.NoteFaultOfACall(fault);
            return false;
        }
        catch (RedisFaultException fault)
        {
            breaker.NoteFault(fault.Kind, fault.Message);
            return false;
        }
    }
}
