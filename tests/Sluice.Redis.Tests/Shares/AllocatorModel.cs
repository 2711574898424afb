namespace Sluice.Redis.Tests;

/// <summary>What the allocator's script does, in C#: the shares of one lane in the store.</summary>
/// <remarks>It has no clock and sends nothing. <see cref="Flaw"/> makes it wrong in one way.</remarks>
internal sealed partial class AllocatorModel(long ttlMicros, Flaw flaw)
{
    private readonly Dictionary<ulong, Member> _members = [];
    private readonly Dictionary<string, Record> _records = new(StringComparer.Ordinal);
    private string? _server;
    private ShareEpoch _epoch;
    private bool _isWaiting;
    private bool _isAlwaysFull;
    private long _openedAt;

    /// <summary>For a flaw: the level that a process last reported.</summary>
    internal Func<ulong, ulong, string, long> ReportedLevel { get; init; } = static (_, _, _) => 0;

    /// <summary>A copy, as a replica has it.</summary>
    internal AllocatorModel Copy()
    {
        AllocatorModel copy = new(ttlMicros, flaw)
        {
            ReportedLevel = ReportedLevel,
            _server = _server,
            _epoch = _epoch,
            _isWaiting = _isWaiting,
            _isAlwaysFull = _isAlwaysFull,
            _openedAt = _openedAt,
        };
        foreach ((ulong id, Member member) in _members)
        {
            copy._members[id] = member with { };
        }

        foreach ((string name, Record record) in _records)
        {
            copy._records[name] = Copy(record);
        }

        return copy;
    }

    /// <summary>Drops the record of a bucket alone; only for a flaw.</summary>
    internal void Evict(string bucket) => _records.Remove(bucket);

    /// <summary>Applies a message.</summary>
    internal SyncReply Sync(SyncMessage message, long clock, string server)
    {
        Enter(clock, server, message.Process);
        if (!_members.TryGetValue(message.Process, out Member? member))
        {
            _members[message.Process] = member = new();
        }

        if (member.HasEnded)
        {
            foreach (SyncItem item in message.Items.Where(_ => flaw == Flaw.ReturnsAfterEnd))
            {
                Record record = Touch(item.Bucket, item.Numbers, clock);
                record.Level = Math.Min(record.Capacity, record.Level + item.Returned);
            }

            return Reply(message, SyncStatus.Ended, clock, []);
        }

        if (flaw != Flaw.NoMessageNumbers)
        {
            if (message.Number < member.Number)
            {
                return Reply(message, SyncStatus.Ignored, clock, []);
            }

            if (message.Number == member.Number)
            {
                return member.Reply!;
            }
        }

        member.Number = message.Number;
        member.SeenAt = clock;
        Take(message, clock);
        SyncItemReply[] items = [.. message.Items.Select(item => Sync(message.Process, item, clock))];
        member.Reply = Reply(message, SyncStatus.Applied, clock, items);
        return member.Reply;
    }

    /// <summary>Decides a call from the remainder; null while the bucket decides nothing.</summary>
    internal bool? Acquire(string bucket, ShareNumbers numbers, long cost, long clock, string server, ulong process)
    {
        Enter(clock, server, process);
        if (_isWaiting)
        {
            return null;
        }

        Record record = Touch(bucket, numbers, clock);
        if (record.Level < cost)
        {
            return false;
        }

        record.Level -= cost;
        return true;
    }

    /// <summary>Takes units from the remainder whether they are there or not.</summary>
    internal void Charge(string bucket, ShareNumbers numbers, long units, long clock, string server, ulong process)
    {
        Enter(clock, server, process);
        Touch(bucket, numbers, clock).Level -= units;
    }

    /// <summary>Puts units into the remainder, as far as they fit.</summary>
    internal long Refund(string bucket, ShareNumbers numbers, long units, long clock, string server, ulong process)
    {
        Enter(clock, server, process);
        Record record = Touch(bucket, numbers, clock);
        long refunded = _isWaiting ? 0 : Math.Clamp(record.Capacity - record.Level, 0, units);
        record.Level += refunded;
        return refunded;
    }

    /// <summary>Fills the remainder, and has every holder fill its part at its next message.</summary>
    internal void Reset(string bucket, ShareNumbers numbers, long clock, string server, ulong process)
    {
        Enter(clock, server, process);
        Record record = Touch(bucket, numbers, clock);
        (record.Level, record.Over) = _isWaiting ? (record.Level, record.Over) : (record.Capacity, 0);
        record.ResetMicros = Math.Max(record.ResetMicros + 1, clock);
    }

