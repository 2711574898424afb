using OpenTelemetry.Exporter;

namespace Sluice.Gateway;

/// <summary>Where one kind of telemetry goes.</summary>
/// <param name="Endpoint">The address, the path of the signal included.</param>
/// <param name="Protocol">How it is sent.</param>
/// <param name="Headers">Headers that go with it, as the variable has them; may hold a secret.</param>
/// <param name="Timeout">How long one export may take.</param>
internal sealed record OtlpTarget(Uri Endpoint, OtlpExportProtocol Protocol, string? Headers, TimeSpan Timeout)
{
    /// <summary>The protocol as the variable spells it.</summary>
    internal string ProtocolName => Protocol == OtlpExportProtocol.Grpc ? OtlpVariables.Grpc : OtlpVariables.HttpProtobuf;

    /// <summary>Gives the exporter its settings.</summary>
    internal void Apply(OtlpExporterOptions options)
    {
        options.Protocol = Protocol;
        options.Endpoint = Endpoint;
        options.TimeoutMilliseconds = (int)Timeout.TotalMilliseconds;
        if (Headers is not null)
        {
            options.Headers = Headers;
        }
    }
}
