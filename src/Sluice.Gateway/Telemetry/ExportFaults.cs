using System.Diagnostics.Tracing;

namespace Sluice.Gateway;

/// <summary>Reports failures of OpenTelemetry's packages, which are not reported anywhere else.</summary>
/// <remarks>Each failure is counted; a line is logged at most once in five minutes. Thread safety: events come from any thread.</remarks>
internal sealed partial class ExportFaults : EventListener
{
    private const string SourcePrefix = "OpenTelemetry-";

    /// <summary>Told of each instrument of other meters, such as those of the web server. Sluice does not export them.</summary>
    private const string OtherMeter = "MetricInstrumentIgnored";

    private const int MaxReasonLength = 300;
    private static readonly TimeSpan LogEvery = TimeSpan.FromMinutes(5);

    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private long? _loggedTimestamp;
    private long _sinceLogged;

    internal ExportFaults(ILogger<ExportFaults> logger, TimeProvider time)
    {
        _logger = logger;
        _time = time;

        // The base class has told of the sources that exist before the fields were set.
        foreach (EventSource source in EventSource.GetSources())
        {
            OnEventSourceCreated(source);
        }
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (_time is not null && eventSource.Name.StartsWith(SourcePrefix, StringComparison.Ordinal))
        {
            EnableEvents(eventSource, EventLevel.Warning);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.EventName != OtherMeter)
        {
            Note(eventData.EventName ?? "an event", ReasonOf(eventData));
        }
    }

    /// <summary>Counts a failure, and logs it unless one was logged lately.</summary>
    internal void Note(string name, string reason)
    {
        SluiceInstruments.TelemetryErrors.Add(1);
        long count;
        lock (_gate)
        {
            _sinceLogged++;
            if (_loggedTimestamp is long logged && _time.GetElapsedTime(logged) < LogEvery)
            {
                return;
            }

            _loggedTimestamp = _time.GetTimestamp();
            count = _sinceLogged;
            _sinceLogged = 0;
        }

        Log.Failed(_logger, name, count, reason);
    }

    // The payload ends with an exception whose first line says enough.
    private static string ReasonOf(EventWrittenEventArgs data)
    {
        string text = string.Join(" ", (data.Payload ?? new([])).Select(value => $"{value}")).Split('\n')[0].TrimEnd('\r');
        return text.Length > MaxReasonLength ? text[..MaxReasonLength] : text;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Telemetry failed: {Name}, {Count} times since the last report. {Reason}")]
        internal static partial void Failed(ILogger logger, string name, long count, string reason);
    }
}
