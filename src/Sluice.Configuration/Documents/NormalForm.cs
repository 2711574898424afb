using System.Globalization;
using System.Text;

namespace Sluice.Configuration;

/// <summary>Tells texts that have one spelling in Unicode from those that may have several.</summary>
/// <remarks>
/// <para>
/// <see cref="string.Normalize()"/> leaves every text as it is where a program runs without ICU, as this one does, and says
/// nothing. So an identity is not brought into form NFC but asked to be in it: a text without these characters is its own NFC.
/// </para>
/// <para>
/// Source: Unicode Standard Annex 15, section 9, detecting normalisation forms. The ranges are the characters of Unicode 14
/// whose NFC_Quick_Check is not Yes, and that are no marks.
/// </para>
/// </remarks>
internal static class NormalForm
{
    private static readonly (int First, int Last)[] Ambiguous =
    [
        (0x374, 0x374), (0x37E, 0x37E), (0x387, 0x387), (0x958, 0x95F), (0x9DC, 0x9DD), (0x9DF, 0x9DF),
        (0xA33, 0xA33), (0xA36, 0xA36), (0xA59, 0xA5B), (0xA5E, 0xA5E), (0xB5C, 0xB5D), (0xF43, 0xF43),
        (0xF4D, 0xF4D), (0xF52, 0xF52), (0xF57, 0xF57), (0xF5C, 0xF5C), (0xF69, 0xF69), (0x1161, 0x1175),
        (0x11A8, 0x11C2), (0x1F71, 0x1F71), (0x1F73, 0x1F73), (0x1F75, 0x1F75), (0x1F77, 0x1F77), (0x1F79, 0x1F79),
        (0x1F7B, 0x1F7B), (0x1F7D, 0x1F7D), (0x1FBB, 0x1FBB), (0x1FBE, 0x1FBE), (0x1FC9, 0x1FC9), (0x1FCB, 0x1FCB),
        (0x1FD3, 0x1FD3), (0x1FDB, 0x1FDB), (0x1FE3, 0x1FE3), (0x1FEB, 0x1FEB), (0x1FEE, 0x1FEF), (0x1FF9, 0x1FF9),
        (0x1FFB, 0x1FFB), (0x1FFD, 0x1FFD), (0x2000, 0x2001), (0x2126, 0x2126), (0x212A, 0x212B), (0x2329, 0x232A),
        (0x2ADC, 0x2ADC), (0xF900, 0xFA0D), (0xFA10, 0xFA10), (0xFA12, 0xFA12), (0xFA15, 0xFA1E), (0xFA20, 0xFA20),
        (0xFA22, 0xFA22), (0xFA25, 0xFA26), (0xFA2A, 0xFA6D), (0xFA70, 0xFAD9), (0xFB1D, 0xFB1D), (0xFB1F, 0xFB1F),
        (0xFB2A, 0xFB36), (0xFB38, 0xFB3C), (0xFB3E, 0xFB3E), (0xFB40, 0xFB41), (0xFB43, 0xFB44), (0xFB46, 0xFB4E),
        (0x1D15E, 0x1D164), (0x1D1BB, 0x1D1C0), (0x2F800, 0x2FA1D),
    ];

    /// <summary>Whether the text is certainly its own form NFC.</summary>
    internal static bool IsCertain(string text)
    {
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool isMark = Rune.GetUnicodeCategory(rune)
                is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;
            if (isMark || Ambiguous.Any(range => rune.Value >= range.First && rune.Value <= range.Last))
            {
                return false;
            }
        }

        return true;
    }
}
