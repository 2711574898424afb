using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Sluice.Gateway;

/// <summary>Writes audit events as lines of JSON. <c>docs/observability.md</c> describes them.</summary>
/// <remarks>
/// <para>Everything outside ASCII is escaped, so that no reader takes a character of a name for the end of a line.</para>
/// <para>Thread safety: none.</para>
/// </remarks>
/// <param name="time">The clock of lines that represent dropped events.</param>
internal sealed class AuditFormat(TimeProvider time) : ILineFormat<AuditEvent>
{
    private const string Instants = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
    private readonly Utf8JsonWriter _json = new(Stream.Null);

    /// <inheritdoc/>
    public long EventsOf(in AuditEvent item) => 1 + item.Omitted;

    /// <inheritdoc/>
    public void Write(in AuditEvent item, IBufferWriter<byte> buffer)
    {
        _json.Reset(buffer);
        _json.WriteStartObject();
        WriteTime(item.Time);
        _json.WriteString("event", item.WouldRefuse ? "would_refuse" : "refused");
        _json.WriteString("server", item.Server);
        _json.WriteString("operation", item.OperationKind);
        _json.WriteString("name", item.Operation);
        WriteIfThere("limit", item.Limit);
        WriteIfThere("scope", item.Scope);
        _json.WriteString("source", item.Source);
        WriteIfThere("protocol", item.Protocol);
        WriteIfThere("request", item.RequestId);
        WriteIfThere("decisionId", item.DecisionId);
        WriteIfThere("caller", item.Caller);
        WriteIfThere("config", item.ConfigVersion.Length == 0 ? null : item.ConfigVersion);
        if (item.Omitted > 0)
        {
            _json.WriteNumber("omitted", item.Omitted);
        }

        End(buffer);
    }

    /// <inheritdoc/>
    public bool TryWriteDropped(long events, IBufferWriter<byte> buffer)
    {
        _json.Reset(buffer);
        _json.WriteStartObject();
        WriteTime(time.GetUtcNow());
        _json.WriteString("event", "dropped");
        _json.WriteNumber("omitted", events - 1);
        End(buffer);
        return true;
    }

    public void Dispose() => _json.Dispose();

    private void WriteTime(DateTimeOffset instant) =>
        _json.WriteString("time", instant.UtcDateTime.ToString(Instants, CultureInfo.InvariantCulture));

    private void WriteIfThere(string name, string? value)
    {
        if (value is not null)
        {
            _json.WriteString(name, value);
        }
    }

    private void End(IBufferWriter<byte> buffer)
    {
        _json.WriteEndObject();
        _json.Flush();
        buffer.Write("\n"u8);
    }
}
