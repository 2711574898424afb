namespace Sluice.Redis.Tests;

/// <summary>What goes wrong in a run, and when.</summary>
internal sealed partial class Simulation
{
    private const int ReplicaLagMillis = 300;

    private void Schedule()
    {
        foreach (SimulatedProcess process in _processes)
        {
            At(_random.NextInt64(10_000_000), () => Call(process));
            At(_random.NextInt64(10_000_000), () => Tick(process));
        }

        Repeat(_plan.Freezes, 900_000, Freeze);
        Repeat(_plan.Crashes, 1_100_000, Restart);
        Repeat(_plan.Partitions, 700_000, process =>
            (process.CutFrom, process.CutUntil) = (_now, _now + (_random.NextInt64(_plan.Ttl * 2) * Micro)));
        Sometime(_plan.Failovers, FailOver);
        Sometime(_plan.Restarts, () => Lose(isAnotherServer: true));
        Sometime(_plan.Flushes, () => Lose(isAnotherServer: false));
        Sometime(_plan.ClockSteps, StepClock);
        Sometime(_plan.Evicts ? 2 : 0, Evict);
        if (_plan.Changes)
        {
            After(_random.NextInt64(_plan.Duration / 8, _plan.Duration * 3 / 8), Change);
        }

        if (_plan.Failovers > 0)
        {
            Replicate();
        }
    }

    private void Repeat(bool happens, long micros, Action<SimulatedProcess> action)
    {
        if (happens)
        {
            After(_random.NextInt64(micros / 2, micros * 3 / 2), () =>
            {
                action(_processes[_random.Next(_processes.Length)]);
                Repeat(true, micros, action);
            });
        }
    }

    private void Sometime(int times, Action action)
    {
        for (int i = 0; i < times; i++)
        {
            After(_random.NextInt64(_plan.Duration / 5, _plan.Duration * 4 / 5), action);
        }
    }

    // A call may have read the clock before the freeze, and charge its share after it. Its instant is the reading.
    private void Freeze(SimulatedProcess process)
    {
        if (_now < process.FrozenUntil)
        {
            return;
        }

        process.FrozenUntil = _now + (_random.NextInt64(_plan.Ttl * 3) * Micro);
        string name = _names[_random.Next(_names.Length)];
        ShareBucket bucket = process.Lane.Bucket(name, process.Numbers, process.Clock(_now));
        (long read, long units, int life) = (_now, bucket.Numbers.Cost(1), process.Life);
        At(process.FrozenUntil, () =>
        {
            if (process.Life == life && bucket.Share.TryCharge(units, process.Clock(read)))
            {
                Charge(name, units, isAdmission: true, at: read);
            }
        });
    }

    private void Restart(SimulatedProcess process)
    {
        process.Life++;
        process.Lane = NewLane();
        process.FrozenUntil = 0;
        Tick(process);
    }

    private void Replicate()
    {
        _replica.Add((_now, _store.Copy()));
        _replica.RemoveAll(copy => copy.At < _now - (ReplicaLagMillis * 1_000_000L));
        After(20_000, Replicate);
    }

    // The replica lacks the last writes, and has another wall clock.
    private void FailOver()
    {
        Forgive();
        long lag = _random.NextInt64(ReplicaLagMillis) * 1_000_000;
        _store = _replica.LastOrDefault(copy => copy.At <= _now - lag).State?.Copy() ?? NewStore();
        _replica.Clear();
        _server = $"{++_servers}";
        _downUntil = _now + (_random.NextInt64(500_000) * Micro);
        _offset += _random.NextInt64(-3_600_000_000, 3_600_000_000);
    }

    private void Lose(bool isAnotherServer)
    {
        Forgive();
        _store = NewStore();
        if (isAnotherServer)
        {
            _server = $"{++_servers}";
            _downUntil = _now + (_random.NextInt64(300_000) * Micro);
        }
    }

    // What a lost record owed is lost with it.
    private void Forgive()
    {
        for (int i = 0; i < _names.Length; i++)
        {
            Charge(_names[i], 0, isAdmission: false, debt: -_store.Debt(_names[i]));
        }
    }

    // Time that the store's clock skips counts as passed, as it does without shares. A clock that was set back stands still.
    private void StepClock()
    {
        long step = _random.NextInt64(-2_000_000, 10_000_000);
        _offset += step;
        for (int i = 0; i < _names.Length && step > 0; i++)
        {
            Charge(_names[i], -step * ShareNumbers.Parts, isAdmission: false);
        }
    }

    private void Evict()
    {
        if (_plan.Flaw == Flaw.RecordIsEvictedAlone)
        {
            _store.Evict(_names[_random.Next(_names.Length)]);
        }
        else
        {
            Lose(isAnotherServer: false); // All shares of a lane are one key.
        }
    }

    private void Change()
    {
        bool isMore = _random.Next(2) == 0;
        ShareNumbers numbers = NumbersOf(
            isMore ? _plan.Capacity * 2 : _plan.Capacity / 2, isMore ? _plan.Rate * 2 : _plan.Rate / 2);

        // The new envelope holds when nothing with the old numbers is on its way any more: retries, repetitions and slow messages.
        _uncheckedUntil = _now + ((300_000 + (_plan.Ttl * 3) + _plan.SlowMicros + 1_000) * Micro);
        foreach (SimulatedProcess process in _processes)
        {
            After(_random.Next(300_000), () => process.Numbers = numbers);
        }

        At(_uncheckedUntil, () => _ideals.ToList().ForEach(ideal => ideal.Restart(numbers, _now)));
    }
}
