using System.Buffers.Binary;

namespace Sluice.Redis;

/// <summary>One run of the script: its keys and its argument, for one call or for many.</summary>
internal sealed class ScriptRun
{
    private const int HeaderBytes = (3 * sizeof(ushort)) + 1;
    private const int CallBytes = 2 + sizeof(double);
    private const int ReservationBytes = (3 * sizeof(double)) + (2 * sizeof(ulong)) + CallerKeys.TurnBytes + 1;
    private const int CallLimitBytes = 3 * sizeof(ushort);

    private const byte Plain = 1;
    private const byte Reserving = 3;
    private const byte PlainReserving = 4;

    private readonly List<string> _rows = [];
    private readonly List<string> _logs = [];
    private readonly Dictionary<string, ushort>? _numbers;
    private readonly List<(RedisLimits Limits, ulong Cost, SlotHolder? Holder)> _groups = [];

    /// <param name="calls">The calls, in the order in which they are decided.</param>
    /// <param name="instantMicros">The instant around which edges of calendars are sent; null for the time that Redis is expected to
    /// show.</param>
    internal ScriptRun(IReadOnlyList<PendingCall> calls, ulong? instantMicros = null)
    {
        _numbers = calls.Count > 1 ? new(StringComparer.Ordinal) : null;
        int limitCount = 0;
        int callBytes = 0;
        foreach (PendingCall call in calls)
        {
            callBytes += CallBytes + (call.Reservation is null ? 0 : ReservationBytes) + (call.Count * CallLimitBytes);
            if (IndexOfGroup(call) < 0)
            {
                _groups.Add((call.Limits, call.Cost, call.Holder));
                limitCount += call.Limits.Limits.Length;
            }
        }

        byte[] argument = new byte[HeaderBytes + (limitCount * ScriptLimit.Bytes) + callBytes];
        Span<byte> rest = WriteLimits(argument.AsSpan(HeaderBytes), instantMicros);
        List<int> logPlaces = [];
        foreach (PendingCall call in calls)
        {
            rest = WriteCall(rest, call, argument.Length, logPlaces);
        }

        // Logs come behind the rows, and only now is it known how many those are.
        foreach (int place in logPlaces)
        {
            Span<byte> number = argument.AsSpan(place);
            BinaryPrimitives.WriteUInt16LittleEndian(
                number, (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(number) + _rows.Count));
        }

        BinaryPrimitives.WriteUInt16LittleEndian(argument, (ushort)limitCount);
        BinaryPrimitives.WriteUInt16LittleEndian(argument.AsSpan(sizeof(ushort)), (ushort)calls.Count);
        BinaryPrimitives.WriteUInt16LittleEndian(argument.AsSpan(2 * sizeof(ushort)), (ushort)_rows.Count);
        argument[3 * sizeof(ushort)] = KindOf(calls);
        Argument = argument;
        Keys = [.. _rows, .. _logs];
    }

    /// <summary>The rows, then the logs.</summary>
    internal string[] Keys { get; }

    /// <summary>The packed argument.</summary>
    internal byte[] Argument { get; }

    private static byte KindOf(IReadOnlyList<PendingCall> calls)
    {
        bool isPlain = calls.All(IsPlain);
        return calls.Any(call => call.Reservation is not null) ? isPlain ? PlainReserving : Reserving
            : isPlain ? Plain : (byte)0;
    }

    private static bool IsPlain(PendingCall call) =>
        call.Limits.IsPlain
        && (call.Verb is ScriptVerb.Acquire or ScriptVerb.Peek || (call.Verb == ScriptVerb.Reserve && call.Reservation!.IsPlain));

