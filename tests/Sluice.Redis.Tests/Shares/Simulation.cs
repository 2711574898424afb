namespace Sluice.Redis.Tests;

/// <summary>
/// Runs the protocol of shares through one <see cref="SimulationPlan"/>, with the same result for the same plan. After
/// every event it compares the shares and the remainder with one exact bucket.
/// </summary>
/// <remarks>True time is the store's clock without its steps. It counts in nanoseconds.</remarks>
internal sealed partial class Simulation
{
    private const long Micro = 1_000;

    // What the whole bucket refills in a tick of the clocks (and 1/1000 more, as the fastest clock does), in thousandths of a unit.
    private const long OneTick = 1_001 * ShareNumbers.Parts;
    private readonly SimulationPlan _plan;
    private readonly Random _random;
    private readonly PriorityQueue<Action, (long At, int Order)> _events = new();
    private readonly List<(long At, AllocatorModel State)> _replica = [];
    private readonly SimulatedProcess[] _processes;
    private readonly string[] _names;
    private readonly IdealBucket[] _ideals;
    private readonly IdealBucket[] _stores; // What one exact store would admit of the same calls.
    private readonly ShareSettings _settings;
    private readonly Dictionary<(ulong Process, ulong Number, string Bucket), long> _reported = [];
    private readonly List<LogEntry> _log = [];
    private AllocatorModel _store;
    private string _server = "1";
    private ulong _ids;
    private long _now;
    private long _offset;
    private long _downUntil;
    private long _uncheckedUntil = -1;
    private int _order;
    private int _servers = 1;

    internal Simulation(SimulationPlan plan)
    {
        _plan = plan;
        _random = new(plan.Seed ^ 0x5eed);
        _settings = FlawedLane.Settle(ShareSettings.Of(TimeSpan.FromMicroseconds(plan.Ttl)), plan.Flaw);
        ShareNumbers numbers = NumbersOf(plan.Capacity, plan.Rate);
        _names = [.. Enumerable.Range(0, plan.Buckets).Select(i => $"bucket {i}")];
        _ideals = [.. _names.Select(_ => new IdealBucket(numbers))];
        _stores = [.. _names.Select(_ => new IdealBucket(numbers))];
        _offset = _random.NextInt64(3_600_000_000);
        _store = NewStore();
        _processes = new SimulatedProcess[plan.Processes];
        for (int i = 0; i < plan.Processes; i++)
        {
            long offset = _random.NextInt64(-3_600_000_000, 3_600_000_000);
            _processes[i] = new(i, offset, _random.Next(plan.Slowest, plan.Fastest + 1), NumbersFor(i)) { Lane = NewLane() };
        }
    }

    /// <summary>What went wrong first; null when nothing did.</summary>
    internal string? Fault { get; private set; }

    /// <summary>What happened to the calls from <see cref="SimulationPlan.MeasuredFrom"/> on.</summary>
    internal SimulationCounts Counts { get; } = new();

    private long StoreClock => (_now / Micro) + _offset;

    /// <summary>Runs the plan, until something goes wrong or the time is over. Says what went wrong.</summary>
    internal string? Run()
    {
        Schedule();
        long end = _plan.Duration * Micro;
        while (Fault is null && _events.TryDequeue(out Action? action, out (long At, int Order) at) && at.At <= end)
        {
            _now = at.At;
            action();
            Check();
        }

        CheckLog();
        return Fault;
    }

    private static ShareNumbers NumbersOf(int capacity, int rate) =>
        ShareNumbers.Of(capacity, rate, TimeSpan.FromSeconds(1)) ?? throw new InvalidOperationException("The plan's limit is not divided.");

    // A smaller capacity at the same rate, so that a unit is the same for all.
    private ShareNumbers NumbersFor(int process) => NumbersOf(_plan.Versions && process % 2 == 1 ? _plan.Capacity / 2 : _plan.Capacity, _plan.Rate);

    private void At(long nanos, Action action) => _events.Enqueue(action, (Math.Max(nanos, _now), _order++));

    private void After(long micros, Action action) => At(_now + (micros * Micro), action);

    private FlawedLane NewLane() => new(_settings, () => ++_ids, _plan.Flaw);

    private AllocatorModel NewStore() => new(_plan.Ttl, _plan.Flaw)
    {
        ReportedLevel = (id, number, bucket) => _reported.GetValueOrDefault((id, number, bucket)),
    };

    private long Delay() =>
        100 + _random.Next(400) + (_random.NextDouble() < _plan.Slow ? _random.NextInt64(_plan.SlowMicros + 1) : 0);

    // Runs an action of a process, after it has thawed.
    private void Live(SimulatedProcess process, int life, Action action)
    {
        if (process.Life != life)
        {
            return;
        }

        if (_now < process.FrozenUntil)
        {
            At(process.FrozenUntil, () => Live(process, life, action));
            return;
        }

        action();
    }

    private bool IsReachable(SimulatedProcess process) => _now >= _downUntil && !process.IsCut(_now);

    private void Tick(SimulatedProcess process)
    {
        Send(process);
        After(8_000 + _random.Next(4_000), () => Live(process, process.Life, () => Tick(process)));
    }

