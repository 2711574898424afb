using System.Text;

namespace Sluice.Mcp;

/// <summary>A closed list of keys that parsers must agree on.</summary>
/// <remarks>
/// A key that only resembles one of them, by case or by escapes, is seen by some parsers and not by others: a sender who
/// sends it could show the limiter one call and the server another.
/// </remarks>
internal sealed class ProtocolKeys
{
    internal const int None = -1;

    // The longest spellings of one letter: \u006E, and U+212A as three bytes.
    private const int BytesPerLetter = 6;
    private readonly byte[][] _keys;
    private readonly byte[][] _folded;
    private readonly int _longest;

    internal ProtocolKeys(params string[] keys)
    {
        _keys = [.. keys.Select(Encoding.UTF8.GetBytes)];
        _folded = [.. keys.Select(key => Encoding.UTF8.GetBytes(key.ToLowerInvariant()))];
        _longest = keys.Max(key => key.Length) * BytesPerLetter;
    }

    /// <summary>The index of the key that is written, or <see cref="None"/>.</summary>
    internal int Find(ReadOnlySpan<byte> raw) => IndexOf(_keys, raw);

    /// <summary>The index of the key that the current token resembles, or <see cref="None"/>.</summary>
    /// <param name="tokens">The current token is a key that is a text.</param>
    internal int FindResembled(in JsonTokens tokens)
    {
        if (tokens.Raw.Length > _longest)
        {
            return None;
        }

        Span<byte> key = stackalloc byte[_longest];
        key = key[..tokens.CopyText(key)];
        return IndexOf(_folded, key[..Fold(key)]);
    }

    private static int IndexOf(byte[][] keys, ReadOnlySpan<byte> key)
    {
        for (int i = 0; i < keys.Length; i++)
        {
            if (key.SequenceEqual(keys[i]))
            {
                return i;
            }
        }

        return None;
    }

    /// <summary>
    /// Lower case, in place, with the two letters outside ASCII that Unicode folds into it: Go's parser folds them too.
    /// </summary>
    /// <returns>The length of what is left.</returns>
    private static int Fold(Span<byte> key)
    {
        int length = 0;
        for (ReadOnlySpan<byte> rest = key; !rest.IsEmpty;)
        {
            (byte letter, int taken) = rest.StartsWith("\u017F"u8) ? ((byte)'s', 2)
                : rest.StartsWith("\u212A"u8) ? ((byte)'k', 3)
                : rest[0] is >= (byte)'A' and <= (byte)'Z' ? ((byte)(rest[0] | 0x20), 1)
                : (rest[0], 1);
            key[length++] = letter;
            rest = rest[taken..];
        }

        return length;
    }
}
