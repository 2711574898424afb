using System.Text.Json;

namespace Sluice.Gateway;

/// <summary>The value of a request's id, whatever its spelling: <c>"a"</c> and <c>"\u0061"</c> are equal, and so are 1 and 1.0.</summary>
/// <param name="Number">The number; null for text.</param>
/// <param name="Text">The text; null for a number.</param>
internal readonly record struct RequestId(JsonNumber? Number, string? Text)
{
    /// <summary>Reads an id; null for JSON that is neither a text nor a number.</summary>
    internal static RequestId? Read(ReadOnlySpan<byte> json)
    {
        if (json.Length > 0 && json[0] == (byte)'"')
        {
            Utf8JsonReader reader = new(json);
            try
            {
                return reader.Read() ? new RequestId(null, reader.GetString()) : null;
            }
            catch (Exception exception) when (exception is JsonException or InvalidOperationException)
            {
                return null; // Its escapes are half of a character.
            }
        }

        return JsonNumber.Read(json) is JsonNumber number ? new RequestId(number, null) : null;
    }

    /// <summary>Whether two ids are equal by value.</summary>
    internal static bool AreEqual(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other) =>
        one.SequenceEqual(other) || (Read(one) is RequestId id && id == Read(other));

    /// <summary>The same id as the other type of JSON, as some libraries write it: 7 for <c>"7"</c>, and the reverse; or null.</summary>
    internal RequestId? AsOtherType() =>
        Text is string text
            ? JsonNumber.Read(System.Text.Encoding.UTF8.GetBytes(text)) is JsonNumber number ? new RequestId(number, null) : null
            : Number?.ToInt64() is long whole ? new RequestId(null, whole.ToString(System.Globalization.CultureInfo.InvariantCulture))
            : null;
}
