namespace Sluice.Redis.Tests;

/// <summary>The callers.</summary>
internal sealed partial class Simulation
{
    private const int LentTokens = 10;

    private void Call(SimulatedProcess process)
    {
        double rate = RateOf(process.Index, _now / 1e9);
        long pause = rate > 0 ? (long)(-Math.Log(1 - _random.NextDouble()) * 1e6 / rate) : 10_000;
        After(Math.Max(1, pause), () => Call(process));
        if (rate > 0 && _now >= process.FrozenUntil)
        {
            int bucket = _plan.Apart ? process.Index + (int)(_now / 2_500_000_000) : _random.Next(_names.Length);
            string name = _names[bucket % _names.Length];
            if (_plan.Verbs && _random.Next(60) == 0)
            {
                UseVerb(process, name);
            }
            else
            {
                Call(process, name, (ulong)(1 + _random.Next(_plan.MostCost)));
            }
        }
    }

    private double RateOf(int index, double seconds)
    {
        int count = _processes.Length;
        double calls = _plan.Rate * _plan.Load / ((_plan.MostCost + 1) / 2.0);
        return _plan.Pattern switch
        {
            CallPattern.Even => calls / count,
            CallPattern.Uneven => calls * (index == 0 ? 10 : 1) / (count + 9),
            CallPattern.Shift => calls * (index == (int)seconds % count ? 10 : 1) / (count + 9),
            CallPattern.Bursts => IsBurst(index, (int)(seconds * 4)) ? calls * 3 / count : 0,
            _ => seconds % 1.7 < 0.3 ? calls * 5 / count : calls / 8 / count,
        };
    }

    private bool IsBurst(int index, int quarter) =>
        (uint)(((quarter * 7919) + (index * 104729) + _plan.Seed) * 0x9e3779b1L >> 16) % 3 == 0;

    private void Call(SimulatedProcess process, string name, ulong cost)
    {
        long clock = process.Clock(_now);
        ShareBucket bucket = process.Lane.Bucket(name, process.Numbers, clock);
        long units = bucket.Numbers.Cost(cost);
        CountExact(name, units);
        if (_plan.Flaw == Flaw.LendsBlocks)
        {
            Borrow(process, bucket, units);
            return;
        }

        bool hasShare = bucket.Share.Parts > 0 && clock < bucket.Share.EndsAt;
        bool isAdmitted = bucket.Share.TryCharge(units, clock);
        bucket.Demand.Add(cost, hasShare && !isAdmitted);
        if (isAdmitted)
        {
            Charge(name, units, isAdmission: true);
            Count(ref Counts.FromShares);
        }
        else if (!hasShare || units > bucket.Numbers.Capacity(bucket.Share.Parts))
        {
            Ask(process, bucket, units);
        }
        else if (process.Lane.Grow(bucket, units, clock))
        {
            Send(process);
        }
    }

    private void CountExact(string name, long units)
    {
        IdealBucket store = _stores[Array.IndexOf(_names, name)];
        store.Fill(_now);
        Count(ref Counts.Calls);
        if (store.Level >= units * 1000)
        {
            store.Charge(units, _now);
            Count(ref Counts.Exact);
        }
    }

