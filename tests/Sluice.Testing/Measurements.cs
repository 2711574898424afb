using System.Diagnostics.Metrics;

namespace Sluice.Testing;

/// <summary>What the instruments of the process measure, from its making until it is disposed.</summary>
/// <remarks>
/// Tests run side by side in one process with one meter, so a recording keeps the measurements of one server, or those of instruments
/// that have no label for it. Observable instruments are read when a question is asked. Of a server's counters, what was there at
/// the beginning is left out; those of the process are read as they are.
/// </remarks>
public sealed class Measurements : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, double> _sums = [];
    private readonly Dictionary<string, int> _counts = [];
    private readonly HashSet<string> _observedCounters = [];
    private readonly Dictionary<string, double> _before = [];
    private readonly MeterListener _listener = new();
    private readonly string? _server;

    /// <param name="server">The server's name; null for instruments without that label.</param>
    /// <param name="meter">The meter's name.</param>
    public Measurements(string? server, string meter = SluiceTelemetry.Name)
    {
        _server = server;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == meter)
            {
                lock (_gate)
                {
                    Instruments.Add(instrument);
                }

                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Note(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value, tags));
        _listener.Start();
        Clear();
    }

    /// <summary>The instruments of the meter.</summary>
    public List<Instrument> Instruments { get; } = [];

    /// <summary>Every series that was measured: <c>name{label=value,…}</c>, without the server.</summary>
    public string[] Series
    {
        get
        {
            Observe();
            lock (_gate)
            {
                return [.. _sums.Keys.Order(StringComparer.Ordinal)];
            }
        }
    }

    /// <summary>The sum of a series; zero when it was never measured.</summary>
    public double Sum(string series)
    {
        Observe();
        lock (_gate)
        {
            return _sums.GetValueOrDefault(series);
        }
    }

    /// <summary>How often a series was measured, up to the last reading.</summary>
    public int Count(string series)
    {
        lock (_gate)
        {
            return _counts.GetValueOrDefault(series);
        }
    }

    /// <summary>Every series of a counter whose sum is not zero, with its sum.</summary>
    public string[] Counted(string instrument)
    {
        Observe();
        lock (_gate)
        {
            return
            [
                .. _sums
                    .Where(series => series.Key.StartsWith(instrument + "{", StringComparison.Ordinal) && series.Value != 0)
                    .Select(series => $"{series.Key[instrument.Length..]} {series.Value}")
                    .Order(StringComparer.Ordinal),
            ];
        }
    }

    /// <summary>Reads the observable instruments now.</summary>
    public void Observe() => _listener.RecordObservableInstruments();

    /// <summary>Forgets what was measured.</summary>
    public void Clear()
    {
        Observe();
        lock (_gate)
        {
            foreach (string series in _observedCounters)
            {
                _before[series] = _sums[series] + _before.GetValueOrDefault(series);
            }

            _sums.Clear();
            _counts.Clear();
            _observedCounters.Clear();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        // Nothing is allocated for others: tests that count bytes run beside this one.
        string? server = null;
        foreach (KeyValuePair<string, object?> tag in tags)
        {
            server = tag.Key == "server" ? (string?)tag.Value : server;
        }

        if (server != _server)
        {
            return;
        }

        List<string> labels = [];
        foreach (KeyValuePair<string, object?> tag in tags)
        {
            if (tag.Key != "server")
            {
                labels.Add($"{tag.Key}={tag.Value}");
            }
        }

        string series = $"{instrument.Name}{{{string.Join(",", labels)}}}";
        lock (_gate)
        {
            if (_server is not null && instrument is ObservableCounter<long>)
            {
                _observedCounters.Add(series);
                value -= _before.GetValueOrDefault(series);
            }

            _sums[series] = instrument.IsObservable ? value : _sums.GetValueOrDefault(series) + value;
            _counts[series] = _counts.GetValueOrDefault(series) + 1;
        }
    }
}
