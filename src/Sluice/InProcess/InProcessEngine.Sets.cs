using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Sluice;

/// <content>Finding a call's sets, and holding them.</content>
internal sealed unsafe partial class InProcessEngine<TSteps>
{
    /// <summary>Works out where each bucket lies.</summary>
    /// <param name="limits">The limits.</param>
    /// <param name="caller">The caller.</param>
    /// <param name="items">One for each limit.</param>
    /// <param name="sets">
    /// The sets, each once, in the one order in which they are locked: shared ones first, then by address. So a thread that waits for a
    /// shared set delays no other call.
    /// </param>
    /// <returns>How many sets there are.</returns>
    private int Prepare(RegisteredLimit[] limits, CallerIdentity caller, BucketItem* items, BucketSet** sets)
    {
        int count = 0;
        int shared = 0;
        for (int i = 0; i < limits.Length; i++)
        {
            Place(limits[i], caller, items + i);
            count = Add(sets, items[i].Lock, limits[i].Bucket.Shared is not null, count, ref shared);
        }

        return count;
    }

    private void Place(RegisteredLimit limit, CallerIdentity caller, BucketItem* item)
    {
        RegisteredBucket bucket = limit.Bucket;
        BucketPage page = PageOf(bucket, caller);
        item->Set = page.SetOf(bucket);
        item->Lock = page.Lock;
        item->Key = page.Key;
        item->Name = page.NameOf(limit);
        item->Tag = page.Tag;
        item->Home = page.HomeOf(bucket);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private BucketPage PageOf(RegisteredBucket bucket, CallerIdentity caller)
    {
        if (bucket.Shared is not null)
        {
            return new BucketPage(bucket.SharedLock, key: 0, high: 0);
        }

        Fingerprint fingerprint = caller.Fingerprint(bucket.Key).With(bucket.Page);
        BucketPage page = new(_table.SetFor(fingerprint), fingerprint.Low | 1, fingerprint.High); // A key that is never a shared one's.
        if (Sse.IsSupported)
        {
            // The bucket most likely lies at home, which need not wait until the tags have come to say so.
            Sse.Prefetch0(page.Lock);
            Sse.Prefetch0(BucketSet.At(page.Lock, page.HomeOf(bucket)));
        }

        return page;
    }

    /// <summary>Adds a set to those that are to be locked, if it is not there yet; shared sets come first.</summary>
    private static int Add(BucketSet** sets, BucketSet* set, bool isShared, int count, ref int shared)
    {
        int after = AddInOrder(sets, isShared ? 0 : shared, isShared ? shared : count, count, set);
        shared += isShared ? after - count : 0;
        return after;
    }

    /// <summary>Adds a set to those from a place up to another, which are in order, if it is not there yet.</summary>
    private static int AddInOrder(BucketSet** sets, int from, int to, int count, BucketSet* set)
    {
        int at = to;
        while (at > from && sets[at - 1] >= set)
        {
            if (sets[at - 1] == set)
            {
                return count;
            }

            at--;
        }

        for (int i = count; i > at; i--)
        {
            sets[i] = sets[i - 1];
        }

        sets[at] = set;
        return count + 1;
    }

    private static bool RejectedLast(BucketSet** sets, int count)
    {
        for (int i = 0; i < count; i++)
        {
            if (sets[i]->RejectedLast)
            {
                return true;
            }
        }

        return false;
    }

    private static void NoteLocked(BucketSet** sets, int count, bool isRejected)
    {
        for (int i = 0; i < count; i++)
        {
            if (sets[i]->RejectedLast != isRejected)
            {
                sets[i]->RejectedLast = isRejected;
            }
        }
    }

    /// <summary>
    /// Marks the sets as readable without locks, after a decision that charged nothing. A stamp is not needed: a call that takes the
    /// lock of a marked set reads the clock after that. The version changes, so that a call that read the set before it was marked
    /// cannot take the lock from the version that it saw.
    /// </summary>
    private static void LetReadLocked(BucketSet** sets, int count)
    {
        for (int i = 0; i < count; i++)
        {
            if (sets[i]->Readers == 0)
            {
                SetLock<TSteps>.Renew(sets[i]);
            }

            if (sets[i]->Readers < MostReaders)
            {
                sets[i]->Readers = MostReaders;
            }
        }
    }

    private static bool LetRead(BucketSet** sets, int count)
    {
        bool letRead = true;
        for (int i = 0; i < count; i++)
        {
            letRead &= sets[i]->Readers != 0;
        }

        return letRead;
    }

    private static bool AreLatest(BucketSet** sets, int count, ulong nowTicks)
    {
        bool areLatest = true;
        for (int i = 0; i < count; i++)
        {
            areLatest &= SetLock<TSteps>.IsLatest(sets[i], nowTicks);
        }

        return areLatest;
    }

    /// <summary>Notes that a call which takes tokens had to read the clock under its locks: the next like it does so at once.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void NoteLateLocked(ApplicableLimits limits, BucketSet** sets, int count)
    {
        bool areRead = false;
        for (int i = 0; i < count; i++)
        {
            if (sets[i]->Readers != 0)
            {
                areRead = true;
                sets[i]->Readers--;
            }
        }

        limits.NoteLate(areRead);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Enter(BucketSet** sets, int count)
    {
        for (int i = 0; i < count; i++)
        {
            SetLock<TSteps>.Enter(sets[i]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Exit(BucketSet** sets, int count, ulong stamp)
    {
        for (int i = 0; i < count; i++)
        {
            SetLock<TSteps>.Exit(sets[i], stamp);
        }
    }
}
