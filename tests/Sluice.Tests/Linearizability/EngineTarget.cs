namespace Sluice.Tests;

/// <summary>The real engine, telling its steps.</summary>
internal sealed class EngineTarget<TSteps> : IHistoryTarget
    where TSteps : struct, ICommitSteps
{
    private readonly SharedTime _time;
    private readonly InProcessEngine<TSteps> _engine;

    /// <param name="maxKeys">The most buckets.</param>
    /// <param name="isSystem">Whether the clock is like the system's, and not like one of an application.</param>
    internal EngineTarget(int maxKeys, bool isSystem)
    {
        _time = isSystem ? new SharedSystemTime() : new SharedTime();
        _engine = new InProcessEngine<TSteps>(maxKeys, _time);
    }

    public Answer Run(Operation operation)
    {
        RateLimitRequest request = operation.Request;
        LimitState[] states = new LimitState[request.Limits.Count];
        switch (operation.Verb)
        {
            case Verb.Acquire:
                return new Answer(_engine.Acquire(request, states), states);
            case Verb.Peek:
                return new Answer(_engine.Peek(request, states), states);
            case Verb.Charge:
                _engine.Charge(request);
                return Answer.None;
            case Verb.Refund:
                _engine.Refund(request);
                return Answer.None;
            case Verb.Reset:
                _engine.Reset(request.Limits[0], request.Caller);
                return Answer.None;
            case Verb.Release:
                if (operation.Begun!.Answer.IsAllowed)
                {
                    _engine.Release(request);
                }

                return Answer.None;
            case Verb.Advance:
                _time.Advance(operation.Ticks);
                return Answer.None;
            default:
                throw new ArgumentOutOfRangeException(nameof(operation), operation.Verb, "Not a verb.");
        }
    }
}
