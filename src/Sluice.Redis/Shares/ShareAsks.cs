using System.Text;

namespace Sluice.Redis;

/// <summary>The part of a call that asks remainders of divided buckets; <c>shares_decide.lua</c> has the format.</summary>
/// <remarks>Thread safety: as <see cref="PendingCall"/>.</remarks>
/// <param name="script">The script.</param>
/// <param name="key">The key of the lane's shares.</param>
/// <param name="process">The id of this process in the lane.</param>
/// <param name="isLook">Whether nothing is to be charged.</param>
/// <param name="asks">What is asked.</param>
internal sealed class ShareAsks(ShareDecisionScript script, string key, ulong process, bool isLook, ShareAsk[] asks)
{
    private const int HeadBytes = 1 + sizeof(double);
    private const int AnswerBytes = 1 + sizeof(ushort) + sizeof(double);
    private const byte DecideVerb = 0;
    private const byte Admitted = 1;
    private const byte Waiting = 2;
    private const byte Foreign = 255;

    /// <summary>What is asked of each bucket.</summary>
    internal IReadOnlyList<ShareAsk> All => asks;

    /// <summary>Whether the epoch was too young to decide anything. Then nothing was charged.</summary>
    internal bool IsWaiting { get; private set; }

    /// <summary>Whether all enforced limits of the call admitted it, and it was charged.</summary>
    internal bool IsAdmitted { get; private set; }

    /// <summary>The server's clock, in microseconds.</summary>
    internal long ServerMicros { get; private set; }

    /// <summary>Runs the script once, and reads what the remainders answered.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="run">The other limits of the call, of which there may be none.</param>
    /// <param name="hasOthers">Whether there are any.</param>
    /// <param name="loads">Whether the servers are given the script first.</param>
    /// <returns>What the script answered about the other limits.</returns>
    /// <exception cref="RedisFaultException">It did not run, or another version wrote the shares.</exception>
    internal async Task<byte[]> RunAsync(IRedisConnection connection, ScriptRun run, bool hasOthers, bool loads)
    {
        byte[] argument = Write(hasOthers ? run.Argument : []);
        byte[] reply = await connection.RunAsync(script, [.. run.Keys, key], script.Arguments(argument), loads).ConfigureAwait(false);
        return Read(reply);
    }

    /// <summary>The argument of the script.</summary>
    /// <param name="others">The argument for the other limits.</param>
    internal byte[] Write(byte[] others)
    {
        using MemoryStream stream = new();
        using BinaryWriter to = new(stream);
        to.Write(DecideVerb);
        to.Write(process);
        to.Write((byte)(isLook ? 1 : 0));
        to.Write((ushort)asks.Length);
        foreach (ShareAsk ask in asks)
        {
            to.Write((byte)ask.Bucket.Name.Length);
            to.Write(Encoding.Latin1.GetBytes(ask.Bucket.Name));
            to.Write((double)ask.Numbers.FillMicros);
            to.Write((double)ask.Numbers.TokenUnits);
            to.Write((double)ask.Units);
            to.Write((byte)(ask.IsPermissive ? 1 : 0));
        }

        to.Write(others);
        return stream.ToArray();
    }

    /// <summary>Reads the reply, and returns the rest of it: what is said of the other limits.</summary>
    /// <exception cref="RedisFaultException">Another version wrote the shares, or the reply is not whole.</exception>
    internal byte[] Read(byte[] reply)
    {
        if (reply is [] or [Foreign, ..])
        {
            throw new RedisFaultException(RedisFaultKind.Script, "The shares in Redis were not written by this version of Sluice.");
        }

        int length = HeadBytes + (reply[0] == Waiting ? 0 : asks.Length * AnswerBytes);
        if (reply.Length < length)
        {
            throw new RedisFaultException(RedisFaultKind.Script, "The reply of the script of shares is not whole.");
        }

        using BinaryReader from = new(new MemoryStream(reply));
        byte status = from.ReadByte();
        (IsWaiting, IsAdmitted, ServerMicros) = (status == Waiting, status == Admitted, (long)from.ReadDouble());
        foreach (ShareAsk ask in IsWaiting ? [] : asks)
        {
            (ask.HasUnits, ask.Parts, ask.Level) = (from.ReadByte() == 1, from.ReadUInt16(), (long)from.ReadDouble());
        }

        return reply[length..];
    }
}
