using System.Buffers.Text;

namespace Sluice.Mcp;

/// <summary>Finds escapes that are no characters, which parsers replace, keep or reject, each in its own way.</summary>
internal static class Surrogates
{
    private const int EscapeLength = 6;

    /// <summary>Whether every escaped surrogate of a JSON string has its other half.</summary>
    /// <param name="raw">The string's bytes, without quotes, as a JSON reader accepted them.</param>
    internal static bool AreWhole(ReadOnlySpan<byte> raw)
    {
        while (true)
        {
            int backslash = raw.IndexOf((byte)'\\');
            if (backslash < 0)
            {
                return true;
            }

            raw = raw[backslash..];
            if (!IsUnicodeEscape(raw, out ushort unit))
            {
                raw = raw[2..];
            }
            else if (!char.IsSurrogate((char)unit))
            {
                raw = raw[EscapeLength..];
            }
            else if (char.IsHighSurrogate((char)unit)
                && IsUnicodeEscape(raw[EscapeLength..], out ushort next)
                && char.IsLowSurrogate((char)next))
            {
                raw = raw[(2 * EscapeLength)..];
            }
            else
            {
                return false;
            }
        }
    }

    private static bool IsUnicodeEscape(ReadOnlySpan<byte> raw, out ushort unit)
    {
        unit = 0;
        return raw.Length >= EscapeLength
            && raw.StartsWith("\\u"u8)
            && Utf8Parser.TryParse(raw[2..EscapeLength], out unit, out int read, 'x')
            && read == EscapeLength - 2;
    }
}
