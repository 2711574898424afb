using System.Buffers.Binary;

namespace Sluice.Redis;

/// <summary>The script that releases slots. They are acquired by <see cref="DecisionScript"/>, together with the tokens.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed class SlotScript() : RedisScript(Read("release_slots.lua"), clockArgument: null)
{
    private const byte OfCall = 1;
    private const byte OfEnded = 2;

    /// <summary>The script.</summary>
    internal static SlotScript Standard { get; } = new();

    /// <summary>Releases the slots of a call. It may be repeated.</summary>
    /// <exception cref="RedisFaultException">Redis did not do it, or did not answer.</exception>
    internal Task ReleaseAsync(IRedisConnection connection, string[] keys, SlotHolder holder, long number)
    {
        byte[] message = new byte[1 + (2 * sizeof(ulong))];
        message[0] = OfCall;
        BinaryPrimitives.WriteUInt64LittleEndian(message.AsSpan(1), holder.Process);
        BinaryPrimitives.WriteDoubleLittleEndian(message.AsSpan(1 + sizeof(ulong)), number);
        return RunAsync(connection, keys, message);
    }

    /// <summary>Releases the slots of processes that have ended.</summary>
    /// <returns>The other processes that hold slots.</returns>
    /// <exception cref="RedisFaultException">Redis did not do it, or did not answer.</exception>
    internal async Task<ulong[]> ReleaseAsync(IRedisConnection connection, string[] keys, IReadOnlyList<ulong> ended)
    {
        byte[] message = new byte[1 + (ended.Count * sizeof(ulong))];
        message[0] = OfEnded;
        for (int i = 0; i < ended.Count; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(message.AsSpan(1 + (i * sizeof(ulong))), ended[i]);
        }

        byte[] reply = await RunAsync(connection, keys, message).ConfigureAwait(false);
        ulong[] others = new ulong[reply.Length / sizeof(ulong)];
        for (int i = 0; i < others.Length; i++)
        {
            others[i] = BinaryPrimitives.ReadUInt64LittleEndian(reply.AsSpan(i * sizeof(ulong)));
        }

        return others;
    }
}
