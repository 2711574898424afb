namespace Sluice.Configuration;

/// <summary>Reads <c>streams</c>: how many long streams may be open, for how long, and how they are kept open.</summary>
internal sealed class StreamsReader(FaultList faults)
{
    private static readonly string[] Fields = ["perUser", "total", "maxAge", "keepAlive"];

    /// <summary>The bounds; of use only when no fault was added.</summary>
    internal StreamBounds Read(Node node)
    {
        StreamBounds defaults = StreamBounds.Default;
        return FieldReader.Open(node, "streams", Fields, [], faults) is not FieldReader reader
            ? defaults
            : new StreamBounds
            {
                PerUser = reader.Integer("perUser", 1, StreamBounds.MaxStreams) ?? defaults.PerUser,
                Total = reader.Integer("total", 1, StreamBounds.MaxStreams) ?? defaults.Total,
                MaxAge = reader.Duration("maxAge", StreamBounds.MinMaxAge, StreamBounds.MaxMaxAge, "1s to 30d", "1h") ?? defaults.MaxAge,
                KeepAlive = reader.Duration("keepAlive", StreamBounds.MinKeepAlive, StreamBounds.MaxKeepAlive, "1s to 5m", "20s")
                    ?? defaults.KeepAlive,
            };
    }
}
