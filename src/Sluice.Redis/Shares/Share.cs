namespace Sluice.Redis;

/// <summary>
/// A process's share of one bucket: some parts of its capacity and of its rate, and the level of these.
/// </summary>
/// <remarks>
/// It has no clock: every instant is a reading of the process's monotonic clock, in microseconds. A caller charges it
/// and a message shrinks it under the same lock, so no caller can use what was returned. Thread safety: any thread may
/// call.
/// </remarks>
/// <param name="refillPerMille">Thousandths of its rate at which it refills.</param>
internal sealed class Share(int refillPerMille)
{
    private readonly Lock _gate = new();
    private ShareNumbers _numbers;
    private int _parts;
    private int _generation;
    private long _level;
    private long _reserved;
    private long _over; // What is used beyond what the parts hold, since the numbers changed.
    private long _at;
    private long _endsAt;

    /// <summary>The parts; 0 when there is no share.</summary>
    internal int Parts => Volatile.Read(ref _parts);

    /// <summary>The instant from which it must not be used.</summary>
    internal long EndsAt => Volatile.Read(ref _endsAt);

    /// <summary>Locks the share, so that one call may charge several shares at one instant.</summary>
    internal void Enter() => _gate.Enter();

    /// <summary>Unlocks the share.</summary>
    internal void Exit() => _gate.Exit();

    /// <summary>What the share says to a call. Only between <see cref="Enter"/> and <see cref="Exit"/>.</summary>
    /// <param name="tokens">The cost of the call.</param>
    /// <param name="numbers">The numbers under which the call is decided.</param>
    /// <param name="now">The reading of the clock.</param>
    /// <param name="level">The level, in units; 0 for a share that must not be used.</param>
    internal ShareAnswer Look(ulong tokens, ShareNumbers numbers, long now, out long level)
    {
        if (!IsUsable(now) || numbers != _numbers)
        {
            level = 0;
            return ShareAnswer.Ask;
        }

        level = Fill(now);
        long units = numbers.Cost(tokens);
        return units <= level ? ShareAnswer.Enough
            : units > numbers.Capacity(_parts) ? ShareAnswer.Ask
            : ShareAnswer.TooFew;
    }

    /// <summary>Takes units that <see cref="Look"/> has found. Only between <see cref="Enter"/> and <see cref="Exit"/>.</summary>
    internal void Take(long units) => _level -= units;

    /// <summary>
    /// Takes units if all are there. A reading of the clock that is older than what another caller has filled counts as
    /// of that filling.
    /// </summary>
    internal bool TryCharge(long units, long now)
    {
        lock (_gate)
        {
            if (!IsUsable(now) || units > Fill(now))
            {
                return false;
            }

            _level -= units;
            return true;
        }
    }

    /// <summary>Takes units as far as they are there, and says how many it took.</summary>
    internal long Pay(long units, long now)
    {
        lock (_gate)
        {
            long paid = IsUsable(now) ? Math.Clamp(Fill(now), 0, units) : 0;
            _level -= paid;
            return paid;
        }
    }

    /// <summary>Puts units back as far as they fit, and says how many did.</summary>
    internal long Refund(long units, long now)
    {
        lock (_gate)
        {
            long refunded = IsUsable(now) ? Math.Clamp(_numbers.Capacity(_parts) - _reserved - Fill(now), 0, units) : 0;
            _level += refunded;
            return refunded;
        }
    }

    /// <summary>
    /// Reserves the whole level for a call that asks the allocator for the rest of its cost. Until <see
    /// cref="EndReservation"/> the share fills only as far as the rest of its capacity.
    /// </summary>
    /// <returns>
    /// How many units are reserved, and a generation that names this share; 0 units when it cannot be used.
    /// </returns>
    internal (long Units, int Generation) Reserve(long most, long now)
    {
        lock (_gate)
        {
            long units = IsUsable(now) ? Math.Clamp(Fill(now), 0, most) : 0;
            _level -= units;
            _reserved += units;
            return (units, _generation);
        }
    }

    /// <summary>Ends a reservation: its units are used, or back in the level.</summary>
    /// <returns>
    /// False when the share has ended since. Then the units are gone, and the call must not be admitted.
    /// </returns>
    internal bool EndReservation(long units, int generation, bool isUsed, long now)
    {
        lock (_gate)
        {
            if (generation != _generation)
            {
                return false;
            }

            Fill(Math.Min(now, _endsAt)); // Before its capacity grows by what was reserved.
            _reserved -= units;
            _level += isUsed ? 0 : units;
            return IsUsable(now);
        }
    }

