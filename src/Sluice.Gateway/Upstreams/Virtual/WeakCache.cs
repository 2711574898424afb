namespace Sluice.Gateway;

/// <summary>Values that several users share for as long as one of them has it.</summary>
/// <remarks>Thread safety: any number of threads.</remarks>
internal sealed class WeakCache<TKey, TValue>
    where TKey : notnull
    where TValue : class
{
    private const int FirstSweep = 64;
    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, WeakReference<TValue>> _values = [];
    private int _sweepAt = FirstSweep;

    /// <summary>The value of a key, made where no user has it.</summary>
    internal TValue GetOrAdd(TKey key, Func<TValue> make)
    {
        lock (_gate)
        {
            if (_values.TryGetValue(key, out WeakReference<TValue>? held) && held.TryGetTarget(out TValue? value))
            {
                return value;
            }

            if (_values.Count >= _sweepAt)
            {
                foreach (TKey dead in _values.Where(pair => !pair.Value.TryGetTarget(out _)).Select(pair => pair.Key).ToArray())
                {
                    _values.Remove(dead);
                }

                _sweepAt = Math.Max(FirstSweep, _values.Count * 2);
            }

            value = make();
            _values[key] = new WeakReference<TValue>(value);
            return value;
        }
    }
}
