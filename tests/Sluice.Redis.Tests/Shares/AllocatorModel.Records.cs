namespace Sluice.Redis.Tests;

/// <content>What the store keeps.</content>
internal sealed partial class AllocatorModel
{
    private sealed record Member
    {
        internal ulong Number { get; set; }

        internal SyncReply? Reply { get; set; }

        internal bool HasEnded { get; set; }

        internal long EndedAt { get; set; }

        internal long SeenAt { get; set; } // For a flaw only.
    }

    private sealed record Record
    {
        internal ShareNumbers Numbers { get; set; }

        internal long Level { get; set; }

        internal long At { get; set; }

        internal long ResetMicros { get; set; }

        internal long Over { get; set; } // What is used beyond what the remainder holds.

        internal Dictionary<ulong, Entry> Entries { get; init; } = [];

        internal int RemainderParts => Math.Max(0, ShareNumbers.Parts - Entries.Values.Sum(entry => entry.Parts));

        internal long Capacity => Numbers.Capacity(RemainderParts);
    }

    private sealed record Entry
    {
        internal int Parts { get; set; }

        internal ShareNumbers Numbers { get; set; }

        internal int Wished { get; set; }

        internal double Demand { get; set; }

        internal bool IsShort { get; set; }
    }
}
