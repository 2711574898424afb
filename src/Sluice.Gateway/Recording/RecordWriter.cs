using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Sluice.Gateway;

/// <summary>Writes recorded events as lines of JSON.</summary>
/// <remarks>
/// <para>Everything outside ASCII is escaped, so that no reader takes a character of a name for the end of a line.</para>
/// <para>Thread safety: none.</para>
/// </remarks>
internal sealed class RecordWriter : IDisposable
{
    private readonly Utf8JsonWriter _json = new(Stream.Null);

    /// <summary>Writes one event as one line, with its end.</summary>
    internal void Write(RecordedEvent recorded, IBufferWriter<byte> buffer)
    {
        _json.Reset(buffer);
        _json.WriteStartObject();
        switch (recorded)
        {
            case RecordedCall call:
                if (call.Again != 0)
                {
                    _json.WriteString(RecordFields.Event, RecordWords.Again);
                    _json.WriteNumber(RecordFields.Call, call.Again);
                }

                WriteTime(call);
                WriteCall(call);
                break;
            case RecordedChange change:
                _json.WriteString(RecordFields.Event, RecordWords.Of(change.Change));
                WriteTime(change);
                _json.WriteNumber(RecordFields.Call, change.Call);
                if (!change.Limits.IsEmpty)
                {
                    WriteNames(RecordFields.Limits, change.Limits);
                }

                break;
            case RecordedReset reset:
                _json.WriteString(RecordFields.Event, RecordWords.Reset);
                WriteTime(reset);
                _json.WriteString(RecordFields.Server, reset.Server);
                WriteCaller(reset.Caller);
                WriteNames(RecordFields.Limits, reset.Limits);
                break;
            default:
                throw new ArgumentException($"{recorded.GetType()} is an unknown kind of event.", nameof(recorded));
        }

        _json.WriteEndObject();
        _json.Flush();
        buffer.Write("\n"u8);
    }

    public void Dispose() => _json.Dispose();

    /// <summary>Writes an instant, UTC, to 100 ns.</summary>
    internal static void WriteInstant(Utf8JsonWriter json, JsonEncodedText name, DateTimeOffset instant)
    {
        Span<char> text = stackalloc char[RecordFields.Instants.Length];
        instant.UtcDateTime.TryFormat(text, out int length, RecordFields.Instants, CultureInfo.InvariantCulture);
        json.WriteString(name, text[..length]);
    }

    private void WriteTime(RecordedEvent recorded)
    {
        WriteInstant(_json, RecordFields.At, recorded.At);
        if (recorded.Run is DateTimeOffset run)
        {
            WriteInstant(_json, RecordFields.Run, run);
            _json.WriteNumber(RecordFields.Number, recorded.Number);
            _json.WriteNumber(RecordFields.Ticks, recorded.Ticks);
            WriteTicks(RecordFields.SleptTicks, recorded.Slept);
        }
    }

    private void WriteCall(RecordedCall call)
    {
        _json.WriteString(RecordFields.Server, call.Server);
        _json.WriteString(RecordFields.Operation, call.Method);
        WriteIfThere(RecordFields.Name, call.Name);
        WriteIfThere(RecordFields.Backend, call.Backend);
        WriteCaller(call.Caller);
        _json.WriteNumber(RecordFields.Cost, call.Cost);
        WriteTicks(RecordFields.MaxWaitTicks, call.MaxWait);
        _json.WriteString(RecordFields.Outcome, RecordWords.Of(call.Outcome));
        _json.WriteString(RecordFields.Source, RecordWords.SourceOf(call));
        WriteIfThere(RecordFields.Limit, call.Limit);
        if (call.Remaining != int.MaxValue)
        {
            _json.WriteNumber(RecordFields.Remaining, call.Remaining);
        }

        if (call.Running != 0)
        {
            _json.WriteNumber(RecordFields.Running, call.Running);
        }

        if (call.RetryAfter != Timeout.InfiniteTimeSpan)
        {
            WriteTicks(RecordFields.RetryAfterTicks, call.RetryAfter);
        }

        WriteTicks(RecordFields.DelayTicks, call.Delay);
        if (!call.WouldRefuse.IsEmpty)
        {
            WriteNames(RecordFields.WouldRefuse, call.WouldRefuse);
        }

        WriteIfThere(RecordFields.ConfigVersion, call.ConfigVersion.Length == 0 ? null : call.ConfigVersion);
    }

    private void WriteCaller(HashedCaller caller)
    {
        WriteIfThere(RecordFields.Issuer, caller.Issuer);
        WriteIfThere(RecordFields.User, caller.User);
        WriteIfThere(RecordFields.Tenant, caller.Tenant);
        WriteIfThere(RecordFields.Client, caller.Client);
        if (caller.SpansTenants)
        {
            _json.WriteBoolean(RecordFields.SpansTenants, true);
        }

        if (caller.Claims.IsEmpty)
        {
            return;
        }

        _json.WriteStartObject(RecordFields.Claims);
        foreach (HashedClaim claim in caller.Claims)
        {
            _json.WriteStartArray(claim.Name);
            foreach (string value in claim.Values)
            {
                _json.WriteStringValue(value);
            }

            _json.WriteEndArray();
        }

        _json.WriteEndObject();
    }

    private void WriteNames(JsonEncodedText name, IEnumerable<string> values)
    {
        _json.WriteStartArray(name);
        foreach (string value in values)
        {
            _json.WriteStringValue(value);
        }

        _json.WriteEndArray();
    }

    private void WriteIfThere(JsonEncodedText name, string? value)
    {
        if (value is not null)
        {
            _json.WriteString(name, value);
        }
    }

    private void WriteTicks(JsonEncodedText name, TimeSpan time)
    {
        if (time != TimeSpan.Zero)
        {
            _json.WriteNumber(name, time.Ticks);
        }
    }
}
