using System.Buffers.Binary;

namespace Sluice.Redis;

/// <summary>What goes to the heartbeat script and what comes back.</summary>
internal static class HeartbeatMessage
{
    private const byte BeatVerb = 1;
    private const byte LeaveVerb = 2;
    private const byte Foreign = 255;
    private const int HeaderBytes = 1 + (3 * sizeof(ulong));
    private const int NamedBytes = 2 * sizeof(ulong);
    private const int EntryBytes = (2 * sizeof(ulong)) + 1;

    /// <summary>A heartbeat.</summary>
    /// <param name="id">The id of the process.</param>
    /// <param name="before">The id that it had before, whose place it takes; 0 for none.</param>
    /// <param name="number">The number of the heartbeat.</param>
    /// <param name="ended">The processes whose end this one has seen.</param>
    internal static byte[] Beat(ulong id, ulong before, ulong number, IReadOnlyList<ProcessBeat> ended) =>
        Write(BeatVerb, id, before, number, ended);

    /// <summary>The deregistration of a process.</summary>
    internal static byte[] Leave(ulong id) => Write(LeaveVerb, id, before: 0, number: 0, []);

    /// <summary>Reads a reply: whether the id is registered, and all processes in the order of their ranks.</summary>
    /// <exception cref="RedisFaultException">Another version wrote the table, or the reply is not whole.</exception>
    internal static (bool IsRegistered, ProcessBeat[] Processes) Read(ReadOnlySpan<byte> reply)
    {
        if (reply.IsEmpty || reply[0] == Foreign || (reply.Length - 1) % EntryBytes != 0)
        {
            throw new RedisFaultException(RedisFaultKind.Script, "The heartbeats in Redis were not written by this version of Sluice.");
        }

        bool isRegistered = reply[0] == 1;
        reply = reply[1..];
        ProcessBeat[] processes = new ProcessBeat[reply.Length / EntryBytes];
        for (int i = 0; i < processes.Length; i++)
        {
            ReadOnlySpan<byte> entry = reply[(i * EntryBytes)..];
            processes[i] = new ProcessBeat(
                BinaryPrimitives.ReadUInt64LittleEndian(entry),
                (ulong)BinaryPrimitives.ReadDoubleLittleEndian(entry[sizeof(ulong)..]),
                entry[NamedBytes] == 1);
        }

        return (isRegistered, processes);
    }

    private static byte[] Write(byte verb, ulong id, ulong before, ulong number, IReadOnlyList<ProcessBeat> ended)
    {
        byte[] message = new byte[HeaderBytes + (ended.Count * NamedBytes)];
        message[0] = verb;
        BinaryPrimitives.WriteUInt64LittleEndian(message.AsSpan(1), id);
        BinaryPrimitives.WriteUInt64LittleEndian(message.AsSpan(9), before);
        BinaryPrimitives.WriteDoubleLittleEndian(message.AsSpan(17), number);
        for (int i = 0; i < ended.Count; i++)
        {
            Span<byte> named = message.AsSpan(HeaderBytes + (i * NamedBytes));
            BinaryPrimitives.WriteUInt64LittleEndian(named, ended[i].Id);
            BinaryPrimitives.WriteDoubleLittleEndian(named[sizeof(ulong)..], ended[i].Number);
        }

        return message;
    }
}
