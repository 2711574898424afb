using System.Numerics;
using System.Runtime.InteropServices;

namespace Sluice.Gateway;

/// <summary>
/// Remembers by a few characters of a key's text where the key was found, so that the memory there can be brought near while the key is
/// being hashed. A hint decides nothing: only the hash does.
/// </summary>
/// <remarks>
/// <para>
/// If several keys have the same place, the last one gets it. Its timing shows whether a text is like one that was used lately, which it
/// shows anyway once the text is hashed, and only to a sender of that part of a key.
/// </para>
/// <para>Memory: 8 to 16 bytes a key. Thread safety: any number of threads.</para>
/// </remarks>
internal sealed class KeyHints(int keys)
{
    /// <summary>No place is known.</summary>
    internal const int None = -1;

    private const int PlacesPerKey = 2;
    private const int CharsOfAWord = 4;

    /// <summary>A shorter text has no hint: there is no reason to have so many short keys.</summary>
    private const int ShortestText = 16;

    // Each is one more than where the key was found.
    private readonly int[] _places = new int[BitOperations.RoundUpToPowerOf2((uint)Math.Max(PlacesPerKey * keys, PlacesPerKey))];

    /// <summary>Which hint belongs to a text, and begins to bring it near; <see cref="None"/> for a text without one.</summary>
    internal int IndexOf(ReadOnlySpan<char> text)
    {
        if (text.Length < ShortestText)
        {
            return None;
        }

        // The middle and the end: keys often begin alike.
        ulong middle = WordAt(text, text.Length / 2);
        ulong end = WordAt(text, text.Length - CharsOfAWord - 1);
        ulong mixed = unchecked(((middle * 0x9E37_79B9_7F4A_7C15) ^ end) * 0xC2B2_AE3D_27D4_EB4F);
        int index = (int)(mixed >> 32) & (_places.Length - 1);
        CacheLine.Prefetch(in _places[index]);
        return index;
    }

    /// <summary>Where the key was found to which a hint belongs; <see cref="None"/> if it is not known.</summary>
    internal int At(int index) => index == None ? None : _places[index] - 1;

    /// <summary>Remembers where a key was found.</summary>
    internal void Set(int index, int place)
    {
        if (index != None)
        {
            _places[index] = place + 1;
        }
    }

    private static ulong WordAt(ReadOnlySpan<char> text, int at) => MemoryMarshal.Read<ulong>(MemoryMarshal.AsBytes(text[at..]));
}
