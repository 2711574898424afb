using System.Runtime.InteropServices;
using System.Text;

namespace Sluice;

/// <summary>Brings texts into Unicode's normal form C: one spelling for all that mean the same characters.</summary>
/// <remarks>
/// <para>
/// <see cref="string.Normalize()"/> leaves every text as it is where a program runs without ICU, as most containers do, and
/// says nothing.
/// </para>
/// <para>Source: Unicode Standard, section 3.11, normalization forms, and section 3.12, conjoining jamo behavior.</para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
internal static class NormalFormC
{
    private const char FirstThatMayChange = '\u0300';
    private const int LeadFirst = 0x1100;
    private const int VowelFirst = 0x1161;
    private const int TrailBefore = 0x11A7; // One before the first trailing consonant. It stands for no trailing consonant.
    private const int SyllableFirst = 0xAC00;
    private const int Leads = 19;
    private const int Vowels = 21;
    private const int Trails = 28;

    /// <summary>The text in form NFC; half of a surrogate pair stays as it is.</summary>
    internal static string Of(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange(FirstThatMayChange, char.MaxValue))
        {
            return text;
        }

        List<int> codes = Decompose(text);
        Order(CollectionsMarshal.AsSpan(codes));
        return Write(CollectionsMarshal.AsSpan(codes)[..Compose(CollectionsMarshal.AsSpan(codes))]);
    }

    private static List<int> Decompose(string text)
    {
        List<int> codes = new(text.Length + 8);
        for (int at = 0; at < text.Length; at++)
        {
            bool isPair = char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]);
            int code = isPair ? char.ConvertToUtf32(text[at], text[++at]) : text[at];
            int syllable = code - SyllableFirst;
            if (syllable is >= 0 and < Leads * Vowels * Trails)
            {
                codes.Add(LeadFirst + (syllable / (Vowels * Trails)));
                codes.Add(VowelFirst + (syllable / Trails % Vowels));
                if (syllable % Trails > 0)
                {
                    codes.Add(TrailBefore + (syllable % Trails));
                }
            }
            else if (NormalFormTables.Decompositions.TryGetValue(code, out int[]? decomposed))
            {
                codes.AddRange(decomposed);
            }
            else
            {
                codes.Add(code);
            }
        }

        return codes;
    }

    /// <summary>Sorts each run of marks by class, and leaves marks of one class in their order.</summary>
    private static void Order(Span<int> codes)
    {
        for (int start = 0; start < codes.Length; start++)
        {
            int end = start;
            while (end < codes.Length && NormalFormTables.RankOf(codes[end]) > 0)
            {
                end++;
            }

            if (end - start > 1)
            {
                // A stable sort in time n log n: a sender may write thousands of marks.
                int[] sorted = [.. codes[start..end].ToArray().OrderBy(NormalFormTables.RankOf)];
                sorted.CopyTo(codes[start..]);
            }

            start = Math.Max(start, end);
        }
    }

    /// <summary>Composes characters in place.</summary>
    /// <returns>How many characters are left.</returns>
    private static int Compose(Span<int> codes)
    {
        int written = 0;
        int starter = -1;
        int lastRank = -1; // The class of the last mark between the starter and here; -1 for none.
        foreach (int code in codes)
        {
            int rank = NormalFormTables.RankOf(code);
            if (starter >= 0 && lastRank < rank && PairOf(codes[starter], code) is int composed)
            {
                codes[starter] = composed;
                continue;
            }

            if (rank == 0)
            {
                starter = written;
                lastRank = -1;
            }
            else
            {
                lastRank = rank;
            }

            codes[written++] = code;
        }

        return written;
    }

    private static int? PairOf(int first, int second)
    {
        int lead = first - LeadFirst;
        int vowel = second - VowelFirst;
        if (lead is >= 0 and < Leads && vowel is >= 0 and < Vowels)
        {
            return SyllableFirst + (((lead * Vowels) + vowel) * Trails);
        }

        int syllable = first - SyllableFirst;
        int trail = second - TrailBefore;
        return syllable is >= 0 and < Leads * Vowels * Trails && syllable % Trails == 0 && trail is > 0 and < Trails
            ? first + trail
            : NormalFormTables.Compositions.TryGetValue((first, second), out int composed) ? composed : null;
    }

    private static string Write(ReadOnlySpan<int> codes)
    {
        StringBuilder text = new(codes.Length);
        foreach (int code in codes)
        {
            if (code > char.MaxValue)
            {
                text.Append(char.ConvertFromUtf32(code));
            }
            else
            {
                text.Append((char)code);
            }
        }

        return text.ToString();
    }
}
