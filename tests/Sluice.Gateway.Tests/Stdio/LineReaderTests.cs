using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Sluice.Gateway.Tests;

public sealed class LineReaderTests
{
    private const int Max = 40_000;
    private const int MostLines = 12;
    private static readonly byte[] Letters = new Random(Max).GetItems("abcdefghijklmnopqrstuvwxyz"u8, (5 * Max) + MostLines);

    [Theory]
    [InlineData("", "")]
    [InlineData("a", "a")]
    [InlineData("a\n", "a")]
    [InlineData("a\r\nb\n", "a|b")]
    [InlineData("\n\na", "||a")]
    [InlineData("a\rb\n", "a\rb")]
    [InlineData("\uFEFFa\n\uFEFFb\n\uFEFF\n", "a|b|")]
    [InlineData("\uFEFF\uFEFFa\nb\uFEFF", "\uFEFFa|b\uFEFF")]
    public void Read_Text_GivesItsLines(string text, string lines) =>
        ReadAll(new MemoryStream(Encoding.UTF8.GetBytes(text))).Select(line => Encoding.UTF8.GetString(line.Bytes.Span))
            .ShouldBe(lines.Length == 0 ? [] : lines.Split('|'));

    [Fact]
    public void Read_AnyLinesInAnyPieces_GivesThoseThatFitAndTheEndsOfTheOthers() => Prop.ForAll(Texts(), text =>
    {
        byte[][] lines = [.. text.Lengths.Select((length, index) => Letters[index..(index + length)])];

        Line[] read = ReadAll(new PiecemealStream([.. lines.SelectMany(line => line.Append((byte)'\n'))], text.Pieces));

        read.Length.ShouldBe(lines.Length);
        for (int i = 0; i < lines.Length; i++)
        {
            bool fits = lines[i].Length <= Max;
            read[i].IsWhole.ShouldBe(fits, $"line {i}");
            (fits ? lines[i].AsSpan() : lines[i].AsSpan(0, read[i].Bytes.Length)).SequenceEqual(read[i].Bytes.Span).ShouldBeTrue($"line {i}");
            lines[i].AsSpan(lines[i].Length - read[i].Tail.Length).SequenceEqual(read[i].Tail.Span).ShouldBeTrue($"tail of line {i}");
        }
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(50));

    private static Arbitrary<Text> Texts() => Arb.From(
        from count in Gen.Choose(1, MostLines)
        from lengths in Gen.Elements(0, 1, 100, Max - 1, Max, Max + 1, 2 * Max, 5 * Max).ArrayOf(count)
        from pieces in Gen.Choose(1, 20_000).NonEmptyListOf()
        select new Text(lengths, [.. pieces]),
        text => Shrinks.OfList(text.Lengths, length => Shrinks.OfNumber(length).Select(shorter => (int)shorter))
            .Select(lengths => text with { Lengths = lengths })
            .Concat(Shrinks.OfList(text.Pieces).Select(pieces => text with { Pieces = pieces })));

    private static Line[] ReadAll(Stream stream)
    {
        LineReader reader = new(stream, Max);
        List<Line> lines = [];
        while (reader.Read() is Line line)
        {
            lines.Add(line);
        }

        return [.. lines];
    }

    /// <summary>A text that arrives in pieces.</summary>
    /// <param name="Lengths">Of its lines, in bytes, without the line feeds.</param>
    /// <param name="Pieces">The most bytes that each read gives, in turn and again from the first; none for whatever is asked for.</param>
    private sealed record Text(int[] Lengths, int[] Pieces)
    {
        public override string ToString() => $"lines of {string.Join(", ", Lengths)} bytes in pieces of {string.Join(", ", Pieces)}";
    }

    private sealed class PiecemealStream(byte[] bytes, int[] pieces) : MemoryStream(bytes)
    {
        private int _reads;

        public override int Read(byte[] buffer, int offset, int count) =>
            base.Read(buffer, offset, pieces.Length == 0 ? count : Math.Min(count, pieces[_reads++ % pieces.Length]));
    }
}
