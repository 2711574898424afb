namespace Sluice.Redis.Tests;

/// <summary>What happens in one run of the simulation. Times are in microseconds.</summary>
internal sealed record SimulationPlan
{
    internal required int Seed { get; init; }

    internal Flaw Flaw { get; init; }

    internal long Ttl { get; init; } = 600_000;

    internal long Duration { get; init; } = 5_000_000;

    /// <summary>From when calls are counted.</summary>
    internal long MeasuredFrom { get; init; }

    internal int Processes { get; init; } = 3;

    internal int Buckets { get; init; } = 1;

    /// <summary>Whether each process calls one bucket at a time, and each another one.</summary>
    internal bool Apart { get; init; }

    /// <summary>Tokens that a bucket holds, and those that it refills in a second.</summary>
    internal int Capacity { get; init; } = 100;

    internal int Rate { get; init; } = 100;

    internal CallPattern Pattern { get; init; }

    /// <summary>How often callers ask for the whole rate.</summary>
    internal double Load { get; init; } = 2;

    internal int MostCost { get; init; } = 1;

    internal double Loss { get; init; }

    internal double Duplicates { get; init; }

    /// <summary>The part of the messages that take long, and how long at most.</summary>
    internal double Slow { get; init; }

    internal long SlowMicros { get; init; }

    internal bool Freezes { get; init; }

    internal bool Crashes { get; init; }

    internal bool Partitions { get; init; }

    /// <summary>The fastest and the slowest clock of a process, in millionths more or less than the store's.</summary>
    internal int Fastest { get; init; } = 1_000;

    internal int Slowest { get; init; } = -50_000;

    internal int Failovers { get; init; }

    internal int Restarts { get; init; }

    internal int Flushes { get; init; }

    internal int ClockSteps { get; init; }

    internal bool Evicts { get; init; }

    internal bool Changes { get; init; }

    /// <summary>Whether every other process has half the capacity, as where a lowered limit has not reached all of them.</summary>
    internal bool Versions { get; init; }

    internal bool Verbs { get; init; }

    /// <summary>A run with a random mixture of all faults.</summary>
    internal static SimulationPlan Random(int seed)
    {
        Random random = new(seed);
        bool Sometimes(double chance) => random.NextDouble() < chance;
        bool changes = Sometimes(0.2);
        int rate = new[] { 50, 100, 200, 70 }[random.Next(4)];
        SimulationPlan plan = new()
        {
            Seed = seed,
            Processes = 2 + random.Next(3),
            Buckets = Sometimes(0.2) ? 2 : 1,
            Apart = Sometimes(0.5),
            Rate = rate,
            Capacity = rate * (1 + random.Next(4)) / 2,
            Pattern = (CallPattern)random.Next(Enum.GetValues<CallPattern>().Length),
            Load = 0.5 + (random.NextDouble() * 2.5),
            MostCost = Sometimes(0.3) ? 20 : 1,
            Loss = Sometimes(0.6) ? random.NextDouble() * 0.2 : 0,
            Duplicates = Sometimes(0.6) ? random.NextDouble() * 0.2 : 0,
            Slow = Sometimes(0.6) ? random.NextDouble() * 0.2 : 0,
            SlowMicros = random.Next(1_200_000),
            Freezes = Sometimes(0.4),
            Crashes = Sometimes(0.4),
            Partitions = Sometimes(0.4),
            Slowest = Sometimes(0.5) ? -50_000 : -1_000,
            Failovers = Sometimes(0.4) ? 1 + random.Next(2) : 0,
            Restarts = Sometimes(0.2) ? 1 : 0,
            Flushes = Sometimes(0.2) ? 1 : 0,
            ClockSteps = Sometimes(0.4) ? 1 + random.Next(2) : 0,
            Evicts = Sometimes(0.1),
            Changes = changes,
            Duration = changes ? 8_000_000 : 5_000_000,
            Verbs = Sometimes(0.3),
        };
        return plan.Changes || plan.Verbs ? plan : plan with { Versions = Sometimes(0.3) };
    }

    /// <summary>
    /// A random run in which a flaw can show. What it adds are faults that the protocol must survive.
    /// </summary>
    internal static SimulationPlan Showing(Flaw flaw, int seed)
    {
        SimulationPlan plan = Random(seed) with { Flaw = flaw, Changes = false, Duration = 5_000_000 };
        return flaw switch
        {
            Flaw.LendsBlocks => plan with { Pattern = CallPattern.Flood },
            Flaw.EndCountsFromReply or Flaw.EndCountsFromLastSend =>
                plan with { Partitions = true, Loss = 0.3, Slow = 0.2, SlowMicros = plan.Ttl * 9 / 10 },
            Flaw.EndsWithoutMargin or Flaw.NeverEnds => plan with { Partitions = true, Freezes = true, Slowest = -50_000 },
            Flaw.RevivesEndedShare => plan with { Partitions = true, Failovers = 2 },
            Flaw.RefillsAtWholeRate => plan with { Slowest = 500, Load = 3 },
            Flaw.RefillsFromSend => plan with { Slow = 0.5, SlowMicros = plan.Ttl / 2, Pattern = CallPattern.Shift },
            Flaw.ReservationIsForgotten => plan with { MostCost = 20, Slow = 0.3, SlowMicros = 300_000 },
            Flaw.TakesReportedLevelBack =>
                plan with { Crashes = true, Partitions = true, Freezes = true, Capacity = plan.Rate * 2, Pattern = CallPattern.Flood },
            Flaw.LevelWithoutCapacity =>
                plan with { Slow = 0.5, SlowMicros = plan.Ttl * 8 / 10, Capacity = plan.Rate / 5, Pattern = CallPattern.Bursts },
            Flaw.ReturnsAfterEnd => plan with { Slow = 0.3, SlowMicros = plan.Ttl * 4, Capacity = plan.Rate / 2, Load = 1, Loss = 0.3 },
            Flaw.NoMessageNumbers => plan with { Duplicates = 0.3, Loss = 0.2, Pattern = CallPattern.Shift },
            Flaw.NoEpoch or Flaw.NoWaitInNewEpoch or Flaw.NewEpochBeginsFull =>
                plan with { Failovers = 2, Restarts = 1, Partitions = true },
            Flaw.WaitEndsByStoreClock => plan with { Failovers = 2, ClockSteps = 3 },
            Flaw.ShareEndsByStoreClock => plan with { ClockSteps = 2 },
            Flaw.RecordIsEvictedAlone => plan with { Evicts = true },
            Flaw.EndedPartsRefillFromBefore =>
                plan with { Partitions = true, Freezes = true, Buckets = 2, Apart = true, Capacity = plan.Rate * 2 },
            Flaw.UsedBeyondCapacityIsForgotten =>
                plan with { Versions = true, Verbs = false, Capacity = plan.Rate * 4, Load = 1, Pattern = CallPattern.Shift },
            _ => plan,
        };
    }
}