    /// <summary>Looks at the remainder, as a verb that changes nothing does.</summary>
    internal void Peek(string bucket, ShareNumbers numbers, long clock, string server, ulong process)
    {
        Enter(clock, server, process);
        Touch(bucket, numbers, clock);
    }

    /// <summary>What the remainder owes; 0 when it owes nothing.</summary>
    internal long Debt(string bucket) => _records.TryGetValue(bucket, out Record? record) ? Math.Max(0, -record.Level) : 0;

    /// <summary>The remainder now: parts and level; no parts and at most its debt while it decides nothing.</summary>
    internal (int Parts, long Level) Remainder(string bucket, ShareNumbers numbers, long clock, string server)
    {
        bool isOld = _server is null || (_server != server && flaw != Flaw.NoEpoch);
        if (isOld || IsWaiting(clock))
        {
            return (0, isOld ? 0 : -Debt(bucket));
        }

        // A copy, because the store itself looks at a record only when a message names it.
        Record record = _records.TryGetValue(bucket, out Record? there) ? Copy(there) : NewRecord(numbers, clock);
        Touch(record, bucket, numbers, clock);
        return (record.RemainderParts, record.Level);
    }

    private bool IsWaiting(long clock) =>
        _isWaiting && (flaw != Flaw.WaitEndsByStoreClock || clock < _epoch.StartMicros + ttlMicros);

    private void Enter(long clock, string server, ulong process)
    {
        if (_server is null || (_server != server && flaw != Flaw.NoEpoch))
        {
            _members.Clear();
            _records.Clear();
            _isAlwaysFull = flaw == Flaw.NoEpoch;
            _epoch = new(clock, process);
            _isWaiting = flaw is not (Flaw.NoEpoch or Flaw.NoWaitInNewEpoch);
            _openedAt = clock;
        }

        _server = server;
        if (_isWaiting && !IsWaiting(clock))
        {
            Open(clock);
        }
    }

    private void Open(long clock)
    {
        _isWaiting = false;
        _openedAt = clock;
        foreach (Record record in _records.Values)
        {
            record.At = Math.Max(record.At, clock); // What it holds was claimed, and nothing else has refilled.
            record.Level = flaw == Flaw.NewEpochBeginsFull ? record.Capacity : record.Level;
        }
    }

    private void Take(SyncMessage message, long clock)
    {
        if (_isWaiting && message.Waited == _epoch)
        {
            Open(clock);
        }

        foreach (SeenProcess process in message.Unchanged)
        {
            if (process.Id == message.Process || !_members.TryGetValue(process.Id, out Member? member) || member.Number != process.Number)
            {
                continue;
            }

            if (member.HasEnded && process.HasEnded)
            {
                _members.Remove(process.Id);
            }
            else if (!member.HasEnded)
            {
                (member.HasEnded, member.EndedAt) = (true, clock);
            }
        }
    }

    private SyncItemReply Sync(ulong process, SyncItem item, long clock)
    {
        Record record = Touch(item.Bucket, item.Numbers, clock);
        bool isClaim = item.InUse > 0 && item.Epoch != _epoch;
        if (isClaim && _isWaiting)
        {
            record.Entries[process] = new() { Parts = item.InUse };
        }

        Entry? entry = record.Entries.GetValueOrDefault(process);
        if (item.InUse > 0 && ((isClaim && !_isWaiting) || entry is null || entry.Parts == 0))
        {
            return Describe(record, process, entry, 0) with { IsGone = true };
        }

        record.Entries[process] = entry ??= new();
        int freed = Math.Max(0, entry.Parts - item.InUse);
        entry.Parts = Math.Min(entry.Parts, item.InUse);
        (entry.Demand, entry.Wished, entry.IsShort, entry.Numbers) = (item.Demand, item.Wished, item.IsShort, item.Numbers);
        long level = _isWaiting ? 0 : Grant(record, entry, item, isClaim ? 0 : Math.Min(item.Returned, item.Numbers.Capacity(freed)));
        if (entry is { Parts: 0, Wished: 0, Demand: 0 })
        {
            record.Entries.Remove(process);
        }

        return Describe(record, process, entry, level);
    }

    // Takes the level returned, and grants what is wished as far as it is there. Says how much level goes with it.
    private long Grant(Record record, Entry entry, SyncItem item, long returned)
    {
        record.Level = Math.Min(record.Capacity, record.Level + returned);
        if (record.Level < 0)
        {
            return 0; // A bucket in debt grants nothing.
        }

        int granted = Math.Min(Math.Max(0, item.Wished - entry.Parts), record.RemainderParts);
        long level = Math.Min(record.Level, item.Numbers.Capacity(flaw == Flaw.LevelWithoutCapacity ? entry.Parts + granted : granted));
        if (!item.IsShort && item.InUse > 0) // It needs no more than what the remainder cannot hold any longer.
        {
            level = Math.Min(level, Math.Max(0, record.Level - item.Numbers.Capacity(record.RemainderParts - granted)));
        }

        entry.Parts += granted;
        record.Level -= level;
        return level;
    }