    private Span<byte> WriteLimits(Span<byte> to, ulong? instantMicros)
    {
        foreach ((RedisLimits limits, ulong cost, SlotHolder? holder) in _groups)
        {
            limits.Argument.CopyTo(to);
            if (cost != (ulong)limits.Applicable.Cost)
            {
                for (int i = 0; i < limits.Limits.Length; i++)
                {
                    ScriptLimit.Write(to[(i * ScriptLimit.Bytes)..], limits.Limits[i], cost);
                }
            }

            for (int i = 0; holder is not null && i < limits.Limits.Length; i++)
            {
                if (limits.Limits[i].IsSlots)
                {
                    ScriptLimit.WriteHolder(to[(i * ScriptLimit.Bytes)..], holder);
                }
            }

            if (limits.HaveCalendar)
            {
                WriteEdges(to, limits, instantMicros ?? limits.Clock.ExpectedMicros);
            }

            to = to[limits.Argument.Length..];
        }

        return to;
    }

    private static void WriteEdges(Span<byte> to, RedisLimits limits, ulong instantMicros)
    {
        for (int i = 0; i < limits.Limits.Length; i++)
        {
            if (limits.Limits[i].Numbers.Steps.Edges is StoreEdges edges)
            {
                ScriptLimit.WriteEdges(to[(i * ScriptLimit.Bytes)..], edges, instantMicros);
            }
        }
    }

    private Span<byte> WriteCall(Span<byte> to, PendingCall call, int total, List<int> logPlaces)
    {
        to[0] = (byte)call.Verb;
        to[1] = (byte)call.Count;
        BinaryPrimitives.WriteDoubleLittleEndian(to[2..], call.Holder is null && call.Reservation is null ? call.MadeAtMicros : call.SlotNumber);
        to = to[CallBytes..];
        if (call.Reservation is ReservationTerms terms)
        {
            BinaryPrimitives.WriteDoubleLittleEndian(to, terms.MostMicros);
            BinaryPrimitives.WriteDoubleLittleEndian(to[sizeof(double)..], terms.FromMicros);
            BinaryPrimitives.WriteDoubleLittleEndian(to[(2 * sizeof(double))..], call.Cost);
            BinaryPrimitives.WriteInt64LittleEndian(to[(3 * sizeof(double))..], call.SlotNumber);
            BinaryPrimitives.WriteUInt64LittleEndian(to[(4 * sizeof(double))..], terms.Store);
            terms.Turn?.CopyTo(to[(5 * sizeof(double))..]);
            to[ReservationBytes - 1] = (byte)(terms.Turn is null ? 0 : terms.KeepsTurn ? 2 : 1);
            to = to[ReservationBytes..];
        }

        int first = 1;
        for (int group = IndexOfGroup(call) - 1; group >= 0; group--)
        {
            first += _groups[group].Limits.Limits.Length;
        }

        for (int i = 0; i < call.Count; i++)
        {
            int index = call.LimitAt(i);
            RedisLimit limit = call.Limits.Limits[index];
            string row = call.Limits.Server.Row(limit.Limit.Key, call.Caller, call.IsSpread);
            BinaryPrimitives.WriteUInt16LittleEndian(to, NumberOf(_rows, row));
            BinaryPrimitives.WriteUInt16LittleEndian(to[sizeof(ushort)..], (ushort)(first + index));
            if (limit.LogSuffix is not null)
            {
                BinaryPrimitives.WriteUInt16LittleEndian(to[(2 * sizeof(ushort))..], NumberOf(_logs, row + limit.LogSuffix));
                logPlaces.Add(total - to.Length + (2 * sizeof(ushort)));
            }

            to = to[CallLimitBytes..];
        }

        return to;
    }

    private int IndexOfGroup(PendingCall call)
    {
        for (int i = 0; i < _groups.Count; i++)
        {
            if (ReferenceEquals(_groups[i].Limits, call.Limits) && _groups[i].Cost == call.Cost && _groups[i].Holder == call.Holder)
            {
                return i;
            }
        }

        return -1;
    }

    private ushort NumberOf(List<string> keys, string key)
    {
        if (_numbers is null)
        {
            int known = keys.IndexOf(key);
            if (known >= 0)
            {
                return (ushort)(known + 1);
            }
        }
        else if (_numbers.TryGetValue(key, out ushort known))
        {
            return known;
        }

        keys.Add(key);
        _numbers?.Add(key, (ushort)keys.Count);
        return (ushort)keys.Count;
    }
}
