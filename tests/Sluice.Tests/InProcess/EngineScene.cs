namespace Sluice.Tests;

/// <summary>An engine that tells its steps, on a manual clock, and short ways to ask it.</summary>
public abstract class EngineScene
{
    private protected static readonly CallerIdentity Caller = new("https://issuer.example", "alice", "acme", "agent");
    private readonly InProcessEngine<RecordedSteps> _engine;

    private protected EngineScene() => _engine = new InProcessEngine<RecordedSteps>(1_000, Time);

    private protected ManualTimeProvider Time { get; } = new();

    private protected static ApplicableLimits Of(string scope, string rate) =>
        Limits(of => _ = scope == "shared" ? of.Shared(rate) : of.PerUser(rate));

    private protected static ApplicableLimits Limits(Action<RateLimitsBuilder> configure) => StoreFixture.Limits(configure, Caller);

    private protected RateLimitDecision Acquire(ApplicableLimits limits, int cost = 1) =>
        _engine.Acquire(new RateLimitRequest(limits, Caller, cost), []);

    private protected RateLimitDecision Peek(ApplicableLimits limits) => _engine.Peek(new RateLimitRequest(limits, Caller), []);

    /// <summary>Takes a token from every limit, or gives one back.</summary>
    private protected void Change(ApplicableLimits limits, int tokens)
    {
        if (tokens > 0)
        {
            _engine.Charge(new RateLimitRequest(limits, Caller));
        }
        else
        {
            _engine.Refund(new RateLimitRequest(limits, Caller));
        }
    }

    private protected List<CommitStep> StepsOf(ApplicableLimits limits, int cost = 1) => RecordedSteps.Of(() => Acquire(limits, cost));

    /// <summary>Forgets the caller's bucket of a limit.</summary>
    private protected void Reset(RateLimit limit) => _engine.Reset(limit, Caller);
}
