using System.Runtime.InteropServices;

namespace Sluice;

/// <summary>Some of the entries of one sliding log, oldest first; two cache lines of flat memory.</summary>
[StructLayout(LayoutKind.Sequential, Size = 128)]
internal unsafe struct LogChunk
{
    /// <summary>How many entries fit.</summary>
    internal const int Entries = 7;

    /// <summary>The next newer chunk's number, or zero.</summary>
    internal uint Next;

    /// <summary>The first entry that is still there.</summary>
    internal ushort First;

    /// <summary>The end of the entries.</summary>
    internal ushort End;

    /// <summary>In the oldest chunk of a log: the tokens of all its entries.</summary>
    internal ulong Total;

    private fixed ulong _pairs[2 * Entries];

    /// <summary>When an entry was charged.</summary>
    internal readonly ulong Time(int entry) => _pairs[2 * entry];

    /// <summary>The tokens that an entry was charged.</summary>
    internal readonly ulong Cost(int entry) => _pairs[(2 * entry) + 1];

    /// <summary>Writes an entry.</summary>
    internal void Set(int entry, ulong time, ulong cost)
    {
        _pairs[2 * entry] = time;
        _pairs[(2 * entry) + 1] = cost;
    }
}
