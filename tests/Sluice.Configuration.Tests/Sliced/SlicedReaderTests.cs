using FsCheck;
using FsCheck.Fluent;

namespace Sluice.Configuration.Tests.Sliced;

/// <summary>A document that is read server by server gives what it gives as a whole.</summary>
public sealed class SlicedReaderTests
{
    private const int Damages = 4_000;

    /// <summary>What changes where an entry seems to begin or to end.</summary>
    private static readonly string[] Splinters =
    [
        "\n  - ", "\n- ", "\n  - name: d\n    upstream: http://127.0.0.1:3001/mcp\n", "\nservers:\n", "\nservers: # again\n",
        "\nlisten: http://127.0.0.1:0\n", "\"", "'", "\"\n", " |\n", " >-\n", "\n#", "\n  #", "\n", "\r", "\r\n", "  ", "    ", "{", "}", "[", "]", "---\n",
        "...\n", "\n---\n", "\n...\n", ": ", "- ", "&a ", "\n  -\t", "? ", "%YAML 1.2\n", "\n\n", "-", "- - ", "${TEN}", "#",
    ];

    private const string SeveralServers =
        """
        # A comment with servers:
        listen: http://127.0.0.1:8080
        auth: { apiKeys: [ { user: alice, sha256: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" } ] }
        servers: # Three of them.
          # The first.

          - name: a
            upstream: http://127.0.0.1:3001/mcp
            rateLimiting:
              perUser: 10/1m
              tools:
                - { name: search, shared: 5/1s,
                    perUser: 1/1s }
          - { name: b, upstream: "http://127.0.0.1:3002/mcp" }
        # Of the last one.
          -
            name: "c"
            upstream: http://127.0.0.1:3003/mcp
            headers:
              X-Text: "a
                - b"

            usage: true
        streams: { perUser: 10 }

        """;

    public static TheoryData<string> Cases() => [.. Documents.Cases];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Parse_AnyCase_GivesWhatTheWholeGives(string name) => ReadBothWays(Documents.Case(name));

    [Fact]
    public void Parse_SeveralServers_AreReadOneByOne()
    {
        ReadBothWays(SeveralServers).ShouldBeTrue();
        ReadBothWays(SeveralServers.ReplaceLineEndings("\r\n")).ShouldBeTrue();
        ReadBothWays('\uFEFF' + SeveralServers).ShouldBeTrue();
        ReadBothWays(SeveralServers
            .Replace("\n  ", "\n", StringComparison.Ordinal)
            .Replace("\nX-Text", "\n  X-Text", StringComparison.Ordinal)).ShouldBeTrue();
        ReadBothWays(SeveralServers.TrimEnd()).ShouldBeTrue();
        ReadBothWays("---\n" + SeveralServers + "...\n").ShouldBeTrue();
    }

    [Theory]
    [InlineData("{ listen: http://127.0.0.1:0,\nservers:\n  - { name: a, upstream: http://127.0.0.1:1/mcp }\n}")]
    [InlineData("listen: \"\nservers:\n  - { name: a, upstream: http://127.0.0.1:1/mcp }\n\"")]
    [InlineData("servers:\n  - name: a\n    path: \"/a\n  - name: b\n    path: /b\"\n    upstream: http://127.0.0.1:1/mcp\n")]
    [InlineData("servers:\n  - name: a\n    upstream: http://127.0.0.1:1/mcp\n    allow: [ { tools: [ 'x\n  - y' ] } ]\n")]
    [InlineData("servers:\n  - { name: a, upstream: http://127.0.0.1:1/mcp }\nservers:\n  - { name: b, upstream: http://127.0.0.1:1/mcp }\n")]
    [InlineData("servers:\n  - { name: a, upstream: http://127.0.0.1:1/mcp }\n- { name: b, upstream: http://127.0.0.1:1/mcp }\n")]
    [InlineData("servers:\n  - { name: a, upstream: http://127.0.0.1:1/mcp }\n - { name: b, upstream: http://127.0.0.1:1/mcp }\n")]
    [InlineData("servers:\n  - { name: a, upstream: http://127.0.0.1:1/mcp }\n  -\n")]
    [InlineData("servers:\n  - { name: a, upstream: http://127.0.0.1:1/mcp }\n---\nlisten: http://127.0.0.1:0\n")]
    [InlineData("servers:\n  - { name: a, upstream: http://127.0.0.1:1/mcp }\n  - { name: a, upstream: http://127.0.0.1:1/mcp }\n")]
    [InlineData("servers:\n  - { name: a, path: /x, upstream: http://127.0.0.1:1/mcp }\n  - { name: b, path: /x, upstream: http://127.0.0.1:1/mcp }\n")]
    [InlineData("servers:\n  - { name: a, upstream: http://127.0.0.1:1/mcp }\n  -\t{ name: b, upstream: http://127.0.0.1:1/mcp }\n")]
    [InlineData("servers: [ { name: a, upstream: http://127.0.0.1:1/mcp } ]\n")]
    [InlineData("servers:\n")]
    [InlineData("servers:")]
    [InlineData("")]
    public void Parse_WhatIsWrongOrOtherwiseWritten_IsReadAsAWhole(string text) => ReadBothWays(text).ShouldBeFalse();

    [Fact]
    public void Parse_DamagedDocument_GivesWhatTheWholeGives()
    {
        int sliced = 0;
        Prop.ForAll(Damage.Of(Splinters), damage =>
        {
            string damaged = damage.Aggregate(SeveralServers, (text, edit) => edit.Apply(text));
            sliced += ReadBothWays(damaged) ? 1 : 0;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(Damages));

        sliced.ShouldBeInRange(Damages / 20, Damages - 1, "Damage that does no harm, or nothing but harm, tests little.");
    }

    /// <summary>Reads a document as a whole and by parts, and compares.</summary>
    /// <returns>Whether it could be read by parts.</returns>
    private static bool ReadBothWays(string text)
    {
        GatewayFileResult whole = GatewayFile.Parse(text, "x.yaml", Documents.Values);
        KnownServers known = new();

        GatewayFileResult first = GatewayFile.Parse(text, "x.yaml", Documents.Values, ReadingOptions.ToRead, known);
        GatewayFileResult again = GatewayFile.Parse(text, "x.yaml", Documents.Values, ReadingOptions.ToRead, known);

        foreach (GatewayFileResult result in (GatewayFileResult[])[first, again])
        {
            result.Faults.ShouldBe(whole.Faults, text);
            Dump.Of(result.Configuration).ShouldBe(Dump.Of(whole.Configuration), text);
            result.Files.Order(StringComparer.Ordinal).ShouldBe(whole.Files.Order(StringComparer.Ordinal), text);
        }

        return known.IsUsed;
    }
}
