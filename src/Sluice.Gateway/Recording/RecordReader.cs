using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;

namespace Sluice.Gateway;

/// <summary>Reads the lines that <see cref="RecordWriter"/> writes.</summary>
/// <remarks>
/// <para>Fields that it does not know are skipped, so that files of later versions can be read.</para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
internal static class RecordReader
{
    /// <summary>Reads a line.</summary>
    /// <param name="line">The line, with or without its end.</param>
    /// <param name="recorded">What it says.</param>
    /// <param name="wrong">Why it is not a line of a record.</param>
    internal static bool TryRead(
        ReadOnlySpan<byte> line, [NotNullWhen(true)] out RecordedEvent? recorded, [NotNullWhen(false)] out string? wrong)
    {
        recorded = null;
        RecordedLine fields = new();
        try
        {
            Utf8JsonReader json = new(line);
            wrong = ReadFields(ref json, fields);
        }
        catch (JsonException exception)
        {
            wrong = $"is not JSON: {exception.Message}";
        }
        catch (InvalidOperationException)
        {
            wrong = "holds text that is not Unicode.";
        }

        wrong ??= fields.TryMake(out recorded);
        return wrong is null;
    }

    private static string? ReadFields(ref Utf8JsonReader json, RecordedLine fields)
    {
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
        {
            return "is not a JSON object.";
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string name = json.GetString()!;
            json.Read();
            if (!ReadField(name, ref json, fields))
            {
                return $"has a wrong value of '{name}'.";
            }
        }

        return json.Read() ? "holds more than one JSON object." : null;
    }

    private static bool ReadField(string name, ref Utf8JsonReader json, RecordedLine line) => name switch
    {
        "event" => ReadText(ref json, out line.Event),
        "at" => ReadInstant(ref json, out line.At),
        "run" => ReadInstant(ref json, out line.Run),
        "n" => ReadNumber(ref json, 1, long.MaxValue, out line.Number),
        "ticks" => ReadNumber(ref json, 0, long.MaxValue, out line.Ticks),
        "sleptTicks" => ReadNumber(ref json, long.MinValue, long.MaxValue, out line.SleptTicks),
        "server" => ReadText(ref json, out line.Server),
        "operation" => ReadText(ref json, out line.Method),
        "name" => ReadText(ref json, out line.Name),
        "backend" => ReadText(ref json, out line.Backend),
        "issuer" => ReadText(ref json, out line.Issuer),
        "user" => ReadText(ref json, out line.User),
        "tenant" => ReadText(ref json, out line.Tenant),
        "client" => ReadText(ref json, out line.Client),
        "claims" => ReadClaims(ref json, out line.Claims),
        "spansTenants" => ReadFlag(ref json, out line.SpansTenants),
        "cost" => ReadNumber(ref json, 1, int.MaxValue, out line.Cost),
        "maxWaitTicks" => ReadNumber(ref json, 0, long.MaxValue, out line.MaxWaitTicks),
        "outcome" => ReadText(ref json, out line.Outcome),
        "source" => ReadText(ref json, out line.Source),
        "limit" => ReadText(ref json, out line.Limit),
        "remaining" => ReadNumber(ref json, int.MinValue, int.MaxValue, out line.Remaining),
        "running" => ReadNumber(ref json, 0, int.MaxValue, out line.Running),
        "retryAfterTicks" => ReadNumber(ref json, 0, long.MaxValue, out line.RetryAfterTicks),
        "delayTicks" => ReadNumber(ref json, 0, long.MaxValue, out line.DelayTicks),
        "wouldRefuse" => ReadTexts(ref json, out line.WouldRefuse),
        "config" => ReadText(ref json, out line.ConfigVersion),
        "call" => ReadNumber(ref json, 1, long.MaxValue, out line.Call),
        "limits" => ReadTexts(ref json, out line.Limits),
        _ => Skip(ref json),
    };

    private static bool Skip(ref Utf8JsonReader json)
    {
        json.Skip();
        return true;
    }

    private static bool ReadText(ref Utf8JsonReader json, out string? text)
    {
        text = json.TokenType == JsonTokenType.String ? json.GetString() : null;
        return text is not null;
    }

    private static bool ReadFlag(ref Utf8JsonReader json, out bool flag)
    {
        flag = json.TokenType == JsonTokenType.True;
        return flag || json.TokenType == JsonTokenType.False;
    }

    private static bool ReadNumber(ref Utf8JsonReader json, long min, long max, out long? number)
    {
        number = json.TokenType == JsonTokenType.Number && json.TryGetInt64(out long read) ? read : null;
        return number >= min && number <= max;
    }

    private static bool ReadInstant(ref Utf8JsonReader json, out DateTimeOffset? instant)
    {
        instant = json.TokenType == JsonTokenType.String
            && DateTimeOffset.TryParse(
                json.GetString(),
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
                out DateTimeOffset read)
            ? read
            : null;
        return instant is not null;
    }

    private static bool ReadTexts(ref Utf8JsonReader json, out ImmutableArray<string> texts)
    {
        ImmutableArray<string>.Builder all = ImmutableArray.CreateBuilder<string>();
        texts = [];
        if (json.TokenType != JsonTokenType.StartArray)
        {
            return false;
        }

        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (!ReadText(ref json, out string? text))
            {
                return false;
            }

            all.Add(text!);
        }

        texts = all.ToImmutable();
        return true;
    }

    private static bool ReadClaims(ref Utf8JsonReader json, out ImmutableArray<HashedClaim> claims)
    {
        ImmutableArray<HashedClaim>.Builder all = ImmutableArray.CreateBuilder<HashedClaim>();
        claims = [];
        if (json.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string name = json.GetString()!;
            json.Read();
            if (name.Length == 0 || !ReadTexts(ref json, out ImmutableArray<string> values))
            {
                return false;
            }

            all.Add(new HashedClaim(name, values));
        }

        claims = all.ToImmutable();
        return true;
    }
}
