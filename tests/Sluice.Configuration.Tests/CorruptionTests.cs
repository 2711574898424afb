using System.Text;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;

namespace Sluice.Configuration.Tests;

/// <summary>A valid file, damaged at random: there are faults or a configuration, never an exception.</summary>
public sealed partial class CorruptionTests
{
    private const int Cases = 4_000;

    [Fact]
    public void Parse_DamagedFile_NeverThrows()
    {
        string valid = Documents.Everything;
        FixedValues values = Documents.Values;
        int refused = 0;
        Prop.ForAll(Damage.Any(), damage =>
        {
            string damaged = damage.Aggregate(valid, (text, edit) => edit.Apply(text));
            GatewayFileResult result = Should.NotThrow(() => GatewayFile.Parse(damaged, "damaged.yaml", values), damaged);

            (result.Configuration is null).ShouldBe(!result.Faults.IsEmpty);
            int lines = damaged.Split('\n', '\r').Length + 1;
            foreach (Fault fault in result.Faults)
            {
                fault.Line.ShouldBeInRange(1, lines, fault.ToString());
                fault.Column.ShouldBeGreaterThan(0, fault.ToString());
                fault.ToString().ShouldNotContain('\n');
            }

            refused += result.Faults.IsEmpty ? 0 : 1;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(Cases));

        refused.ShouldBeInRange(Cases / 2, Cases - 1, "Damage that does no harm, or nothing but harm, tests little.");
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
    [InlineData("valid/everything")]
    [InlineData("valid/auth")]
    [InlineData("valid/command")]
    [InlineData("valid/gateway")]
    [InlineData("valid/store")]
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
        byte[] valid = Encoding.UTF8.GetBytes(Documents.Everything);
        string path = Path.GetTempFileName();
        Gen<(int At, byte Value)> change =
            from at in Gen.Choose(0, valid.Length - 1)
            from value in Gen.Choose(0, byte.MaxValue)
            select (at, (byte)value);
        try
        {
            Prop.ForAll(Damage.OneToThree(change), changes =>
            {
                byte[] damaged = [.. valid];
                foreach ((int at, byte value) in changes)
                {
                    damaged[at] = value;
                }

                File.WriteAllBytes(path, damaged);
                Should.NotThrow(() => GatewayFile.Load(path, Documents.Values));
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>What stands after a colon, a dash, a bracket or a comma, and is no group.</summary>
    [GeneratedRegex(@"(?<=: |- |\[|, )[^\s,:{}\[\]#][^,{}\[\]#\n]*")]
    private static partial Regex AnyValue();
}
