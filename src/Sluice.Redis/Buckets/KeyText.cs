using System.Globalization;
using System.Text;

namespace Sluice.Redis;

/// <summary>Names in keys, so that they stay readable, no two become one, and none holds a hash tag's brace.</summary>
internal static class KeyText
{
    private const string Plain = "_.-:/*?";

    /// <summary>
    /// The UTF-8 of a name with all but <c>A-Z a-z 0-9 _ . - : / * ?</c> percent-encoded, and <c>%u</c> before half a surrogate
    /// pair. A colon stays, since only a key's last part has one.
    /// </summary>
    internal static string Escape(string name)
    {
        StringBuilder escaped = new(name.Length);
        Span<byte> utf8 = stackalloc byte[4];
        int at = 0;
        while (at < name.Length)
        {
            if (char.IsAsciiLetterOrDigit(name[at]) || Plain.Contains(name[at], StringComparison.Ordinal))
            {
                escaped.Append(name[at++]);
            }
            else if (Rune.TryGetRuneAt(name, at, out Rune rune))
            {
                foreach (byte b in utf8[..rune.EncodeToUtf8(utf8)])
                {
                    escaped.Append('%').Append(b.ToString("X2", CultureInfo.InvariantCulture));
                }

                at += rune.Utf16SequenceLength;
            }
            else
            {
                escaped.Append("%u").Append(((int)name[at++]).ToString("X4", CultureInfo.InvariantCulture));
            }
        }

        return escaped.ToString();
    }

    /// <summary>As <see cref="Escape"/>, with colons encoded too: for a part that others follow.</summary>
    internal static string EscapePart(string name) => Escape(name).Replace(":", "%3A", StringComparison.Ordinal);
}
