using System.Diagnostics.Tracing;
using Microsoft.Extensions.Logging;

namespace Sluice.Gateway.Tests.Telemetry;

public sealed class ExportFaultsTests : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly CapturedLog _log = new();
    private readonly ILoggerFactory _loggers;
    private readonly ExportFaults _faults;

    public ExportFaultsTests()
    {
        _loggers = LoggerFactory.Create(logging => logging.AddProvider(_log));
        _faults = new ExportFaults(_loggers.CreateLogger<ExportFaults>(), _time);
    }

    public void Dispose()
    {
        _faults.Dispose();
        _loggers.Dispose();
        _log.Dispose();
    }

    [Fact]
    public void Failures_AreLoggedOnceInFiveMinutesWithTheirNumber()
    {
        using TestSource source = new();
        source.Failed("no connection");
        source.Failed("no connection");
        Lines().ShouldBe(["Telemetry failed: Failed, 1 times since the last report. no connection"]);

        _time.Advance(TimeSpan.FromMinutes(5));
        source.Failed("still none");

        Lines()[1..].ShouldBe(["Telemetry failed: Failed, 2 times since the last report. still none"]);
    }

    [Fact]
    public void InstrumentOfAnotherMeter_IsNoFailure()
    {
        using TestSource source = new();

        source.MetricInstrumentIgnored("aspnetcore.memory_pool.pooled");

        Lines().ShouldBeEmpty();
    }

    private string[] Lines() => [.. _log.Lines.Where(line => line.StartsWith("Telemetry failed: ", StringComparison.Ordinal))];

    [EventSource(Name = "OpenTelemetry-Test")]
    private sealed class TestSource : EventSource
    {
        [Event(1, Level = EventLevel.Error)]
        public void Failed(string reason) => WriteEvent(1, reason);

        [Event(2, Level = EventLevel.Warning)]
        public void MetricInstrumentIgnored(string name) => WriteEvent(2, name);
    }
}
