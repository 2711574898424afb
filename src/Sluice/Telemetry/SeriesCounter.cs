using System.Diagnostics.Metrics;

namespace Sluice;

/// <summary>A counter of which each series is a field of the process, which readers observe.</summary>
/// <remarks>
/// <para>
/// Counting is one atomic addition. A synchronous counter would look its labels up for every reader at each call, and a call is counted
/// once for each of its limits.
/// </para>
/// <para>
/// Equal labels are one series, whichever policy counts it: a reload continues the earlier counts. A series lives as long as it is referenced, so
/// that the limits of documents that are no longer in use take no memory.
/// </para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
internal sealed class SeriesCounter
{
    private const int FirstCleaning = 1_000;

    private readonly ObservableCounter<long> _instrument;
    private readonly Action? _beforeReading;
    private readonly Lock _gate = new();
    private readonly Dictionary<KeyValuePair<string, object?>[], WeakReference<Series>> _series = new(new EqualLabels());
    private int _cleanAt = FirstCleaning;

    /// <param name="meter">The meter of the instrument.</param>
    /// <param name="name">The name of the metric.</param>
    /// <param name="unit">Its unit, in the notation of UCUM.</param>
    /// <param name="description">What it counts.</param>
    /// <param name="beforeReading">What happens before each reading; or null.</param>
    internal SeriesCounter(Meter meter, string name, string unit, string description, Action? beforeReading = null)
    {
        _beforeReading = beforeReading;
        _instrument = meter.CreateObservableCounter(name, Observe, unit, description);
    }

    /// <summary>The name of the metric.</summary>
    internal string Name => _instrument.Name;

    /// <summary>Whether anything reads the counter. Nothing needs to be counted before.</summary>
    internal bool Enabled => _instrument.Enabled;

    /// <summary>How many series take memory: at most twice those that are held, beyond the first thousand.</summary>
    internal int KeptSeries
    {
        get
        {
            lock (_gate)
            {
                return _series.Count;
            }
        }
    }

    /// <summary>The series of these labels. It is observed from now on, with zero if nothing is counted.</summary>
    /// <param name="labels">Names and values, which are strings. The array is kept, and must not change.</param>
    internal Series Of(params KeyValuePair<string, object?>[] labels)
    {
        lock (_gate)
        {
            if (_series.TryGetValue(labels, out WeakReference<Series>? held) && held.TryGetTarget(out Series? series))
            {
                return series;
            }

            if (_series.Count >= _cleanAt)
            {
                RemoveForgottenLocked();
                _cleanAt = Math.Max(FirstCleaning, 2 * _series.Count);
            }

            series = new Series(labels);
            _series.Remove(labels); // The key of a forgotten series is its own array; the new series brings another.
            _series.Add(labels, new WeakReference<Series>(series));
            return series;
        }
    }

    private List<Measurement<long>> Observe()
    {
        _beforeReading?.Invoke();
        lock (_gate)
        {
            List<Measurement<long>> measurements = new(_series.Count);
            foreach (WeakReference<Series> held in _series.Values)
            {
                if (held.TryGetTarget(out Series? series))
                {
                    measurements.Add(new Measurement<long>(series.Value, series.Labels));
                }
            }

            return measurements;
        }
    }

    private void RemoveForgottenLocked()
    {
        foreach ((KeyValuePair<string, object?>[] labels, WeakReference<Series> held) in _series)
        {
            if (!held.TryGetTarget(out _))
            {
                _series.Remove(labels);
            }
        }
    }

    /// <summary>The count of one set of labels.</summary>
    internal sealed class Series(KeyValuePair<string, object?>[] labels)
    {
        private long _value;

        /// <summary>What was counted.</summary>
        internal long Value => Volatile.Read(ref _value);

        /// <summary>The labels.</summary>
        internal KeyValuePair<string, object?>[] Labels { get; } = labels;

        /// <summary>Counts one.</summary>
        internal void Increment() => Interlocked.Increment(ref _value);
    }

    private sealed class EqualLabels : IEqualityComparer<KeyValuePair<string, object?>[]>
    {
        public bool Equals(KeyValuePair<string, object?>[]? x, KeyValuePair<string, object?>[]? y)
        {
            ReadOnlySpan<KeyValuePair<string, object?>> one = x, other = y;
            bool isEqual = one.Length == other.Length;
            for (int i = 0; isEqual && i < one.Length; i++)
            {
                isEqual = one[i].Key == other[i].Key && Equals(one[i].Value, other[i].Value);
            }

            return isEqual;
        }

        public int GetHashCode(KeyValuePair<string, object?>[] obj)
        {
            HashCode hash = new();
            foreach (KeyValuePair<string, object?> label in obj)
            {
                hash.Add(label.Key);
                hash.Add(label.Value);
            }

            return hash.ToHashCode();
        }
    }
}
