namespace Sluice.Documents;

/// <summary>Reads <c>streams</c>: how many long streams may be open, for how long, and how they are kept open.</summary>
internal sealed class StreamsReader(FaultList faults)
{
    internal static readonly FieldTable Table = new(
        new("perUser", new IntegerSpec(1, StreamBounds.MaxStreams)),
        new("total", new IntegerSpec(1, StreamBounds.MaxStreams)),
        new("maxAge", new DurationSpec(StreamBounds.MaxAgeLowerBound, StreamBounds.MaxAgeUpperBound, "1s to 30d", "1h")),
        new("keepAlive", new DurationSpec(StreamBounds.MinKeepAlive, StreamBounds.MaxKeepAlive, "1s to 5m", "20s")));

    /// <summary>The bounds; valid only when no fault was added.</summary>
    internal StreamBounds Read(Node node)
    {
        StreamBounds defaults = StreamBounds.Default;
        return FieldReader.Open(node, "streams", Table, faults) is not FieldReader reader
            ? defaults
            : new StreamBounds
            {
                PerUser = reader.Integer("perUser") ?? defaults.PerUser,
                Total = reader.Integer("total") ?? defaults.Total,
                MaxAge = reader.Duration("maxAge") ?? defaults.MaxAge,
                KeepAlive = reader.Duration("keepAlive") ?? defaults.KeepAlive,
            };
    }
}
