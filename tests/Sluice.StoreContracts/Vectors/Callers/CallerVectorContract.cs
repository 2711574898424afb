namespace Sluice.StoreContracts;

/// <summary>The decisions of the file of caller vectors, replayed.</summary>
public abstract class CallerVectorContract<TStore> : StoreContract<TStore>
    where TStore : StoreUnderTest, new()
{
    /// <summary>Whether the store answers a case as the model does, to the state of every limit.</summary>
    protected virtual bool Replays(CallerVectorCase vector) => true;

    [Fact]
    public async Task Decide_EveryCallerVector_AnswersAsTheFileSays()
    {
        CallerVectorFile file = CallerVectorFile.Load();
        CallerVectorCase[] cases = [.. file.Cases.Where(Replays)];
        cases.Length.ShouldBeGreaterThan(20);
        foreach (CallerVectorCase vector in cases)
        {
            CallerVectorPlayer player = new(Subject, vector.Policy, DateTimeOffset.UnixEpoch + TimeSpan.FromMicroseconds(file.WallUs));
            for (int i = 0; i < vector.Steps.Length; i++)
            {
                CallerVectorStep expected = vector.Steps[i];
                CallerVectorStep actual = await player.DoAsync(expected);
                string where = $"'{vector.Name}', step {i}: {expected}";
                actual.Decision.ShouldBe(expected.Decision, where);
                actual.DelayUs.ShouldBe(expected.DelayUs, where);
                actual.Running.ShouldBe(expected.Running, where);
                (actual.Limits ?? []).ShouldBe(expected.Limits ?? [], where);
                (actual.States ?? []).ShouldBe(expected.States ?? [], where);
            }

            await DisposeOf(player.Store);
        }
    }
}
