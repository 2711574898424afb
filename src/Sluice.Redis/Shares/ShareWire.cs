using System.Text;

namespace Sluice.Redis;

/// <summary>What goes to the script of the allocator and what comes back; <c>shares.lua</c> has the format.</summary>
internal static class ShareWire
{
    private const byte SyncVerb = 1;
    private const byte Foreign = 255;

    /// <summary>A message.</summary>
    internal static byte[] Write(SyncMessage message)
    {
        using MemoryStream stream = new();
        using BinaryWriter to = new(stream);
        to.Write(SyncVerb);
        to.Write(message.Process);
        to.Write((double)message.Number);
        Write(to, message.Waited);
        to.Write((ushort)message.Items.Count);
        to.Write((ushort)message.Unchanged.Count);
        foreach (SeenProcess process in message.Unchanged)
        {
            to.Write(process.Id);
            to.Write((double)process.Number);
            to.Write((byte)(process.HasEnded ? 1 : 0));
        }

        foreach (SyncItem item in message.Items)
        {
            Write(to, item.Bucket);
            Write(to, item.Epoch);
            Write(to, item.Numbers);
            to.Write((ushort)item.InUse);
            to.Write((double)item.Returned);
            to.Write((ushort)item.Wished);
            to.Write(item.Demand);
            to.Write((byte)(item.IsShort ? 1 : 0));
        }

        return stream.ToArray();
    }

    /// <summary>A verb of the remainder.</summary>
    internal static byte[] Write(RemainderVerb verb, ulong process, string bucket, ShareNumbers numbers, long units)
    {
        using MemoryStream stream = new();
        using BinaryWriter to = new(stream);
        to.Write((byte)verb);
        to.Write(process);
        Write(to, bucket);
        Write(to, numbers);
        to.Write((double)units);
        return stream.ToArray();
    }

    /// <summary>The reply to a message of a process.</summary>
    /// <exception cref="RedisFaultException">Another version wrote the shares, or the reply is not whole.</exception>
    internal static SyncReply ReadReply(byte[] reply, ulong process) => Read(reply, from =>
    {
        SyncStatus status = (SyncStatus)from.ReadByte();
        ulong number = (ulong)from.ReadDouble();
        ShareEpoch epoch = new((long)from.ReadDouble(), from.ReadUInt64());
        bool waits = from.ReadByte() == 1;
        long clock = (long)from.ReadDouble();
        SyncItemReply[] items = new SyncItemReply[from.ReadUInt16()];
        for (int i = 0; i < items.Length; i++)
        {
            items[i] = ReadItem(from);
        }

        List<SeenProcess> processes = [];
        while (from.BaseStream.Position < from.BaseStream.Length)
        {
            processes.Add(new(from.ReadUInt64(), (ulong)from.ReadDouble(), from.ReadByte() == 1));
        }

        return new SyncReply(process, number, status, epoch, waits, clock, items, processes);
    });

    /// <summary>The answer to a verb of the remainder.</summary>
    /// <exception cref="RedisFaultException">Another version wrote the shares, or the answer is not whole.</exception>
    internal static RemainderAnswer ReadAnswer(byte[] reply) => Read(reply, from => new RemainderAnswer(
        (RemainderStatus)from.ReadByte(),
        (long)from.ReadDouble(),
        (long)from.ReadDouble(),
        from.ReadUInt16(),
        (long)from.ReadDouble()));

    private static T Read<T>(byte[] reply, Func<BinaryReader, T> read)
    {
        if (reply is [] or [Foreign, ..])
        {
            throw new RedisFaultException(RedisFaultKind.Script, "The shares in Redis were not written by this version of Sluice.");
        }

        using BinaryReader from = new(new MemoryStream(reply));
        try
        {
            return read(from);
        }
        catch (EndOfStreamException)
        {
            throw new RedisFaultException(RedisFaultKind.Script, "The reply of the script of shares is not whole.");
        }
    }

    private static SyncItemReply ReadItem(BinaryReader from)
    {
        int parts = from.ReadUInt16();
        byte flags = from.ReadByte();
        long level = (long)from.ReadDouble();
        int remainder = from.ReadUInt16();
        long remainderLevel = (long)from.ReadDouble();
        double demand = from.ReadDouble();
        long reset = (long)from.ReadDouble();
        return new(parts, (flags & 1) != 0, level, remainder, remainderLevel, demand, (flags & 2) != 0, (flags & 4) != 0, reset);
    }

    private static void Write(BinaryWriter to, ShareEpoch epoch)
    {
        to.Write((double)epoch.StartMicros);
        to.Write(epoch.Starter);
    }

    private static void Write(BinaryWriter to, ShareNumbers numbers)
    {
        to.Write((double)numbers.FillMicros);
        to.Write((double)numbers.TokenUnits);
    }

    // A name has bytes as characters, and at most 255.
    private static void Write(BinaryWriter to, string bucket)
    {
        to.Write((byte)bucket.Length);
        to.Write(Encoding.Latin1.GetBytes(bucket));
    }
}
