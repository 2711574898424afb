namespace Sluice;

/// <summary>The chunks that sliding logs are made of: flat memory, reserved at once, touched as logs grow, never more.</summary>
/// <remarks>
/// <para>Thread safety: any thread may take and return chunks; a chunk belongs to the thread that took it.</para>
/// </remarks>
internal sealed unsafe class LogPool
{
    private readonly FlatMemory _memory;
    private readonly uint _limit;

    /// <summary>The number of the last chunk given back, and above it a count that tells two such states apart.</summary>
    private ulong _free;
    private uint _fresh;
    private int _inUse;

    /// <param name="chunks">How many chunks there are.</param>
    internal LogPool(int chunks)
    {
        _memory = new FlatMemory((nuint)(chunks + 1L) * (nuint)sizeof(LogChunk)); // Number 0 means none.
        _limit = (uint)chunks;
    }

    /// <summary>How many chunks are taken.</summary>
    internal int InUse => Volatile.Read(ref _inUse);

    /// <summary>A chunk, by its number.</summary>
    internal LogChunk* this[uint number] => (LogChunk*)_memory.Start + number;

    /// <summary>Takes an empty chunk.</summary>
    /// <returns>Its number, or zero when all are in use.</returns>
    internal uint Take()
    {
        ulong free = Volatile.Read(ref _free);
        while ((uint)(free & uint.MaxValue) != 0)
        {
            ulong rest = Counted(free) | this[(uint)(free & uint.MaxValue)]->Next;
            ulong witnessed = Interlocked.CompareExchange(ref _free, rest, free);
            if (witnessed == free)
            {
                return Taken((uint)(free & uint.MaxValue));
            }

            free = witnessed;
        }

        uint fresh = Volatile.Read(ref _fresh);
        while (fresh < _limit)
        {
            uint witnessed = Interlocked.CompareExchange(ref _fresh, fresh + 1, fresh);
            if (witnessed == fresh)
            {
                return Taken(fresh + 1);
            }

            fresh = witnessed;
        }

        return 0;
    }

    /// <summary>Returns a chunk.</summary>
    internal void Give(uint number)
    {
        _ = Interlocked.Decrement(ref _inUse);
        ulong free = Volatile.Read(ref _free);
        while (true)
        {
            this[number]->Next = (uint)(free & uint.MaxValue);
            ulong witnessed = Interlocked.CompareExchange(ref _free, Counted(free) | number, free);
            if (witnessed == free)
            {
                return;
            }

            free = witnessed;
        }
    }

    private uint Taken(uint number)
    {
        *this[number] = default;
        _ = Interlocked.Increment(ref _inUse);
        return number;
    }

    private static ulong Counted(ulong free) => unchecked((free >> 32) + 1) << 32;
}