    private void Send(SimulatedProcess process)
    {
        long clock = process.Clock(_now);
        if (process.Lane.Next(clock) is not { } message)
        {
            return;
        }

        foreach (ShareBucket bucket in process.Lane.Buckets.Where(_ => _plan.Flaw == Flaw.TakesReportedLevelBack))
        {
            _reported[(message.Process, message.Number, bucket.Name)] = bucket.Share.LevelAt(clock);
        }

        Transmit(process, message);
        if (_random.NextDouble() < _plan.Duplicates)
        {
            long late = _random.NextInt64(_plan.Ttl * 2);
            After(late, () => Transmit(process, message));
        }
    }

    private void Transmit(SimulatedProcess process, SyncMessage message)
    {
        if (process.IsCut(_now) || _random.NextDouble() < _plan.Loss)
        {
            return;
        }

        int life = process.Life;
        Count(ref Counts.Commands);
        After(Delay(), () =>
        {
            if (IsReachable(process))
            {
                SyncReply reply = _store.Sync(message, StoreClock, _server);
                if (_random.NextDouble() >= _plan.Loss)
                {
                    After(Delay(), () => Live(process, life, () => Receive(process, reply)));
                }
            }
        });
    }

    private void Receive(SimulatedProcess process, SyncReply reply)
    {
        if (process.IsCut(_now))
        {
            return;
        }

        long clock = process.Clock(_now);
        Dictionary<string, (long Held, long ResetMicros)> before = process.Lane.Buckets.ToDictionary(
            bucket => bucket.Name, bucket => (bucket.Share.HeldAt(clock), bucket.Last.ResetMicros));
        process.Lane.Receive(reply, clock);
        foreach (ShareBucket bucket in process.Lane.Buckets.Where(bucket => bucket.Last.ResetMicros != before[bucket.Name].ResetMicros))
        {
            // A reset reaches the parts one after another. What it fills in a part, it fills in the exact bucket.
            long filled = bucket.Share.HeldAt(clock) - before[bucket.Name].Held - bucket.Last.Level;
            if (filled > 0)
            {
                Charge(bucket.Name, -filled, isAdmission: false);
            }
        }
    }

    private void Count(ref int counter) => counter += _now >= _plan.MeasuredFrom * Micro ? 1 : 0;

    // A charge may put the remainder into debt while shares still hold tokens. The debt is in the exact bucket, but not in the log.
    private void Charge(string name, long units, bool isAdmission, long debt = 0, long? at = null)
    {
        int index = Array.IndexOf(_names, name);
        _log.Add(new(at ?? _now, index, units, debt, isAdmission));
        if (at is null)
        {
            _ideals[index].Charge(units + debt, _now);
        }
        else if (_now >= _uncheckedUntil)
        {
            _ideals[index] = Replay(index, withDebts: true); // A charge of an earlier instant: the bucket may have filled since.
        }
    }

    private void Check()
    {
        if (_now < _uncheckedUntil || Fault is not null)
        {
            return;
        }

        for (int i = 0; i < _names.Length; i++)
        {
            ShareNumbers numbers = _ideals[i].Numbers;
            (int parts, long level) = _now < _downUntil
                ? (0, -_store.Debt(_names[i]))
                : _store.Remainder(_names[i], numbers, StoreClock, _server);
            foreach (SimulatedProcess process in _processes)
            {
                ShareBucket bucket = process.Lane.Bucket(_names[i], process.Numbers, process.Clock(_now));
                long clock = process.Clock(_now);
                parts += bucket.Share.Parts > 0 && clock < bucket.Share.EndsAt ? bucket.Share.Parts : 0;
                level += bucket.Share.HeldAt(clock) + process.Lent.GetValueOrDefault(_names[i]);
            }

            _ideals[i].Fill(_now);
            if (parts > ShareNumbers.Parts)
            {
                Fault = $"seed {_plan.Seed}, {_now / 1e9:F6} s: {parts} parts of {_names[i]} are in use";
            }
            else if ((Int128)level * 1000 > _ideals[i].Level + OneTick)
            {
                double excess = (level - (_ideals[i].Level / 1000.0)) / numbers.TokenUnits;
                Fault = $"seed {_plan.Seed}, {_now / 1e9:F6} s: {_names[i]} has {excess:F6} tokens more than the exact bucket";
            }
        }
    }

    // The exact bucket over the merged log: no call may be admitted for which it has no tokens.
    private void CheckLog()
    {
        for (int i = 0; i < _names.Length; i++)
        {
            Replay(i, withDebts: false);
        }
    }

    private IdealBucket Replay(int index, bool withDebts)
    {
        IdealBucket ideal = new(_ideals[index].Numbers);
        ideal.Restart(ideal.Numbers, Math.Max(0, _uncheckedUntil)); // A change of the limit is checked from its end on.
        foreach (LogEntry entry in _log.Where(entry => entry.Bucket == index && entry.At >= _uncheckedUntil).OrderBy(entry => entry.At))
        {
            ideal.Charge(entry.Units + (withDebts ? entry.Debt : 0), entry.At);
            if (!withDebts && entry.IsAdmission && ideal.Level < -OneTick)
            {
                Fault ??= $"seed {_plan.Seed}, {entry.At / 1e9:F6} s: a call was admitted for which the exact bucket had no tokens";
            }
        }

        return ideal;
    }

    private readonly record struct LogEntry(long At, int Bucket, long Units, long Debt, bool IsAdmission);
}
