using Xunit.Abstractions;

namespace Sluice.Tests;

/// <summary>Every order of the steps of a few operations, or every one with so many changes of thread.</summary>
public class InterleavingTests(ITestOutputHelper output)
{
    private static readonly CallerIdentity Alice = StoreFixture.User(1);
    private static readonly CallerIdentity Bob = StoreFixture.User(2);
    private static readonly Rate One = new(1, TimeSpan.FromTicks(10_000));
    private static readonly Rate Two = new(2, TimeSpan.FromTicks(30_000));

    private static readonly RateLimitPolicy Policy = RateLimitPolicy.Build(
        "server", of => of.PerUser(Two).Tool("both", t => t.Shared(One)).Tool("own", t => t.PerUser(One)));

    private static readonly ApplicableLimits Large = RateLimitPolicy.Build("other", of => of.PerUser(new Rate(9, TimeSpan.FromTicks(9_000 * 2))))
        .Select("tools/call", "plain", Alice);

    private static readonly ApplicableLimits Plain = Policy.Select("tools/call", "plain", Alice);
    private static readonly ApplicableLimits Both = Policy.Select("tools/call", "both", Alice);
    private static readonly ApplicableLimits Own = Policy.Select("tools/call", "own", Alice);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Acquire_TwoOnOneBucket_IsLinearizable(bool isSystem) => Explore(
        isSystem,
        [], [[Take(Own, Alice)], [Take(Own, Alice), Wait(10_000)]], int.MaxValue);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Acquire_RefusedWhileTheClockMoves_IsLinearizable(bool isSystem) => Explore(
        isSystem,
        [Take(Own, Alice), Take(Own, Alice)], [[Take(Own, Alice)], [Wait(10_000), Take(Own, Alice)]], 4);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Acquire_RefusedWhileItIsChargedLater_IsLinearizable(bool isSystem) => Explore(
        isSystem,
        [Take(Own, Alice), Take(Own, Alice)],
        [[Take(Own, Alice)], [Wait(3_000), Of(Verb.Charge, Own, Alice)], [Of(Verb.Charge, Plain, Alice)]],
        2);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Acquire_OneLimitRefusedWhileItIsChargedLater_IsLinearizable(bool isSystem) => Explore(
        isSystem,
        [Take(Plain, Alice), Take(Plain, Alice), Take(Plain, Alice)],
        [[Take(Plain, Alice)], [Wait(3_000), Of(Verb.Charge, Plain, Alice)]],
        int.MaxValue);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Peek_WhileTwoSetsAreCharged_SeesBothOrNeither(bool isSystem) => Explore(
        isSystem,
        [], [[Look(Both, Alice)], [Take(Both, Alice)]], 5);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Acquire_OverlappingSets_IsLinearizable(bool isSystem) => Explore(
        isSystem,
        [], [[Take(Both, Alice)], [Take(Both, Bob)], [Take(Plain, Alice)]], 2);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Acquire_OverlappingSetsThatAreKnown_IsLinearizable(bool isSystem) => Explore(
        isSystem,
        [Take(Both, Alice), Wait(10_000), Take(Both, Bob), Wait(10_000)],
        [[Take(Both, Alice)], [Take(Both, Bob)], [Take(Plain, Alice)]],
        2);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Acquire_RefundedAndResetAtOnce_IsLinearizable(bool isSystem) => Explore(
        isSystem,
        [Take(Both, Alice)],
        [[Take(Both, Alice)], [Of(Verb.Refund, Both, Alice)], [Of(Verb.Reset, Plain, Alice), Look(Both, Alice)]],
        2);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Acquire_RefusedOnesAndCharges_IsLinearizable(bool isSystem) => Explore(
        isSystem,
        [Take(Both, Alice), Take(Both, Alice)],
        [[Take(Both, Alice), Take(Both, Alice)], [Of(Verb.Charge, Plain, Alice)], [Wait(10_000), Wait(10_000)]],
        2);

    // Who reads the clock before the lock must not charge at an instant before one that a reader without a lock has answered for.
    [Fact]
    public void Acquire_ChargedWhileAnotherIsRefused_IsLinearizable() => Explore(
        isSystem: true,
        [Take(Own, Alice), Take(Own, Alice)],
        [[Take(Plain, Alice)], [Wait(3_000), Take(Own, Alice)]],
        4);

