using System.Text;
using System.Text.RegularExpressions;

namespace Sluice.Configuration.Tests;

/// <summary>A valid file, damaged at random: there are faults or a configuration, never an exception.</summary>
public sealed partial class CorruptionTests
{
    private const int Cases = 4_000;

    private static readonly string[] Splinters =
    [
        "\"", "'", "{", "}", "[", "]", ":", ": ", "- ", "-", "#", " #", "&a ", "*a ", "!a ", "!!int ", "|", ">", "%", "@", "`", ",", "?",
        "\n", "\r", "\r\n", "\t", " ", "  ", "~", ".", "null", "true", "0", "-1", "99999999999999999999", "1e9", "${", "${X}", "${X:-", "}",
        "$${", "<<: ", "---\n", "...\n", "\0", "\u0085", "\u2028", "\uFEFF", "\uD800", "\uDC00", "😀", "\\", "\\u", "\\x0", "é", "/", "*",
        "name: ", "shared: ",
    ];

    [Fact]
    public void Parse_DamagedFile_NeverThrows()
    {
        int seed = Random.Shared.Next();
        Random random = new(seed);
        string valid = Documents.Everything;
        FixedValues values = Documents.Values;
        int refused = 0;
        for (int i = 0; i < Cases; i++)
        {
            string damaged = Damage(valid, random);
            GatewayFileResult result = Should.NotThrow(
                () => GatewayFile.Parse(damaged, "damaged.yaml", values), $"seed {seed}, case {i}:\n{damaged}");

            (result.Configuration is null).ShouldBe(!result.Faults.IsEmpty, $"seed {seed}, case {i}");
            int lines = damaged.Split('\n', '\r').Length + 1;
            foreach (Fault fault in result.Faults)
            {
                fault.Line.ShouldBeInRange(1, lines, $"seed {seed}, case {i}: {fault}");
                fault.Column.ShouldBeGreaterThan(0, $"seed {seed}, case {i}: {fault}");
                fault.ToString().ShouldNotContain('\n', $"seed {seed}, case {i}");
            }

            refused += result.Faults.IsEmpty ? 0 : 1;
        }

        refused.ShouldBeInRange(Cases / 2, Cases - 1, $"seed {seed}: damage that does no harm, or nothing but harm, tests little");
    }

    /// <summary>Values at the edges of what any field reads: numbers, durations, rates, addresses, networks, URIs, names.</summary>
    private static readonly string[] Values =
    [
        "", ".", "..", "/", "//", ":", "::", "-", "+", "1/", "/1", "1/.", "1/1s.", "1/..", "1/-", "1//1m", "0/1m", "1e9", "0x10", "1.5", ".5", "-0",
        "9223372036854775808", "-9223372036854775809", "1m1", "1mm", "1h.", "99999999999999999999d", "366d1ns", "NaN", "inf", "0", "-1",
        "10.0.0.0/", "10.0.0.0/33", "10.0.0.1/8", "/8", "::/129", "fe80::1%eth0/64", "256.0.0.1", "1", "http:", "http://", "http:///", "http://:",
        "http://[", "http://[::1", "http://[::1]:", "http://h:99999", "http://h:-1/mcp", "http://h:0/mcp", "http://h/%zz", "http://h/?x#y",
        "http://user:secret@h/mcp", "https://h", "ftp://h/mcp", "file:///etc/passwd", "//h/mcp", "mcp", "*", "**", "a*b*c", " ", "%", "%2e%2e",
        "${", "${}", "${X", "${:-}", "${file:}", "${file:/none}", "$", "$$", "true", "null", "~", "[]", "{}", "[[]]", "[{}]", "{a: b}", "[a, 1]",
        "\u0000", "\u2028", "\uD800", "\uFFFE", "\uFEFF", "\t", "\u00e9", "\u0130", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ];

    [Theory]
    [InlineData("valid-everything")]
    [InlineData("valid-auth")]
    [InlineData("valid-command")]
    [InlineData("valid-gateway")]
    [InlineData("valid-store")]
    public void Parse_AnyValueInPlaceOfAnyOther_NeverThrows(string name)
    {
        string valid = Documents.Case(name);
        MatchCollection places = AnyValue().Matches(valid);
        int refused = 0;
        foreach (Match place in places)
        {
            foreach (string value in Values)
            {
                foreach (string written in new[] { value, $"'{value}'", $"\"{value}\"" })
                {
                    string text = valid.Remove(place.Index, place.Length).Insert(place.Index, written);
                    string at = $"{written} for {place.Value} at {place.Index}";
                    GatewayFileResult result = Should.NotThrow(() => GatewayFile.Parse(text, "x.yaml", Documents.Values), at);

                    (result.Configuration is null).ShouldBe(!result.Faults.IsEmpty, at);
                    refused += result.Faults.IsEmpty ? 0 : 1;
                }
            }
        }

        refused.ShouldBeInRange(places.Count * Values.Length, (places.Count * Values.Length * 3) - 1);
    }

    [Fact]
    public void Load_DamagedBytes_NeverThrows()
    {
        int seed = Random.Shared.Next();
        Random random = new(seed);
        byte[] valid = Encoding.UTF8.GetBytes(Documents.Everything);
        string path = Path.GetTempFileName();
        try
        {
            for (int i = 0; i < 500; i++)
            {
                byte[] damaged = [.. valid];
                for (int n = random.Next(1, 4); n > 0; n--)
                {
                    damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
                }

                File.WriteAllBytes(path, damaged);
                Should.NotThrow(() => GatewayFile.Load(path, Documents.Values), $"seed {seed}, case {i}");
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static string Damage(string valid, Random random)
    {
        StringBuilder text = new(valid);
        for (int n = random.Next(1, 4); n > 0; n--)
        {
            int at = random.Next(text.Length);
            int length = Math.Min(random.Next(0, 12), text.Length - at);
            switch (random.Next(4))
            {
                case 0:
                    text.Remove(at, length);
                    break;
                case 1:
                    text.Insert(at, Splinters[random.Next(Splinters.Length)]);
                    break;
                case 2:
                    text.Remove(at, length).Insert(at, Splinters[random.Next(Splinters.Length)]);
                    break;
                default:
                    text.Insert(random.Next(text.Length), text.ToString(at, length));
                    break;
            }
        }

        return text.ToString();
    }

    /// <summary>What stands after a colon, a dash, a bracket or a comma, and is no group.</summary>
    [GeneratedRegex(@"(?<=: |- |\[|, )[^\s,:{}\[\]#][^,{}\[\]#\n]*")]
    private static partial Regex AnyValue();
}
