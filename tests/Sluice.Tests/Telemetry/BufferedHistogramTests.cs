using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Sluice.Tests;

/// <summary>Measurements that are recorded many at a time: none is lost, doubled, or given to the wrong labels.</summary>
public sealed class BufferedHistogramTests : IDisposable
{
    private static readonly KeyValuePair<string, object?>[] One = [SluiceInstruments.Label("server", "one")];
    private static readonly KeyValuePair<string, object?>[] Other = [SluiceInstruments.Label("server", "other")];

    private readonly Meter _meter = new($"buffered-{Guid.NewGuid():N}");
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<(double Seconds, string Server)> _recorded = new();
    private readonly BufferedHistogram _histogram;

    public BufferedHistogramTests()
    {
        _histogram = new BufferedHistogram(_meter.CreateHistogram<double>("duration"));
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == _meter)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<double>((_, value, labels, _) => _recorded.Enqueue((value, (string)labels[0].Value!)));
        _listener.Start();
    }

    public void Dispose()
    {
        _listener.Dispose();
        _meter.Dispose();
    }

    [Fact]
    public void Record_BufferHasRoom_ReachesTheReaderWithTheFlushAlone()
    {
        _histogram.Record(TimeSpan.FromSeconds(1), One);
        _histogram.Record(TimeSpan.FromSeconds(2), Other);
        _recorded.ShouldBeEmpty();

        _histogram.Flush();
        _recorded.ShouldBe([(1, "one"), (2, "other")], ignoreOrder: true); // The thread may have moved to another processor.

        _histogram.Flush();
        _recorded.Count.ShouldBe(2);
    }

    [Fact]
    public void Record_BufferIsFull_ReachesTheReaderWithoutAFlush()
    {
        int enough = BufferedHistogram.Capacity * Environment.ProcessorCount;
        for (int i = 0; i < enough; i++)
        {
            _histogram.Record(TimeSpan.FromSeconds(1), One);
        }

        _recorded.Count.ShouldBeGreaterThanOrEqualTo(BufferedHistogram.Capacity);
    }

    [Fact]
    public async Task Record_ThreadsBesideFlushes_EachMeasurementIsRecordedOnce()
    {
        const int Threads = 4;
        const int Each = 20_000;
        bool isDone = false;
        Task flushing = Task.Run(() =>
        {
            while (!Volatile.Read(ref isDone))
            {
                _histogram.Flush();
            }
        });
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(() =>
        {
            for (int i = 0; i < Each; i++)
            {
                _histogram.Record(TimeSpan.FromSeconds((thread * Each) + i), thread % 2 == 0 ? One : Other);
            }
        })));
        Volatile.Write(ref isDone, true);
        await flushing;
        _histogram.Flush();

        _recorded.Select(measured => (int)measured.Seconds).Order().ShouldBe(Enumerable.Range(0, Threads * Each));
        _recorded.ShouldAllBe(measured => measured.Server == ((int)measured.Seconds / Each % 2 == 0 ? "one" : "other"));
    }

    [Fact]
    public void Record_InARecordedSpan_ReachesTheReaderAtOnceWithThatSpan()
    {
        using ActivitySource source = new($"buffered-{Guid.NewGuid():N}");
        using ActivityListener spans = new()
        {
            ShouldListenTo = each => each == source,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(spans);
        using (source.StartActivity("call"))
        {
            _histogram.Record(TimeSpan.FromSeconds(1), One);
            _recorded.ShouldHaveSingleItem();
        }

        _histogram.Flush();
        _recorded.ShouldHaveSingleItem();
    }

    [Fact]
    public void Flush_ReaderThrows_RecordsNothingTwice()
    {
        int calls = 0;
        using MeterListener faulty = new();
        faulty.SetMeasurementEventCallback<double>((_, _, _, _) =>
        {
            if (calls++ == 0)
            {
                throw new InvalidOperationException("the reader's fault");
            }
        });
        _histogram.Record(TimeSpan.FromSeconds(1), One);
        faulty.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == _meter)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        faulty.Start();
        Should.Throw<InvalidOperationException>(_histogram.Flush).Message.ShouldBe("the reader's fault");

        _histogram.Flush();
        _recorded.ShouldHaveSingleItem();
    }

    [Fact]
    public void Record_AnyNumber_AllocatesNothing()
    {
        _listener.SetMeasurementEventCallback<double>((_, _, _, _) => { });

        Allocations.Least(() =>
        {
            for (int i = 0; i < 10 * BufferedHistogram.Capacity; i++)
            {
                _histogram.Record(TimeSpan.FromSeconds(1), One);
            }
        }).ShouldBe(0);
    }
}
