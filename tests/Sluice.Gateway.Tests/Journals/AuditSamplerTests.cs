namespace Sluice.Gateway.Tests.Journals;

public sealed class AuditSamplerTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly List<AuditEvent> _passed = [];

    [Fact]
    public void Add_FloodOfOneCaller_PassesFiveAndOneForTheOthers()
    {
        using AuditSampler sampler = new(_time, _passed.Add);
        for (int i = 0; i < 100; i++)
        {
            sampler.Add(Event("perUser", "a"));
        }

        _passed.Count.ShouldBe(AuditSampler.Passing);
        _time.Advance(AuditSampler.Window);

        _passed.Count.ShouldBe(AuditSampler.Passing + 1);
        _passed[^1].Omitted.ShouldBe(100 - AuditSampler.Passing - 1);
    }

    [Fact]
    public void Add_AfterTheWindow_PassesAgain()
    {
        using AuditSampler sampler = new(_time, _passed.Add);
        for (int window = 0; window < 3; window++)
        {
            for (int i = 0; i < 6; i++)
            {
                sampler.Add(Event("perUser", "a"));
            }

            _time.Advance(AuditSampler.Window);
        }

        _passed.Count.ShouldBe(18);
        _passed.ShouldAllBe(passed => passed.Omitted == 0);
    }

    [Fact]
    public void Add_OtherCallersLimitsAndKinds_AreWatchedApart()
    {
        using AuditSampler sampler = new(_time, _passed.Add);
        for (int i = 0; i < AuditSampler.Passing; i++)
        {
            sampler.Add(Event("perUser", "a"));
            sampler.Add(Event("perUser", "b"));
            sampler.Add(Event("shared", "a"));
            sampler.Add(Event("perUser", "a") with { WouldRefuse = true });
        }

        _passed.Count.ShouldBe(4 * AuditSampler.Passing);
    }

    [Fact]
    public void Add_MoreCallersThanAreWatched_LosesNoEvent()
    {
        using (AuditSampler sampler = new(_time, _passed.Add))
        {
            for (int round = 0; round < 3; round++)
            {
                for (int caller = 0; caller < AuditSampler.MaxWatched + 500; caller++)
                {
                    for (int i = 0; i < 7; i++)
                    {
                        sampler.Add(Event("perUser", $"{caller}"));
                    }
                }
            }
        }

        _passed.Sum(passed => 1 + passed.Omitted).ShouldBe(3 * 7 * (AuditSampler.MaxWatched + 500));
    }

    [Fact]
    public void Add_RandomCallersAndSteps_EventsAddUpExactlyAtEveryEnd()
    {
        Random random = new(Seeds.AnnounceAny());
        for (int run = 0; run < 50; run++)
        {
            _passed.Clear();
            int added = 0;
            using (AuditSampler sampler = new(_time, _passed.Add))
            {
                for (int step = 0; step < 500; step++)
                {
                    if (random.Next(20) == 0)
                    {
                        _time.Advance(TimeSpan.FromSeconds(random.Next(1, 15)));
                    }

                    sampler.Add(Event($"limit{random.Next(3)}", $"{random.Next(4)}"));
                    added++;
                }
            }

            _passed.Sum(passed => 1 + passed.Omitted).ShouldBe(added);
            foreach (IGrouping<(string?, string?), AuditEvent> group in _passed.GroupBy(passed => (passed.Limit, passed.Caller)))
            {
                group.Select(passed => passed.Time).ShouldBeInOrder();
            }
        }
    }

    [Fact]
    public async Task Add_FromManyThreads_EventsAddUp()
    {
        long events = 0;
        using (AuditSampler sampler = new(TimeProvider.System, passed => Interlocked.Add(ref events, 1 + passed.Omitted)))
        {
            await Task.WhenAll(Enumerable.Range(0, 8).Select(thread => Task.Run(() =>
            {
                for (int i = 0; i < 5_000; i++)
                {
                    sampler.Add(Event("perUser", $"{i % 5}"));
                }
            })));
        }

        events.ShouldBe(8 * 5_000);
    }

    private AuditEvent Event(string limit, string caller) => new()
    {
        Time = _time.GetUtcNow(),
        WouldRefuse = false,
        Server = "one",
        OperationKind = "tool",
        Operation = "x",
        Limit = limit,
        Scope = "perUser",
        Source = "store",
        Caller = caller,
        ConfigVersion = "",
    };
}
