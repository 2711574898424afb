namespace Sluice.Documents;

/// <summary>Reads <c>stop</c>: how the gateway stops.</summary>
internal sealed class StopReader(FaultList faults)
{
    internal static readonly FieldTable Table = new(
        new("delay", new DurationSpec(TimeSpan.Zero, StopConfiguration.MaxDelay, "0s to 10m", "5s")),
        new("drain", new DurationSpec(TimeSpan.Zero, StopConfiguration.MaxDrain, "0s to 1d", "30s or 5m")));

    /// <summary>The settings; valid only when no fault was added.</summary>
    internal StopConfiguration Read(Node node)
    {
        StopConfiguration defaults = StopConfiguration.Default;
        return FieldReader.Open(node, "stop", Table, faults) is not FieldReader reader
            ? defaults
            : new StopConfiguration
            {
                Delay = reader.Duration("delay") ?? defaults.Delay,
                Drain = reader.Duration("drain") ?? defaults.Drain,
            };
    }
}
