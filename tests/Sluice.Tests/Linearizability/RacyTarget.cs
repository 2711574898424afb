using Sluice.StoreContracts;

namespace Sluice.Tests;

/// <summary>Stores that are wrong on purpose, to show that the checker finds out.</summary>
internal sealed class RacyTarget(RacyTarget.Fault fault) : IHistoryTarget
{
    private ModelState _state = Operation.Start;

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
            _state = _state.After(operation.Ticks);
            return Answer.None;
        }

        return operation.Verb != Verb.Acquire
            ? throw new NotSupportedException("Only acquires and advances.")
            : fault == Fault.LostUpdate ? AcquireOnAnOldState(operation) : AcquireOneByOne(operation);
    }

    private Answer AcquireOnAnOldState(Operation operation)
    {
        (Answer answer, ModelState next) = operation.RunOn(_state);
        Schedule.Pause(CommitStep.Writing);
        _state = next;
        return answer;
    }

    private Answer AcquireOneByOne(Operation operation)
    {
        RateLimitRequest request = operation.Request;
        (Answer answer, _) = operation.RunOn(_state);
        List<RateLimitRequest> charged = [];
        foreach (RateLimit limit in request.Limits.Limits.ToArray())
        {
            RateLimitRequest one = new(new ApplicableLimits([limit], request.Cost), request.Caller);
            (RateLimitDecision decision, _, ModelState next) = _state.Decide(one, charges: true);
            if (!decision.IsAllowed)
            {
                GiveBack(charged);
                return answer;
            }

            charged.Add(one);
            _state = next;
            Schedule.Pause(CommitStep.Writing);
        }

        return answer;
    }

    private void GiveBack(List<RateLimitRequest> charged)
    {
        foreach (RateLimitRequest one in charged.Where(_ => fault == Fault.ChargeAndGiveBack))
        {
            _state = _state.Refunded(one);
        }
    }
}
