using System.Text.Json;

namespace Sluice.Mcp.Reading;

/// <summary>Reads the keys of one object: finds the protocol's, and notices every key that comes twice.</summary>
internal struct ObjectKeys(ProtocolKeys protocolKeys)
{
    private uint _seen;
    private HashSet<string>? _others;

    /// <summary>Takes the key on which the reader stands.</summary>
    /// <param name="reader">Stands on a property name.</param>
    /// <param name="key">The key's index among the protocol's, or <see cref="ProtocolKeys.NotAProtocolKey"/>.</param>
    /// <returns>Null, or the rule that the key breaks.</returns>
    internal string? Take(ref Utf8JsonReader reader, out int key)
    {
        ReadOnlySpan<byte> raw = reader.ValueSpan;
        string? unescaped = null;
        if (reader.ValueIsEscaped && !TryGetString(ref reader, out unescaped))
        {
            key = ProtocolKeys.NotAProtocolKey;
            return "A key holds half of a surrogate pair.";
        }

        key = protocolKeys.Find(raw, unescaped is null ? raw : System.Text.Encoding.UTF8.GetBytes(unescaped));
        if (key == ProtocolKeys.LooksLikeOne)
        {
            return "A key differs from one of the protocol's only by case or by escapes.";
        }

        if (key >= 0)
        {
            uint bit = 1u << key;
            bool again = (_seen & bit) != 0;
            _seen |= bit;
            return again ? "A key stands twice in one object." : null;
        }

        return (_others ??= new(StringComparer.Ordinal)).Add(unescaped ?? reader.GetString()!)
            ? null
            : "A key stands twice in one object.";
    }

    /// <summary>The text on which the reader stands, unless it holds half of a surrogate pair.</summary>
    internal static bool TryGetString(ref Utf8JsonReader reader, out string? text)
    {
        try
        {
            text = reader.GetString();
            return true;
        }
        catch (InvalidOperationException)
        {
            text = null; // The one way in which the reader says that an escape is not a character.
            return false;
        }
    }
}
