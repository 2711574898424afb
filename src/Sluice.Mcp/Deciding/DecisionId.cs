using System.Buffers;
using System.Security.Cryptography;

namespace Sluice.Mcp;

/// <summary>The id of one rejection: 128 random bits in base32, 26 characters of <c>a-z</c> and <c>2-7</c>.</summary>
/// <remarks>Source: RFC 4648, section 6, in small letters and without padding.</remarks>
internal static class DecisionId
{
    /// <summary>How many characters an id has.</summary>
    internal const int Length = 26;

    private const int Bits = 128;
    private const int BitsPerCharacter = 5;
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567";

    private static readonly SearchValues<char> Characters = SearchValues.Create(Alphabet);

    /// <summary>A new id, which cannot be guessed.</summary>
    internal static string New()
    {
        Span<byte> bytes = stackalloc byte[Bits / 8];
        RandomNumberGenerator.Fill(bytes);
        return Of(bytes);
    }

    /// <summary>The id that 16 bytes spell.</summary>
    internal static string Of(ReadOnlySpan<byte> bytes)
    {
        Span<char> text = stackalloc char[Length];
        for (int i = 0; i < Length; i++)
        {
            int value = 0;
            for (int bit = i * BitsPerCharacter; bit < (i + 1) * BitsPerCharacter; bit++)
            {
                value = (value << 1) | (bit < Bits ? (bytes[bit / 8] >> (7 - (bit % 8))) & 1 : 0);
            }

            text[i] = Alphabet[value];
        }

        return new string(text);
    }

    /// <summary>Whether a text could be an id.</summary>
    internal static bool IsOne(string text) => text.Length == Length && !text.AsSpan().ContainsAnyExcept(Characters);
}
