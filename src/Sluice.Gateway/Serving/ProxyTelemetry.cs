namespace Sluice.Gateway;

/// <summary>Measures the requests that are forwarded to one server.</summary>
/// <param name="server">The server's name.</param>
/// <param name="time">The clock of durations.</param>
/// <remarks>Thread safety: any number of threads.</remarks>
internal sealed class ProxyTelemetry(string server, TimeProvider time)
{
    private readonly KeyValuePair<string, object?>[] _labels = [SluiceInstruments.Label("server", server)];

    /// <summary>The requests that are being forwarded.</summary>
    internal ActiveRequests Active { get; } = new(server);

    /// <summary>The instant at which a request arrives; zero when no listener measures.</summary>
    internal long Arrive() => SluiceInstruments.ProxyDuration.Enabled ? time.GetTimestamp() : 0;

    /// <summary>Measures a request whose answer is complete.</summary>
    /// <param name="arrived">What <see cref="Arrive"/> returned.</param>
    internal void Complete(long arrived)
    {
        if (arrived != 0)
        {
            SluiceInstruments.ProxyDuration.Record(time.GetElapsedTime(arrived), _labels);
        }
    }
}
