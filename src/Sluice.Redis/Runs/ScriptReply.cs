using System.Buffers.Binary;

namespace Sluice.Redis;

/// <summary>Reads what a run answered into its calls.</summary>
internal static class ScriptReply
{
    private const int CallBytes = 1 + sizeof(double);
    private const int StateBytes = 16;
    private const int LogBytes = 24;
    private const byte MeetsHeld = 2;
    private const byte Foreign = 255;
    private const byte OtherEdges = 254;

    /// <summary>Fills in the calls, in the order in which they were asked; it completes none.</summary>
    /// <exception cref="RedisFaultException">The answer is not as long as the calls ask for.</exception>
    internal static void Read(ReadOnlySpan<byte> reply, IReadOnlyList<PendingCall> calls)
    {
        if (reply.Length > 0 && reply[0] == Foreign)
        {
            throw new RedisFaultException(RedisFaultKind.Script, "A row was not written by this version of Sluice.");
        }

        foreach (PendingCall call in calls)
        {
            Require(reply, CallBytes);
            call.IsAllowed = (reply[0] & 1) != 0;
            bool meetsHeld = (reply[0] & MeetsHeld) != 0;
            ulong now = Integer(reply[1..]);
            reply = reply[CallBytes..];
            if (meetsHeld)
            {
                call.Held = HeldAnswer.Read(ref reply, call, now);
                continue;
            }

            for (int i = 0; i < call.Count; i++)
            {
                int index = call.LimitAt(i);
                RedisLimit limit = call.Limits.Limits[index];
                int length = limit.IsLog ? LogBytes : StateBytes;
                Require(reply, length);
                call.Seen[index] = new SeenBucket(ScriptAlgorithm.ReadState(limit, reply), now, limit.IsLog ? Integer(reply[8..]) : 0);
                reply = reply[length..];
            }
        }

        if (!reply.IsEmpty)
        {
            throw new RedisFaultException(RedisFaultKind.Script, $"The script's answer is {reply.Length} bytes too long.");
        }
    }

    /// <summary>Whether nothing was decided, since the edges of a calendar were not those around the instant of a call.</summary>
    /// <param name="reply">The answer.</param>
    /// <param name="instantMicros">That instant; 0 where the calls have to be sent one by one.</param>
    internal static bool AsksForEdges(ReadOnlySpan<byte> reply, out ulong instantMicros)
    {
        bool asks = reply.Length == CallBytes && reply[0] == OtherEdges;
        instantMicros = asks ? Integer(reply[1..]) : 0;
        return asks;
    }

    /// <summary>A whole number.</summary>
    internal static ulong Integer(ReadOnlySpan<byte> number) => (ulong)BinaryPrimitives.ReadDoubleLittleEndian(number);

    /// <summary>Throws where the answer is too short.</summary>
    /// <exception cref="RedisFaultException">It is.</exception>
    internal static void Require(ReadOnlySpan<byte> reply, int length)
    {
        if (reply.Length < length)
        {
            throw new RedisFaultException(RedisFaultKind.Script, "The script's answer breaks off.");
        }
    }
}
