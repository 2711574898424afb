using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Sluice;

/// <summary>A histogram whose measurements are buffered, and recorded many at a time.</summary>
/// <remarks>
/// <para>
/// A reader such as OpenTelemetry looks the labels of each measurement up. Its tables and code are cold when a request measures once, so a
/// measurement costs microseconds; in a row of a hundred it costs a tenth of that. Each processor has a buffer of its own.
/// </para>
/// <para>
/// A buffer is recorded when it is full, and before each reading: <see cref="SluiceInstruments"/> flushes when a reader observes a counter.
/// So a reading lacks nothing. A <see cref="MeterListener"/> that never calls <see cref="MeterListener.RecordObservableInstruments"/> gets
/// measurements late.
/// </para>
/// <para>
/// A measurement inside a recorded span is not buffered: a reader may keep it as an example together with the span.
/// </para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
/// <param name="histogram">The histogram, in seconds.</param>
internal sealed class BufferedHistogram(Histogram<double> histogram)
{
    /// <summary>How many measurements a buffer holds.</summary>
    internal const int Capacity = 128;

    private readonly Buffer[] _buffers = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Buffer())];

    /// <summary>The name of the metric.</summary>
    internal string Name => histogram.Name;

    /// <summary>Whether anything reads the histogram. Nothing needs to be measured before.</summary>
    internal bool Enabled => histogram.Enabled;

    /// <summary>Takes a measurement. It allocates nothing.</summary>
    /// <param name="duration">What was measured.</param>
    /// <param name="labels">Its labels. The array is kept, and must not change.</param>
    internal void Record(TimeSpan duration, KeyValuePair<string, object?>[] labels)
    {
        if (Activity.Current is { Recorded: true })
        {
            histogram.Record(duration.TotalSeconds, labels);
            return;
        }

        Buffer buffer = _buffers[(uint)Thread.GetCurrentProcessorId() % (uint)_buffers.Length];
        lock (buffer)
        {
            buffer.Entries[buffer.Count++] = (duration.TotalSeconds, labels);
            if (buffer.Count == Capacity)
            {
                FlushLocked(buffer);
            }
        }
    }

    /// <summary>Records what is buffered.</summary>
    internal void Flush()
    {
        foreach (Buffer buffer in _buffers)
        {
            lock (buffer)
            {
                FlushLocked(buffer);
            }
        }
    }

    private void FlushLocked(Buffer buffer)
    {
        // A reader that throws must not receive the same measurements again.
        int count = buffer.Count;
        buffer.Count = 0;
        foreach ((double seconds, KeyValuePair<string, object?>[] labels) in buffer.Entries.AsSpan(0, count))
        {
            histogram.Record(seconds, labels);
        }
    }

    private sealed class Buffer
    {
        internal (double Seconds, KeyValuePair<string, object?>[] Labels)[] Entries { get; } =
            new (double, KeyValuePair<string, object?>[])[Capacity];

        internal int Count { get; set; }
    }
}
