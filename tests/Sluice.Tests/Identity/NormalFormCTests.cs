using System.Globalization;
using FsCheck;
using FsCheck.Fluent;

namespace Sluice.Tests;

public sealed class NormalFormCTests
{
    private static readonly string[] Vectors =
    [
        .. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Identity", "nfc-vectors.txt")).Where(line => line[0] != '#'),
    ];

    [Fact]
    public void Of_EveryVector_IsWhatUnicodeSays()
    {
        Vectors.Length.ShouldBe(1_500);
        foreach (string vector in Vectors)
        {
            string[] parts = vector.Split(';');

            Show(NormalFormC.Of(Parse(parts[0]))).ShouldBe(parts[1], vector);
            Show(NormalFormC.Of(Parse(parts[1]))).ShouldBe(parts[1], vector);
        }
    }

    [Theory]
    [InlineData("alice", "alice")]
    [InlineData("e\u0301va", "\u00E9va")]
    [InlineData("\u212Bngstrom", "\u00C5ngstrom")]
    [InlineData("\u1100\u1161\u11A8", "\uAC01")]
    [InlineData("\uAC00\u11A8", "\uAC01")]
    [InlineData("\uAC01\u11A8", "\uAC01\u11A8")]
    [InlineData("a\u0315\u0323\u0300", "\u1EA1\u0300\u0315")]
    [InlineData("\u0344", "\u0308\u0301")]
    [InlineData("\uFB1D", "\u05D9\u05B4")]
    [InlineData("\u6771\u4EAC", "\u6771\u4EAC")]
    [InlineData("\uF900", "\u8C48")]
    [InlineData("", "")]
    public void Of_KnownText_IsItsForm(string text, string expected) => NormalFormC.Of(text).ShouldBe(expected);

    [Fact]
    public void Of_HalfOfASurrogatePair_StaysAsItIs()
    {
        string text = "a" + (char)0xD800 + "\u0301" + (char)0xDC00;

        NormalFormC.Of(text).ShouldBe(text);
    }

    [Fact]
    public void Of_AnyText_IsItsOwnForm()
    {
        Arbitrary<string> texts = Arb.From(
            Gen.Choose(0, char.MaxValue).Select(unit => (char)unit).ArrayOf().Resize(12).Select(units => new string(units)),
            Shrinks.OfText);

        Prop.ForAll(texts, text =>
        {
            string once = NormalFormC.Of(text);

            NormalFormC.Of(once).ShouldBe(once, Show(once));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20_000));
    }

    [Fact]
    public void Of_ThousandsOfMarks_AreSortedOnce()
    {
        string text = "a" + string.Concat(Enumerable.Repeat("\u0301\u0323", 50_000));

        NormalFormC.Of(text).ShouldBe("\u1EA1" + new string('\u0323', 49_999) + new string('\u0301', 50_000));
    }

    private static string Parse(string codes) => string.Concat(codes.Split(' ').Select(code =>
        char.ConvertFromUtf32(int.Parse(code, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture))));

    private static string Show(string text)
    {
        List<string> codes = [];
        for (int at = 0; at < text.Length; at++)
        {
            int code = char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1])
                ? char.ConvertToUtf32(text[at], text[++at])
                : text[at];
            codes.Add(code.ToString("X4", CultureInfo.InvariantCulture));
        }

        return string.Join(' ', codes);
    }
}
