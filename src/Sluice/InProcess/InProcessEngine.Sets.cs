using System.Runtime.Intrinsics.X86;

namespace Sluice;

/// <content>Finding a call's sets, and holding them.</content>
internal sealed unsafe partial class InProcessEngine<TSteps>
{
    /// <summary>Works out where each bucket lies.</summary>
    /// <param name="limits">The limits.</param>
    /// <param name="caller">The caller.</param>
    /// <param name="items">One for each limit.</param>
    /// <param name="sets">The sets, each once, in the order of their addresses.</param>
    /// <returns>How many sets there are.</returns>
    private int Prepare(ReadOnlySpan<RateLimit> limits, CallerIdentity caller, BucketItem* items, BucketSet** sets)
    {
        int count = 0;
        for (int i = 0; i < limits.Length; i++)
        {
            RateLimit limit = limits[i];
            RegisteredLimit registered = _registry[limit];
            RegisteredBucket bucket = registered.Bucket;
            BucketItem* item = items + i;
            if (bucket.Shared is not null)
            {
                item->Set = bucket.Shared;
                item->Key = 0;
                item->Name = registered.Name;
                item->Tag = BucketSet.Tag(0);
            }
            else
            {
                Fingerprint fingerprint = caller.Fingerprint(limit.Scope).With(bucket.Page);
                item->Set = _table.SetFor(fingerprint);
                item->Key = fingerprint.Low;
                item->Name = ((fingerprint.High >> 8) << (BucketEntry.BucketBits + BucketEntry.VersionBits)) | registered.Name;
                item->Tag = BucketSet.Tag(fingerprint.High);
                if (Sse.IsSupported)
                {
                    Sse.Prefetch0(item->Set);
                }
            }

            count = AddInOrder(sets, count, item->Set);
        }

        return count;
    }

    private static int AddInOrder(BucketSet** sets, int count, BucketSet* set)
    {
        int at = count;
        while (at > 0 && sets[at - 1] >= set)
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

    private static bool RefusedLast(BucketSet** sets, int count)
    {
        for (int i = 0; i < count; i++)
        {
            if (sets[i]->RefusedLast)
            {
                return true;
            }
        }

        return false;
    }

    private static void NoteLocked(BucketSet** sets, int count, bool isRefused)
    {
        for (int i = 0; i < count; i++)
        {
            if (sets[i]->RefusedLast != isRefused)
            {
                sets[i]->RefusedLast = isRefused;
            }
        }
    }

    private static void Enter(BucketSet** sets, int count)
    {
        for (int i = 0; i < count; i++)
        {
            SetLock<TSteps>.Enter(sets[i]);
        }
    }

    private static void Exit(BucketSet** sets, int count, bool hasChanged)
    {
        for (int i = 0; i < count; i++)
        {
            SetLock<TSteps>.Exit(sets[i], hasChanged);
        }
    }
}