    // Asks the store for what the share does not have. The share's part is reserved meanwhile.
    private void Ask(SimulatedProcess process, ShareBucket bucket, long units)
    {
        long sent = process.Clock(_now);
        bool isForgotten = _plan.Flaw == Flaw.ReservationIsForgotten;
        (long reserved, int generation) = isForgotten ? (bucket.Share.Pay(units, sent), 0) : bucket.Share.Reserve(units, sent);
        bool? isAdmitted = null;
        bool hasEnded = false;
        int life = process.Life;
        ShareNumbers numbers = bucket.Numbers;
        string name = bucket.Name;

        void End()
        {
            if (hasEnded)
            {
                return;
            }

            hasEnded = true;
            bool isKept = true;
            long clock = process.Clock(_now);
            if (isForgotten)
            {
                bucket.Share.Refund(isAdmitted == true ? 0 : reserved, clock);
            }
            else
            {
                isKept = bucket.Share.EndReservation(reserved, generation, isAdmitted == true, clock) || reserved == 0;
            }

            if (isAdmitted == true && isKept)
            {
                Charge(name, reserved, isAdmission: true);
                Count(ref Counts.FromRemainder);
            }
            else if (isAdmitted is null)
            {
                process.Lane.Witness(clock);
            }
        }

        After(250_000, () => Live(process, life, End)); // The call's timeout.
        if (process.IsCut(_now) || _random.NextDouble() < _plan.Loss)
        {
            return;
        }

        Count(ref Counts.Commands);
        After(Delay(), () =>
        {
            if (IsReachable(process))
            {
                bool? answer = _store.Acquire(name, numbers, units - reserved, StoreClock, _server, process.Lane.Id);
                if (answer == true)
                {
                    Charge(name, units - reserved, isAdmission: true);
                }

                After(Delay(), () => Live(process, life, () =>
                {
                    if (!hasEnded && !process.IsCut(_now))
                    {
                        isAdmitted = answer;
                        if (answer == false)
                        {
                            process.Lane.Witness(process.Clock(_now));
                        }

                        End();
                    }
                }));
            }
        });
    }

    private void Borrow(SimulatedProcess process, ShareBucket bucket, long units)
    {
        long lent = process.Lent.GetValueOrDefault(bucket.Name);
        long block = bucket.Numbers.Cost(LentTokens);
        if (lent < units && IsReachable(process)
            && _store.Acquire(bucket.Name, bucket.Numbers, block, StoreClock, _server, process.Lane.Id) == true)
        {
            lent += block;
        }

        bool isAdmitted = lent >= units;
        process.Lent[bucket.Name] = isAdmitted ? lent - units : lent;
        if (isAdmitted)
        {
            Charge(bucket.Name, units, isAdmission: true);
        }
        else
        {
            process.Lane.Witness(process.Clock(_now));
        }
    }

    // Charge, refund and reset. What does not fit the share goes to the remainder.
    private void UseVerb(SimulatedProcess process, string name)
    {
        long clock = process.Clock(_now);
        ShareBucket bucket = process.Lane.Bucket(name, process.Numbers, clock);
        ShareNumbers numbers = bucket.Numbers;
        long units = numbers.Cost((ulong)_random.Next(1, 8));
        int verb = _random.Next(10);
        if (verb == 0)
        {
            ToStore(process, () =>
            {
                long before = _store.Remainder(name, numbers, StoreClock, _server).Level;
                _store.Reset(name, numbers, StoreClock, _server, process.Lane.Id);
                long after = _store.Remainder(name, numbers, StoreClock, _server).Level;
                Charge(name, Math.Max(0, before) - Math.Max(0, after), isAdmission: false, debt: Math.Min(0, before) - Math.Min(0, after));
            });
        }
        else if (verb < 6)
        {
            long paid = bucket.Share.Pay(units, clock);
            Charge(name, paid, isAdmission: false);
            ToStore(process, () =>
            {
                long rest = units - paid;
                long there = Math.Clamp(_store.Remainder(name, numbers, StoreClock, _server).Level, 0, rest);
                _store.Charge(name, numbers, rest, StoreClock, _server, process.Lane.Id);
                Charge(name, there, isAdmission: false, debt: rest - there);
            });
        }
        else
        {
            long refunded = bucket.Share.Refund(units, clock);
            Charge(name, -refunded, isAdmission: false);
            ToStore(process, () =>
            {
                long rest = _store.Refund(name, numbers, units - refunded, StoreClock, _server, process.Lane.Id);
                Charge(name, -rest, isAdmission: false);
            });
        }
    }

    private void ToStore(SimulatedProcess process, Action action) => After(Delay(), () =>
    {
        if (IsReachable(process))
        {
            action();
        }
    });
}
