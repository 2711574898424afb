using System.Diagnostics;
using System.Text;

namespace Sluice.Configuration.Tests;

/// <summary>Files of a mebibyte that were made to be slow, large in memory or deep.</summary>
public sealed class HostileDocumentTests
{
    // No measurement, only an end for quadratic work, which takes hours on a mebibyte. Each document takes about a second; a machine
    // that is short of CPU needs many times that.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public static TheoryData<string> Names() => [.. Hostile.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Parse_HostileDocument_IsRefusedSoonAndShortly(string name)
    {
        string text = Hostile[name]();
        Stopwatch watch = Stopwatch.StartNew();

        GatewayFileResult result = GatewayFile.Parse(text, "hostile.yaml");

        watch.Elapsed.ShouldBeLessThan(Patience);
        result.Configuration.ShouldBeNull();
        result.Faults.Length.ShouldBeInRange(1, 1_001);
        FaultFormatter.Format(result.Faults).Length.ShouldBeLessThan(1_000_000);
    }

    private static readonly Dictionary<string, Func<string>> Hostile = new(StringComparer.Ordinal)
    {
        ["brackets"] = () => Repeat("["),
        ["braces"] = () => Repeat("{a: "),
        ["dashes"] = () => Repeat("- "),
        ["question marks"] = () => Repeat("? "),
        ["indentation"] = () => string.Concat(Enumerable.Range(0, 1_400).Select(depth => new string(' ', depth) + "a:\n")),
        ["double quotes"] = () => Repeat("\""),
        ["single quotes"] = () => Repeat("'"),
        ["one long text"] = () => new string('a', GatewayFile.MaxBytes),
        ["one long key"] = () => new string('a', GatewayFile.MaxBytes - 4) + ": 1",
        ["line ends"] = () => new string('\n', GatewayFile.MaxBytes),
        ["spaces"] = () => new string(' ', GatewayFile.MaxBytes),
        ["tabs"] = () => Repeat("\ta\n"),
        ["controls"] = () => new string('\u0001', GatewayFile.MaxBytes),
        ["comments"] = () => Repeat("# a\n"),
        ["commas"] = () => "[" + Repeat(", ", 1),
        ["colons"] = () => Repeat(": "),
        ["equal fields"] = () => Repeat("a: 1\n"),
        ["unknown fields"] = () => Many(index => $"f{index}: 1\n"),
        ["unknown fields of a server"] = () => "servers:\n  - name: a\n" + Many(index => $"    f{index}: 1\n", 30),
        ["misspelt fields in many servers"] = () => "servers:\n" + Repeat("  - { nmae: a }\n", 16),
        ["empty servers"] = () => "servers:\n" + Repeat("  - {}\n", 16),
        ["entries with the same name"] = () => Documents.WithLimits("tools:") + Repeat("        - { name: a, shared: 1/s }\n", 400),
        ["substituted names"] = () => Documents.WithLimits(
            [.. new[] { "tools", "prompts", "resources", "methods" }.SelectMany(kind => Enumerable.Range(0, 1_000)
                .Select(index => $"  - {{ name: \"${{X{index}:-{kind}}}\", cost: 3 }}")
                .Prepend($"{kind}:"))]),
        ["different substituted names"] = () => Documents.WithLimits(
            [.. new[] { "tools", "prompts", "resources", "methods" }.SelectMany(kind => Enumerable.Range(0, 1_000)
                .Select(index => $"  - {{ name: \"${{X:-x{index}}}\", shared: \"${{X:-1/{index + 1}s}}\", cost: 3 }}")
                .Prepend($"{kind}:"))]),
        ["references"] = () => "servers: " + Repeat("${", 10),
        ["references that are not set"] = () => "servers: [" + Repeat("\"${NOT_SET_IN_TESTS}\", ", 16) + "]",
        ["references to nothing much"] = () => "servers: " + Repeat("${X:-}", 16),
        ["aliases"] = () => "a: &a x\nb: [" + Repeat("*a, ", 16) + "]",
        ["laughs"] = () => "l0: &l0 [lol, lol]\n" + string.Concat(
            Enumerable.Range(1, 40).Select(level => $"l{level}: &l{level} [*l{level - 1}, *l{level - 1}]\n")),
        ["anchors"] = () => "[" + Repeat("&a a, ", 8) + "]",
        ["tags"] = () => "[" + Repeat("!a a, ", 8) + "]",
        ["merge keys"] = () => "a: {" + Repeat("<<: {}, ", 8) + "}",
        ["documents"] = () => Repeat("---\n"),
        ["directives"] = () => Repeat("%A\n"),
        ["block texts"] = () => "a:\n" + Repeat("  - |\n", 8),
        ["long path above many faults"] = () => $"{new string('k', 200_000)}:\n" + Repeat("  - *a\n", 200_008),
        ["too large"] = () => new string('a', GatewayFile.MaxBytes + 1),
    };

    private static string Repeat(string piece, int room = 0) =>
        new StringBuilder().Insert(0, piece, (GatewayFile.MaxBytes - room) / piece.Length).ToString();

    private static string Many(Func<int, string> piece, int room = 0)
    {
        StringBuilder text = new();
        for (int index = 0; text.Length < GatewayFile.MaxBytes - room - 40; index++)
        {
            text.Append(piece(index));
        }

        return text.ToString();
    }
}
