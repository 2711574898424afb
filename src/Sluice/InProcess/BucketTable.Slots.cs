using System.Numerics;

namespace Sluice;

/// <content>Slot buckets: one that a running call holds is never evicted.</content>
internal sealed unsafe partial class BucketTable<TSteps>
{
    /// <summary>
    /// The most places of a set that buckets with running calls take. The other places are for buckets that can be evicted, so that a place
    /// can always be freed.
    /// </summary>
    private const int MaxRunningPerSet = 8;

    private readonly SlotSpill _spill = new();

    /// <summary>What a slot bucket without a place in its set holds.</summary>
    internal BucketState Spilled(in BucketItem item) =>
        item.Set->SpilledSlots == 0 ? default : new BucketState(0, _spill.Running(item));

    /// <summary>Stores the next state of a slot bucket without a place: in its set if a place is free, else outside of the table.</summary>
    /// <returns>The place, or <see cref="BucketItem.Absent"/>.</returns>
    internal int InsertSlots(in BucketItem item, int pinned, in StoreInstant now)
    {
        bool isSpilled = !item.State.IsNew; // Only there could a bucket without a place have had running calls.
        if (!isSpilled && BitOperations.PopCount((uint)RunningPlaces(item.Set)) < MaxRunningPerSet)
        {
            int place = PlaceFor(item, pinned, now, mayFold: false);
            if (place >= 0)
            {
                Put(item, place);
                return place;
            }
        }

        item.Set->SpilledSlots += _spill.Set(item, item.Next.Word);
        return BucketItem.Absent;
    }

    /// <summary>Releases one slot of a bucket.</summary>
    /// <exception cref="InvalidOperationException">No call of the bucket holds a slot.</exception>
    internal void ReleaseSlot(in BucketItem item)
    {
        int place = Find(item);
        if (place != BucketItem.Absent)
        {
            ReleaseSlot(BucketSet.At(item.Set, place));
            return;
        }

        ulong running = Spilled(item).Word;
        item.Set->SpilledSlots += _spill.Set(item, Less(running));
    }

    /// <summary>
    /// Releases one slot. The entry keeps its place, since the caller may soon come again; without running calls it is new.
    /// </summary>
    internal static void ReleaseSlot(BucketEntry* entry) => entry->Word = Less(entry->Word);

    private static ulong Less(ulong running) =>
        running > 0 ? running - 1 : throw new InvalidOperationException("A slot was released that no call holds.");

    /// <summary>The places of slot buckets with running calls, as bits.</summary>
    private int RunningPlaces(BucketSet* set)
    {
        int running = 0;
        for (int places = Candidates(set, pinned: 0); places != 0; places &= places - 1)
        {
            int place = BitOperations.TrailingZeroCount(places);
            BucketEntry* entry = BucketSet.At(set, place);
            if (!IsOfAnyLimit(entry) && entry->Word != 0 && _registry.WrittenUnder(entry).IsSlots)
            {
                running |= 1 << place;
            }
        }

        return running;
    }
}
