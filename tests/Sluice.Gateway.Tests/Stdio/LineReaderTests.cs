using System.Text;

namespace Sluice.Gateway.Tests;

public sealed class LineReaderTests
{
    private const int Max = 40_000;
    private static readonly int Seed = Environment.TickCount;

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
    public void Read_AnyLinesInAnyPieces_GivesThoseThatFitAndTheEndsOfTheOthers()
    {
        Random random = new(Seed);
        for (int round = 0; round < 50; round++)
        {
            byte[][] lines = [.. Enumerable.Range(0, random.Next(1, 12)).Select(_ => NewLine(random))];
            byte[] text = [.. lines.SelectMany(line => line.Append((byte)'\n'))];

            Line[] read = ReadAll(new PiecemealStream(text, random));

            read.Length.ShouldBe(lines.Length, $"seed {Seed}");
            for (int i = 0; i < lines.Length; i++)
            {
                bool fits = lines[i].Length <= Max;
                read[i].IsWhole.ShouldBe(fits, $"seed {Seed}, {lines[i].Length} bytes");
                (fits ? lines[i].AsSpan() : lines[i].AsSpan(0, read[i].Bytes.Length)).SequenceEqual(read[i].Bytes.Span).ShouldBeTrue($"seed {Seed}");
                lines[i].AsSpan(lines[i].Length - read[i].Tail.Length).SequenceEqual(read[i].Tail.Span).ShouldBeTrue($"seed {Seed}");
            }
        }
    }

    private static byte[] NewLine(Random random)
    {
        int[] lengths = [0, 1, 100, Max - 1, Max, Max + 1, 2 * Max, 5 * Max];
        byte[] line = new byte[lengths[random.Next(lengths.Length)]];
        for (int i = 0; i < line.Length; i++)
        {
            line[i] = (byte)('a' + random.Next(26));
        }

        return line;
    }

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

    /// <summary>A stream that gives what it has a little at a time.</summary>
    private sealed class PiecemealStream(byte[] bytes, Random random) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, random.Next(1, 20_000)));
    }
}