    [Fact]
    public void Acquire_ChargedWhileAnotherLooks_IsLinearizable() => Explore(
        isSystem: true,
        [Take(Plain, Alice)],
        [[Take(Plain, Alice)], [Wait(3_000), Look(Plain, Alice), Wait(3_000), Look(Plain, Alice)]],
        4);

    [Fact]
    public void Acquire_ChargedWhileAnotherIsRefusedByOneLimit_IsLinearizable() => Explore(
        isSystem: true,
        [Take(Plain, Alice), Take(Plain, Alice), Take(Plain, Alice)],
        [[Take(Plain, Alice)], [Wait(10_000), Take(Plain, Alice), Wait(20_000), Take(Plain, Alice)]],
        3);

    // A bucket of many tokens admits both, in either order; only what remains tells them apart.
    [Fact]
    public void Acquire_AnotherIsAdmittedAtALaterInstant_IsLinearizable() => Explore(
        isSystem: true,
        [Take(Large, Alice), Take(Large, Alice), Take(Large, Alice)],
        [[Take(Large, Alice)], [Wait(1_500), Take(Large, Alice)]],
        int.MaxValue);

    // The second knows only the server's bucket, of which the first takes a token at an instant that may be earlier.
    [Fact]
    public void Acquire_ManyLimitsAndOne_IsLinearizable() => Explore(
        isSystem: true,
        [Take(Both, Alice), Wait(30_000)],
        [[Take(Both, Alice)], [Wait(3_000), Take(Plain, Alice)], [Wait(3_000), Take(Both, Bob)]],
        2);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Checker_StoreThatIsWrongOnPurpose_IsCaught(int fault)
    {
        Func<Operation[][]>[] programs =
        [
            () => [[Take(Own, Alice)], [Take(Own, Alice)]],
            () => [[Take(Both, Alice)], [Take(Both, Alice)], [Take(Plain, Alice)]],
            () => [[Take(Own, Alice), Take(Own, Alice)], [Take(Plain, Alice), Take(Plain, Alice)]],
        ];

        programs.Any(program => FirstWrong(
            () => new RacyTarget((RacyTarget.Fault)fault), () => [], program, int.MaxValue, out _) is not null).ShouldBeTrue();
    }

    private void Explore(bool isSystem, Operation[] before, Operation[][] threads, int maxPreemptions)
    {
        string? wrong = FirstWrong(
            () => new EngineTarget<ScheduledSteps>(maxKeys: 10, isSystem),
            () => [.. before.Select(Again)],
            () => [.. threads.Select(thread => thread.Select(Again).ToArray())],
            maxPreemptions,
            out int runs);

        wrong.ShouldBeNull();
        runs.ShouldBeGreaterThan(20);
        output.WriteLine($"{runs} orders");
    }

    private static string? FirstWrong(
        Func<IHistoryTarget> target, Func<Operation[]> before, Func<Operation[][]> threads, int maxPreemptions, out int runs)
    {
        using Schedule schedule = new(maxPreemptions);
        while (true)
        {
            HistoryRecorder recorder = new(target());
            Operation[] first = before();
            recorder.Run(first);
            Operation[][] operations = threads();
            foreach (Operation operation in operations.SelectMany(thread => thread))
            {
                operation.Request.Limits.NoteLate(false); // A guess that the run before left would make this one differ.
            }

            if (!schedule.RunNext([.. operations.Select(thread => (Action)(() => recorder.Run(thread)))]))
            {
                runs = schedule.Runs;
                return null;
            }

            Operation[] all = [.. first, .. operations.SelectMany(thread => thread)];
            schedule.Fault.ShouldBeNull();
            if (!LinearizabilityChecker.IsLinearizable(all))
            {
                runs = schedule.Runs;
                return $"order {runs}:\n" + string.Join('\n', all.OrderBy(one => one.CalledAt));
            }
        }
    }

    private static Operation Again(Operation operation) => new(operation.Verb, operation.Request, operation.Ticks);

    private static Operation Of(Verb verb, ApplicableLimits limits, CallerIdentity caller) =>
        new(verb, new RateLimitRequest(limits, caller), 0);

    private static Operation Take(ApplicableLimits limits, CallerIdentity caller) => Of(Verb.Acquire, limits, caller);

    private static Operation Look(ApplicableLimits limits, CallerIdentity caller) => Of(Verb.Peek, limits, caller);

    private static Operation Wait(long ticks) => new(Verb.Advance, new RateLimitRequest(Plain, Alice), ticks);
}
