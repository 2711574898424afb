namespace Sluice.StoreContracts;

/// <summary>The decisions of the file of vectors, replayed.</summary>
public abstract class VectorContract<TStore> : StoreContract<TStore>
    where TStore : StoreUnderTest, new()
{
    [Fact]
    public async Task Decide_EveryVector_AnswersAsTheFileSays()
    {
        DecisionVectorFile file = DecisionVectorFile.Load();
        int decisions = 0;
        foreach (VectorCase vector in file.Cases)
        {
            decisions += await Replay(file, vector);
        }

        file.Cases.Length.ShouldBeGreaterThan(300);
        decisions.ShouldBeGreaterThan(1_400);
    }

    private async Task<int> Replay(DecisionVectorFile file, VectorCase vector)
    {
        ManualTimeProvider time = new(DateTimeOffset.UnixEpoch + TimeSpan.FromMicroseconds(file.WallUs));
        IRateLimitStore store = Subject.Create(time);
        ApplicableLimits[] policies = [.. vector.Policies.Select(policy => VectorConversion.Policy(policy).Compile())];
        CallerIdentity[] callers =
            [.. file.Callers.Select(caller => new CallerIdentity(caller.Issuer, caller.Subject, caller.Tenant, caller.Client))];
        LimitState[] states = new LimitState[ApplicableLimits.MaxCount];
        int decisions = 0;
        for (int i = 0; i < vector.Steps.Length; i++)
        {
            VectorStep step = vector.Steps[i];
            ApplicableLimits limits = policies[step.Policy];
            time.MoveTo(TimeSpan.FromMicroseconds(step.AtUs));
            RateLimitRequest request = new(limits, callers[step.Caller], step.Cost);
            if (await store.DoAsync(step.Verb, request, states) is not RateLimitDecision decision)
            {
                continue;
            }

            decisions++;
            string where = $"'{vector.Name}', step {i}: {step}";
            VectorConversion.Decision(decision).ShouldBe(step.Decision, where);
            states.Take(limits.Count).Select(VectorConversion.State).ShouldBe(step.Limits!.Value, where);
        }

        await DisposeOf(store);
        return decisions;
    }
}