    private static SyncItemReply Describe(Record record, ulong process, Entry? entry, long level)
    {
        Entry[] others = [.. record.Entries.Where(pair => pair.Key != process && pair.Value.IsShort).Select(pair => pair.Value)];
        return new(
            entry?.Parts ?? 0,
            IsGone: false,
            level,
            record.RemainderParts,
            record.Level,
            record.Entries.Values.Sum(one => one.Demand),
            others.Length > 0,
            others.Any(other => other.Parts * 4L < other.Wished * 3L),
            record.ResetMicros);
    }

    private SyncReply Reply(SyncMessage message, SyncStatus status, long clock, SyncItemReply[] items) => new(
        message.Process,
        message.Number,
        status,
        _epoch,
        _isWaiting,
        clock,
        items,
        [.. _members.Select(pair => new SeenProcess(pair.Key, pair.Value.Number, pair.Value.HasEnded))]);

    private static Record Copy(Record record) =>
        record with { Entries = record.Entries.ToDictionary(pair => pair.Key, pair => pair.Value with { }) };

    private Record NewRecord(ShareNumbers numbers, long clock)
    {
        bool isFull = _isAlwaysFull || flaw is Flaw.RecordIsEvictedAlone;
        long level = Math.Min(numbers.Whole, Math.Max(0, Math.Min(clock - _openedAt, numbers.FillMicros)) * ShareNumbers.Parts);
        return new() { Numbers = numbers, At = clock, Level = isFull ? numbers.Whole : _isWaiting ? 0 : level };
    }

    private Record Touch(string bucket, ShareNumbers numbers, long clock)
    {
        if (!_records.TryGetValue(bucket, out Record? record))
        {
            _records[bucket] = record = NewRecord(numbers, clock);
        }

        Touch(record, bucket, numbers, clock);
        return record;
    }

    // Fills a record up to now, and takes the parts out of processes that have ended.
    private void Touch(Record record, string bucket, ShareNumbers numbers, long clock)
    {
        foreach ((ulong id, long endedAt) in Ended(record, clock).OrderBy(ended => ended.At))
        {
            if (flaw != Flaw.EndedPartsRefillFromBefore)
            {
                Fill(record, Math.Min(endedAt, clock));
            }

            Entry ended = record.Entries[id];
            record.Over += Math.Max(0, record.Numbers.Rescale(ended.Numbers.Capacity(ended.Parts), ended.Numbers, isUp: true) - record.Numbers.Capacity(ended.Parts));
            record.Entries.Remove(id);
            if (flaw == Flaw.TakesReportedLevelBack)
            {
                ulong number = _members.GetValueOrDefault(id)?.Number ?? 0;
                record.Level = Math.Min(record.Capacity, record.Level + ReportedLevel(id, number, bucket));
            }
        }

        Fill(record, clock);
        if (record.Entries.Count == 0 && record.Level == record.Capacity && record.Over == 0)
        {
            record.ResetMicros = 0; // As if there was no record.
        }

        (record.Level, record.Over) = numbers.Convert(record.Level, record.Over, record.RemainderParts, record.Numbers);
        record.Over = flaw == Flaw.UsedBeyondCapacityIsForgotten ? 0 : record.Over;
        record.Level = _isWaiting ? Math.Min(record.Level, 0) : record.Level;
        record.Numbers = numbers;
    }

    private IEnumerable<(ulong Id, long At)> Ended(Record record, long clock)
    {
        foreach (ulong id in record.Entries.Keys.ToArray())
        {
            if (!_members.TryGetValue(id, out Member? member))
            {
                yield return (id, long.MaxValue);
            }
            else if (member.HasEnded)
            {
                yield return (id, member.EndedAt);
            }
            else if (flaw == Flaw.ShareEndsByStoreClock && clock >= member.SeenAt + ttlMicros)
            {
                yield return (id, member.SeenAt + ttlMicros);
            }
        }
    }

    private void Fill(Record record, long clock)
    {
        if (clock > record.At)
        {
            if (!_isWaiting)
            {
                Int128 filled = record.Level + ((Int128)(clock - record.At) * record.RemainderParts);
                record.Over = (long)Int128.Max(0, record.Over - Int128.Max(0, filled - record.Capacity));
                record.Level = (long)Int128.Min(Math.Max(record.Level, record.Capacity), filled);
            }

            record.At = clock;
        }
    }
}