    /// <summary>The level now; 0 for a share that must not be used.</summary>
    internal long LevelAt(long now)
    {
        lock (_gate)
        {
            return IsUsable(now) ? Filled(now) : 0;
        }
    }

    /// <summary>What it holds now for callers and for calls that wait for the allocator.</summary>
    internal long HeldAt(long now)
    {
        lock (_gate)
        {
            return IsUsable(now) ? Filled(now) + _reserved : 0;
        }
    }

    /// <summary>Begins a share. It refills from <paramref name="from"/> on.</summary>
    internal void Begin(ShareNumbers numbers, int parts, long level, long from, long endsAt)
    {
        lock (_gate)
        {
            _generation++;
            _numbers = numbers;
            _reserved = 0;
            _over = 0;
            _level = Math.Min(level, numbers.Capacity(parts));
            _at = from;
            Volatile.Write(ref _endsAt, endsAt);
            Volatile.Write(ref _parts, parts);
        }
    }

    /// <summary>Sets the parts after a reply. New parts refill from <paramref name="from"/> on.</summary>
    internal void Resize(int parts, long level, long now, long from)
    {
        lock (_gate)
        {
            Fill(Math.Min(now, _endsAt));
            Volatile.Write(ref _parts, parts);
            _at = Math.Min(_at, from);
            _level = Math.Min(_level + level, _numbers.Capacity(parts) - _reserved);
        }
    }

    /// <summary>
    /// Releases parts before the message that says so. While a call holds a reservation, no part is released.
    /// </summary>
    /// <returns>The parts that remain, and the level that no longer fits them.</returns>
    internal (int Parts, long Returned) Shrink(int parts, long now)
    {
        lock (_gate)
        {
            if (_reserved > 0 || parts >= _parts)
            {
                return (_parts, 0);
            }

            long returned = Math.Max(0, Fill(Math.Min(now, _endsAt)) - _numbers.Capacity(parts));
            _level -= returned;
            Volatile.Write(ref _parts, parts);
            _generation += parts == 0 ? 1 : 0;
            return (parts, returned);
        }
    }

    /// <summary>Extends the time in which it may be used.</summary>
    internal void Renew(long endsAt) => Volatile.Write(ref _endsAt, Math.Max(EndsAt, endsAt));

    /// <summary>Drops the share for good.</summary>
    internal void End()
    {
        lock (_gate)
        {
            _generation++;
            _reserved = 0;
            _level = 0;
            Volatile.Write(ref _parts, 0);
        }
    }

    /// <summary>Sets what is used of it to zero.</summary>
    internal void Reset(long now)
    {
        lock (_gate)
        {
            Fill(now);
            _level = _numbers.Capacity(_parts) - _reserved;
            _over = 0;
        }
    }

    /// <summary>Removes units, down to an empty share, because its clock ran too fast.</summary>
    internal void Correct(long units, long now)
    {
        lock (_gate)
        {
            _level = Math.Max(Math.Min(0, _level), Fill(now) - units);
        }
    }

    /// <summary>
    /// Applies new numbers of the limit, and keeps what is used. What is reserved counts as used from now on.
    /// </summary>
    internal void Change(ShareNumbers numbers, long now)
    {
        lock (_gate)
        {
            if (_parts > 0)
            {
                Fill(Math.Min(now, _endsAt));
                (_level, _over) = numbers.Convert(_level, _over, _parts, _numbers);
                _reserved = 0;
                _generation++;
            }

            _numbers = numbers;
        }
    }

    private bool IsUsable(long now) => _parts > 0 && now < _endsAt;

    private long Fill(long now)
    {
        _over = _over == 0 ? 0 : Math.Max(0, _over - SurplusAt(now));
        _level = Filled(now);
        _at = Math.Max(_at, _parts > 0 ? now : _at);
        return _level;
    }

    private long Filled(long now) => Math.Max(_level, Math.Min(_numbers.Capacity(_parts) - _reserved, _level + Refill(now)));

    // What refills and does not fit any more.
    private long SurplusAt(long now) => Math.Max(0, _level + Refill(now) - (_numbers.Capacity(_parts) - _reserved));

    private long Refill(long now) => Math.Max(0, now - _at) * _parts * refillPerMille / 1000;
}
