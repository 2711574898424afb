namespace Sluice.Tests;

/// <summary>Stores that are wrong on purpose, to show that the checker finds out.</summary>
internal sealed class RacyTarget(RacyTarget.Fault fault) : IHistoryTarget
{
    private readonly Dictionary<string, BucketState> _buckets = [];
    private ulong _now = LimitNumbers.OriginTicks;

    /// <summary>What is wrong.</summary>
    internal enum Fault
    {
        /// <summary>A decision is made on what it read, and written later without a look at what others wrote.</summary>
        LostUpdate,

        /// <summary>The limits are charged one by one, and given back when a later one refuses.</summary>
        ChargeAndGiveBack,

        /// <summary>The limits are looked at and charged one by one, and what is charged stays charged.</summary>
        NotAllOrNothing,
    }

    public Answer Run(Operation operation)
    {
        if (operation.Verb == Verb.Advance)
        {
            _now += (ulong)operation.Ticks;
            return Answer.None;
        }

        RateLimitRequest request = operation.Request;
        return operation.Verb != Verb.Acquire
            ? throw new NotSupportedException("Only acquires and advances.")
            : fault == Fault.LostUpdate ? AcquireOnOldStates(request) : AcquireOneByOne(request);
    }

    private Answer AcquireOnOldStates(RateLimitRequest request)
    {
        Dictionary<string, BucketState> seen = new(_buckets);
        SequentialAnswer(request, seen, out Answer answer, out Dictionary<string, BucketState> next);
        Schedule.Pause(CommitStep.Writing);
        foreach ((string key, BucketState state) in next)
        {
            _buckets[key] = state;
        }

        return answer;
    }

    private Answer AcquireOneByOne(RateLimitRequest request)
    {
        SequentialAnswer(request, new Dictionary<string, BucketState>(_buckets), out Answer answer, out _);
        List<(string Key, BucketState Before)> charged = [];
        for (int i = 0; i < request.Limits.Count; i++)
        {
            string key = Key(request, i);
            BucketState before = _buckets.GetValueOrDefault(key);
            LimitNumbers numbers = new(request.Limits[i].Rate, 0);
            if (!BucketRules.Admits(numbers, before, _now, (ulong)request.Cost, out BucketState next, out _))
            {
                GiveBack(charged);
                return answer;
            }

            charged.Add((key, before));
            _buckets[key] = next;
            Schedule.Pause(CommitStep.Writing);
        }

        return answer;
    }

    private void GiveBack(List<(string Key, BucketState Before)> charged)
    {
        foreach ((string key, BucketState before) in charged.Where(_ => fault == Fault.ChargeAndGiveBack))
        {
            _buckets[key] = before;
        }
    }

    private void SequentialAnswer(
        RateLimitRequest request,
        Dictionary<string, BucketState> seen,
        out Answer answer,
        out Dictionary<string, BucketState> next)
    {
        SequentialStore store = SequentialStore.At(_now, seen);
        (answer, SequentialStore after) = store.Run(new Operation(Verb.Acquire, request, 0));
        next = after.Buckets.ToDictionary();
    }

    private static string Key(in RateLimitRequest request, int index) => SequentialStore.Key(request, index);
}
