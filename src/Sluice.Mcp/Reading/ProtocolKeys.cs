using System.Text;

namespace Sluice.Mcp.Reading;

/// <summary>A closed list of keys that parsers must agree on.</summary>
/// <remarks>
/// A key that only resembles one of them, by case or by escapes, is seen by some parsers and not by others: whoever
/// sends it could show the limiter one call and the server another.
/// </remarks>
internal sealed class ProtocolKeys
{
    internal const int NotAProtocolKey = -1;
    internal const int LooksLikeOne = -2;
    private readonly byte[][] _keys;
    private readonly byte[][] _folded;
    private readonly int _longest;

    internal ProtocolKeys(params string[] keys)
    {
        _keys = [.. keys.Select(Encoding.UTF8.GetBytes)];
        _folded = [.. keys.Select(key => Encoding.UTF8.GetBytes(key.ToLowerInvariant()))];
        _longest = keys.Max(key => key.Length);
    }

    /// <summary>
    /// The index of a key, <see cref="LooksLikeOne"/> when it is one in disguise, or <see cref="NotAProtocolKey"/>.
    /// </summary>
    /// <param name="raw">The key as it was written.</param>
    /// <param name="unescaped">The key that is meant; equal to <paramref name="raw"/> where nothing is escaped.</param>
    internal int Find(ReadOnlySpan<byte> raw, ReadOnlySpan<byte> unescaped)
    {
        for (int i = 0; i < _keys.Length; i++)
        {
            if (raw.SequenceEqual(_keys[i]))
            {
                return i;
            }
        }

        return Resembles(unescaped) ? LooksLikeOne : NotAProtocolKey;
    }

    private bool Resembles(ReadOnlySpan<byte> key)
    {
        const int BytesPerFoldedLetter = 3;
        if (key.Length > _longest * BytesPerFoldedLetter)
        {
            return false;
        }

        Span<byte> folded = stackalloc byte[key.Length];
        ReadOnlySpan<byte> name = folded[..Fold(key, folded)];
        foreach (byte[] candidate in _folded)
        {
            if (name.SequenceEqual(candidate))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Lower case, with the two letters outside ASCII that Unicode folds into it (Go's parser folds them too).</summary>
    private static int Fold(ReadOnlySpan<byte> key, Span<byte> folded)
    {
        int length = 0;
        while (!key.IsEmpty)
        {
            (byte letter, int taken) = key.StartsWith("\u017F"u8) ? ((byte)'s', 2)
                : key.StartsWith("\u212A"u8) ? ((byte)'k', 3)
                : key[0] is >= (byte)'A' and <= (byte)'Z' ? ((byte)(key[0] | 0x20), 1)
                : (key[0], 1);
            folded[length++] = letter;
            key = key[taken..];
        }

        return length;
    }
}
