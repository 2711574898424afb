using System.Buffers;
using System.Diagnostics.Metrics;
using System.Text;

namespace Sluice.Gateway.Tests.Journals;

public sealed class LineLogTests : IDisposable
{
    private readonly TestSink _sink = new();
    private readonly CapturedLog _log = new();
    private readonly Meter _meter = new($"test-{Guid.NewGuid():N}");
    private readonly MeterListener _listener = new();
    private readonly Counter<long> _counter;
    private long _dropped;

    public LineLogTests()
    {
        _counter = _meter.CreateCounter<long>("dropped");
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument == _counter)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref _dropped, value));
        _listener.Start();
    }

    [Fact]
    public async Task Dispose_WritesEverythingThatIsQueued()
    {
        LineLog<int> lines = Open(1_000);
        for (int i = 0; i < 500; i++)
        {
            lines.TryAdd(i).ShouldBeTrue();
        }

        await lines.DisposeAsync();

        _sink.Lines.ShouldBe(Enumerable.Range(0, 500).Select(i => $"{i}"));
    }

    [Fact]
    public async Task TryAdd_SlowDisk_DropsWhatDoesNotFitAndCountsIt()
    {
        _sink.IsStuck = true;
        LineLog<int> lines = Open(10);
        lines.TryAdd(0);
        await Eventually.HoldsAsync(() => Volatile.Read(ref _sink.Writes) == 1);

        int added = 1 + Enumerable.Range(1, 100).Count(i => lines.TryAdd(i));

        added.ShouldBe(11);
        Interlocked.Read(ref _dropped).ShouldBe(90);
        _log.Lines.Count(line => line.Contains("are dropped", StringComparison.Ordinal)).ShouldBe(1);
        _sink.Resume();
        await lines.DisposeAsync();
        _sink.Lines.Length.ShouldBe(12); // One stands for those that were dropped.
        _sink.Lines.ShouldContain("dropped 90");
        Interlocked.Read(ref _dropped).ShouldBe(90);
    }

    [Fact]
    public async Task Write_FullDisk_CountsTheEventsOnceAndTellsOfThemWhenThereIsRoom()
    {
        _sink.IsFull = true;
        await using LineLog<int> lines = Open(1_000);
        for (int i = 0; i < 5; i++)
        {
            lines.TryAdd(i);
            await Eventually.HoldsAsync(() => Interlocked.Read(ref _dropped) == i + 1);
        }

        _log.Lines.Count(line => line.Contains("No space left", StringComparison.Ordinal)).ShouldBe(1);
        _sink.IsFull = false;
        lines.TryAdd(5);
        await Eventually.HoldsAsync(() => _sink.Lines.Length == 2);

        _sink.Lines.ShouldBe(["5", "dropped 5"]);
        _log.Lines.Count(line => line.Contains("written again", StringComparison.Ordinal)).ShouldBe(1);
        Interlocked.Read(ref _dropped).ShouldBe(5);
    }

    [Fact]
    public async Task Dispose_FullDisk_StillCountsWhatIsQueued()
    {
        _sink.IsFull = true;
        LineLog<int> lines = Open(1_000);
        for (int i = 0; i < 7; i++)
        {
            lines.TryAdd(i);
        }

        await lines.DisposeAsync();

        Interlocked.Read(ref _dropped).ShouldBe(7);
        _sink.Lines.ShouldBeEmpty();
    }

    public void Dispose()
    {
        _listener.Dispose();
        _meter.Dispose();
        _log.Dispose();
    }

    private LineLog<int> Open(int queueLength) => new(_sink, new Format(), new LineLogSettings("test", _counter, queueLength), _log);

    private sealed class Format : ILineFormat<int>
    {
        public long EventsOf(in int item) => 1;

        public void Write(in int item, IBufferWriter<byte> buffer) => buffer.Write(Encoding.UTF8.GetBytes($"{item}\n"));

        public bool TryWriteDropped(long events, IBufferWriter<byte> buffer)
        {
            buffer.Write(Encoding.UTF8.GetBytes($"dropped {events}\n"));
            return true;
        }

        public void Dispose()
        {
        }
    }
}
