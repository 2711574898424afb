using System.Buffers.Binary;

namespace Sluice.Redis;

/// <summary>A limit as the script is told of it: 78 bytes, apart from the cost the same for every call.</summary>
internal static class ScriptLimit
{
    /// <summary>How many bytes a limit takes.</summary>
    internal const int Bytes = 78;

    /// <summary>How many bytes a limit's numbers take.</summary>
    internal const int NumbersBytes = 21;

    private const int ModeOffset = BucketName.Bytes + NumbersBytes;
    private const int ValuesOffset = ModeOffset + 1;

    /// <summary>The largest integer that a double holds with all below it, less one: the script counts no further.</summary>
    internal const ulong Most = (1UL << 53) - 1;

    /// <summary>Writes a limit with a call's cost.</summary>
    internal static void Write(Span<byte> to, RedisLimit limit, ulong cost)
    {
        limit.Name.CopyTo(to);
        limit.Numbers.Wire.CopyTo(to[BucketName.Bytes..]);
        to[ModeOffset] = (byte)(
            (limit.Limit.Mode == LimitMode.Permissive ? 1 : 0)
            + (limit.Limit.Buckets.All.Length > 1 ? 2 : 0)
            + (limit.Limit.AdmitsNothing ? 4 : 0));
        Span<byte> values = to.Slice(ValuesOffset, Bytes - ValuesOffset);
        (double a, double b, double c, double d, double e) = ScriptAlgorithm.Values(limit, cost);
        Write(values, 0, a);
        Write(values, 1, b);
        Write(values, 2, c);
        Write(values, 3, d);
        Write(values, 4, e);
    }

    /// <summary>Writes the edges of a calendar around an instant: of the window that holds it, and of the next.</summary>
    internal static void WriteEdges(Span<byte> to, StoreEdges edges, ulong nowMicros)
    {
        Span<byte> values = to.Slice(ValuesOffset, Bytes - ValuesOffset);
        ulong end = edges.EndOf(nowMicros);
        Write(values, 0, edges.StartOf(nowMicros));
        Write(values, 3, end);
        Write(values, 4, edges.EndOf(end));
    }

    /// <summary>Writes the process that acquires slots of a limit.</summary>
    internal static void WriteHolder(Span<byte> to, SlotHolder holder)
    {
        Span<byte> values = to.Slice(ValuesOffset, Bytes - ValuesOffset);
        Write(values, 1, holder.Process & uint.MaxValue);
        Write(values, 2, holder.Process >> 32);
    }

    private static void Write(Span<byte> values, int index, double value) =>
        BinaryPrimitives.WriteDoubleLittleEndian(values[(index * sizeof(double))..], value);
}
