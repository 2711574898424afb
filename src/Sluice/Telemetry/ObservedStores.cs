using System.Diagnostics.Metrics;

namespace Sluice;

/// <summary>The stores of the process, as the instruments see them.</summary>
/// <remarks>
/// <para>A store is held weakly: one that a program forgets is not kept alive, and is no longer observed.</para>
/// <para>Thread safety: any number of threads. A reading only reads fields; it never asks a server.</para>
/// </remarks>
internal static class ObservedStores
{
    private static readonly Lock Gate = new();
    private static readonly List<Entry> Stores = [];
    private static long _foldsOfForgottenStores;

    /// <summary>Begins to observe a store.</summary>
    internal static void Add(IObservedStore store)
    {
        lock (Gate)
        {
            RemoveForgottenLocked();
            Stores.Add(new Entry(store));
        }

        // The instruments exist from the first store on, whether a call was decided or not.
        _ = SluiceInstruments.StoreAvailable;
    }

    /// <summary>Ends the observation of a store that was closed.</summary>
    internal static void Remove(IObservedStore store)
    {
        lock (Gate)
        {
            foreach (Entry entry in Stores)
            {
                if (ReferenceEquals(entry.Store, store))
                {
                    _foldsOfForgottenStores += entry.ReadFolds();
                }
            }

            Stores.RemoveAll(entry => ReferenceEquals(entry.Store, store));
        }
    }

    internal static IEnumerable<Measurement<int>> Availability() =>
        Read(static stores => stores.TrueForAll(store => store.IsAvailable) ? 1 : 0);

    internal static IEnumerable<Measurement<long>> Keys() => Read(static stores => stores.Sum(store => store.Keys));

    internal static IEnumerable<Measurement<long>> EvictionsWithDebt()
    {
        lock (Gate)
        {
            RemoveForgottenLocked();
            return Stores.Count == 0 && _foldsOfForgottenStores == 0
                ? []
                : [new Measurement<long>(_foldsOfForgottenStores + Stores.Sum(entry => entry.ReadFolds()))];
        }
    }

    private static Measurement<T>[] Read<T>(Func<List<IObservedStore>, T> read)
        where T : struct
    {
        List<IObservedStore> stores = [];
        lock (Gate)
        {
            RemoveForgottenLocked();
            stores.AddRange(Stores.Select(entry => entry.Store).OfType<IObservedStore>());
        }

        return stores.Count == 0 ? [] : [new Measurement<T>(read(stores))];
    }

    // A counter must not go back: what was last read of a store stays when the store is gone.
    private static void RemoveForgottenLocked() => Stores.RemoveAll(static entry =>
    {
        if (entry.Store is not null)
        {
            return false;
        }

        _foldsOfForgottenStores += entry.ReadFolds();
        return true;
    });

    private sealed class Entry(IObservedStore store)
    {
        private readonly WeakReference<IObservedStore> _store = new(store);
        private long _folds;

        internal IObservedStore? Store => _store.TryGetTarget(out IObservedStore? store) ? store : null;

        internal long ReadFolds() => _folds = Store?.EvictionsWithDebt ?? _folds;
    }
}
